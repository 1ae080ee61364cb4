"""Inverted residuals: published counts, explicit parts, elastic depth."""

from __future__ import annotations

import pytest
import torch

from netwright.core.errors import ConfigError
from netwright.nn.mobile import MobileNetwork
from netwright.spaces.mobile import PUBLISHED, Mobile, MobileStage
from netwright.spaces.nets import image_task

TINY = (MobileStage(8, 2, True, "relu"),)


def test_the_published_size() -> None:
    assert Mobile(PUBLISHED).size() == (9**2 + 9**3 + 9**4) ** 5
    assert f"{Mobile(PUBLISHED).size():.0e}" == "2e+19"


def test_the_size_is_what_counting_gives() -> None:
    space = Mobile(TINY * 2, depths=(1, 2), kernels=(3,), expansions=(3, 6))
    assert space.size() == (2 + 4) ** 2 == sum(1 for _ in space.every())


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


def test_a_net_of_a_lower_resolution_costs_less_and_says_so() -> None:
    space = Mobile(TINY, resolutions=(1, 0.5))
    assert space.size() == 2 * Mobile(TINY).size()
    assert space.complete()["resolution"] == 1
    whole, half = (space.complete({"resolution": share}) for share in (1.0, 0.5))
    task = image_task((3, 16, 16), 2)
    net = space.build(half, task).eval()
    x = torch.randn(2, 3, 16, 16)
    alike = space.build(whole, task).eval()
    alike.load_state_dict(net.state_dict())
    assert torch.allclose(net(x), alike(x.unflatten(2, (8, 2)).unflatten(4, (8, 2)).mean((3, 5))))
    assert space.graphs(half)[0].name.endswith("at 0.5 of their sides")


@pytest.mark.parametrize("wrong", [(), (0.5, 0), (1.5,)])
def test_impossible_resolutions_are_refused(wrong: tuple[float, ...]) -> None:
    with pytest.raises(ConfigError, match="A resolution is a share"):
        Mobile(resolutions=wrong)


@pytest.mark.parametrize("wrong", [{"stages": ()}, {"depths": (0, 1)}, {"kernels": (3, 4)}])
def test_impossible_nets_are_refused(wrong: dict[str, tuple[int, ...]]) -> None:
    with pytest.raises(ConfigError, match="A mobile net has"):
        Mobile(**wrong)  # type: ignore[arg-type]
