"""Published designs have their published parameters."""

from __future__ import annotations

import math

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from netwright.core.errors import ConfigError
from netwright.nn.efficientnet import PUBLISHED, Base, EfficientNet, Stage
from netwright.nn.mobile import MobileNetwork
from netwright.spaces.named import DESIGNS, NamedDesigns, build_named
from netwright.spaces.nets import image_task

CIFAR, IMAGENET = image_task((3, 32, 32), 10), image_task((3, 224, 224), 1000)
MILLIONS = {  # as the papers or their authors' code print them
    "resnet20": 0.27,
    "resnet50": 25.557032,
    "nasnet_a": 3.3,
    "darts_v2": 3.349342,
    "mobilenet_v3_small": 2.542856,
    "efficientnet_b0": 5.288548,
    "efficientnet_b1": 7.794184,
    "efficientnet_b2": 9.109994,
    "efficientnet_b3": 12.233232,
    "efficientnet_b4": 19.341616,
    "efficientnet_b5": 30.389784,
    "efficientnet_b6": 43.040704,
    "efficientnet_b7": 66.347960,
}


def millions(net: torch.nn.Module) -> float:
    return sum(weights.numel() for weights in net.parameters()) / 1e6


@pytest.mark.parametrize("name", DESIGNS)
def test_parameters_are_the_published_ones(name: str) -> None:
    small = name in ("resnet20", "nasnet_a", "darts_v2")
    with torch.device("meta"):
        found = millions(build_named(name, CIFAR if small else IMAGENET))
    exact = MILLIONS[name] != round(MILLIONS[name], 2)
    assert found == pytest.approx(MILLIONS[name], rel=0 if exact else 0.01)


GIGA = {  # multiply-adds of one picture, as the papers print them
    "resnet20": 0.041,
    "resnet50": 4.1,
    "mobilenet_v3_small": 0.056,
    **{
        f"efficientnet_b{number}": giga
        for number, giga in enumerate((0.39, 0.70, 1.0, 1.8, 4.2, 9.9, 19, 37))
    },
}


@pytest.mark.parametrize("name", GIGA)
def test_multiply_adds_are_the_published_ones(name: str) -> None:
    """Which they can only be when every stride stands in its place."""
    small = name == "resnet20"
    number = name.removeprefix("efficientnet_b")
    side = 32 if small else PUBLISHED[int(number)].resolution if number.isdigit() else 224
    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        build_named(name, CIFAR if small else IMAGENET).eval()(torch.empty(1, 3, side, side))
    assert counter.get_total_flops() / 2e9 == pytest.approx(GIGA[name], rel=0.05)


@pytest.mark.parametrize("name", ["resnet20", "resnet50", "mobilenet_v3_small", "efficientnet_b0"])
@pytest.mark.parametrize("side", [1, 7, 32])
def test_pictures_of_any_size_fit(name: str, side: int) -> None:
    net = build_named(name, image_task((1, side, side), 3))
    assert net(torch.randn(2, 1, side, side)).shape == (2, 3)


@pytest.mark.parametrize("number", range(1, 8))
def test_scaling_grows_in_every_direction(number: int) -> None:
    smaller, larger = PUBLISHED[number - 1], PUBLISHED[number]
    assert larger.resolution > smaller.resolution
    assert len(larger.plan().blocks) >= len(smaller.plan().blocks)
    assert larger.plan().last >= smaller.plan().last


@pytest.mark.parametrize(("width", "depth"), [(1.0, 1.0), (1.5, 1.0), (1.0, 2.2), (2.0, 3.1)])
def test_any_base_can_be_scaled(width: float, depth: float) -> None:
    base = Base(16, (Stage(1, 16, 1, 3, 1), Stage(3, 32, 2, 5, 2)), 32, stem_stride=1)
    plan = EfficientNet(width, depth, 32, base=base).plan()
    assert len(plan.blocks) == math.ceil(depth) + math.ceil(2 * depth)
    assert plan.stem == 16 * width
    assert [block.stride for block in plan.blocks].count(2) == 1
    assert MobileNetwork(plan, 1, 3)(torch.randn(2, 1, 9, 9)).shape == (2, 3)


def test_named_designs_are_a_space() -> None:
    space = NamedDesigns(("resnet20", "mobilenet_v3_small"))
    assert [space.to_text(config) for config in space.every()] == list(space.designs)
    assert space.size() == 2


def test_unknown_designs_are_named() -> None:
    with pytest.raises(ConfigError, match="resnet50"):
        build_named("resnet51", CIFAR)
    with pytest.raises(ConfigError, match="resnet20"):
        NamedDesigns(("resnet_20",))
    with pytest.raises(ConfigError, match="resnet20"):
        NamedDesigns(("resnet20",)).from_text("resnet50")
