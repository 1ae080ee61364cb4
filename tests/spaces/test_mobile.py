"""Inverted residuals: published counts, explicit parts, elastic depth."""

from __future__ import annotations

import pytest
import torch

from netwright.core.errors import ConfigError
from netwright.nn.mobile import (
    InvertedResidual,
    MobileBlock,
    MobileNetwork,
    SqueezeExcite,
    divisible,
)
from netwright.spaces.mobile import PUBLISHED, Mobile, MobileStage
from netwright.spaces.nets import image_task

TINY = (MobileStage(8, 2, True, "relu"),)


def test_the_published_size() -> None:
    assert Mobile(PUBLISHED).size() == (9**2 + 9**3 + 9**4) ** 5
    assert f"{Mobile(PUBLISHED).size():.0e}" == "2e+19"


def test_the_size_is_what_counting_gives() -> None:
    space = Mobile(TINY * 2, depths=(1, 2), kernels=(3,), expansions=(3, 6))
    assert space.size() == (2 + 4) ** 2 == sum(1 for _ in space.every())


@pytest.mark.parametrize(
    ("width", "rounded"), [(24, 24), (25, 24), (28, 32), (3, 8), (10, 16), (16 * 1.4, 24)]
)
def test_widths_are_rounded_to_eights(width: float, rounded: int) -> None:
    assert divisible(width) == rounded


def test_a_block_has_the_weights_of_its_four_parts() -> None:
    block = InvertedResidual(16, MobileBlock(24, 64, 5, 2, squeeze=16))
    parts = {
        "expand": 16 * 64 + 2 * 64,
        "depthwise": 25 * 64 + 2 * 64,
        "squeeze": 64 * 16 + 16 + 16 * 64 + 64,
        "project": 64 * 24 + 2 * 24,
    }
    for name, weights in parts.items():
        assert sum(p.numel() for p in getattr(block, name).parameters()) == weights, name


def test_a_block_adds_its_input_where_shapes_agree() -> None:
    block = InvertedResidual(8, MobileBlock(8, 24)).eval()
    x = torch.randn(2, 8, 5, 5)
    body = block.project(block.depthwise(block.expand(x)))
    torch.testing.assert_close(block(x), x + body)
    assert not InvertedResidual(8, MobileBlock(8, 24, stride=2)).residual
    assert not InvertedResidual(8, MobileBlock(16, 24)).residual


def test_squeeze_and_excitation_only_weighs_channels() -> None:
    torch.manual_seed(0)
    x = torch.rand(2, 8, 4, 4) + 0.1
    weight = SqueezeExcite(8, 4, "silu")(x) / x
    torch.testing.assert_close(weight, weight[..., :1, :1].expand_as(weight))
    assert ((weight > 0) & (weight < 1)).all()


def test_depth_is_how_many_blocks_are_built() -> None:
    space = Mobile()
    task = image_task((3, 32, 32), 10)
    for depth in (2, 3, 4):
        net = space.build(space.complete({f"stage{n}.depth": depth for n in range(1, 5)}), task)
        assert isinstance(net, MobileNetwork)
        assert len(net.blocks) == 1 + 4 * depth


def test_the_first_block_of_a_stage_has_the_stride() -> None:
    space = Mobile(PUBLISHED, stem_stride=2, mix=1280)
    plan = space.plan(space.complete())
    assert [block.stride for block in plan.blocks] == [1, *[2, 1, 1] * 3, 1, 1, 1, 2, 1, 1]
    assert (plan.last, plan.mix, plan.stem_stride) == (960, 1280, 2)


def test_the_drawing_has_a_chain_a_stage() -> None:
    space = Mobile(TINY)
    (graph,) = space.graphs(space.complete({"stage1.depth": 2, "stage1.block2.kernel": 7}))
    assert graph.nodes == ("input", "block 1", "output")
    assert graph.edges[1] == ("block 1", "output", "7x7, expand 4")


@pytest.mark.parametrize("wrong", [{"stages": ()}, {"depths": (0, 1)}, {"kernels": (3, 4)}])
def test_impossible_nets_are_refused(wrong: dict[str, tuple[int, ...]]) -> None:
    with pytest.raises(ConfigError, match="A mobile net has"):
        Mobile(**wrong)  # type: ignore[arg-type]
