"""Inverted residuals, step by step, and the two nets that are made of them."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from netwright.nn.efficientnet import B0, PUBLISHED, EfficientNet
from netwright.nn.mobile import (
    InvertedResidual,
    MobileBlock,
    MobileNetwork,
    MobilePlan,
    SqueezeExcite,
    convolution,
    divisible,
)
from netwright.nn.mobilenet_v3 import SMALL


@pytest.mark.parametrize(
    ("width", "rounded"), [(24, 24), (25, 24), (28, 32), (3, 8), (10, 16), (16 * 1.4, 24)]
)
def test_widths_are_rounded_to_eights(width: float, rounded: int) -> None:
    assert divisible(width) == rounded


@pytest.mark.parametrize("width", [8.0, 9.5, 17.0, 33.3, 100.0, 641.7])
def test_rounding_never_takes_more_than_a_tenth(width: float) -> None:
    assert divisible(width) % 8 == 0
    assert 0.9 * width <= divisible(width) <= width + 8


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


def test_a_block_that_does_not_expand_has_no_first_step() -> None:
    block = InvertedResidual(16, MobileBlock(24, 16))
    assert isinstance(block.expand, nn.Identity)
    assert isinstance(block.squeeze, nn.Identity)


def test_a_block_adds_its_input_where_shapes_agree() -> None:
    block = InvertedResidual(8, MobileBlock(8, 24)).eval()
    x = torch.randn(2, 8, 5, 5)
    body = block.project(block.depthwise(block.expand(x)))
    torch.testing.assert_close(block(x), x + body)
    assert not InvertedResidual(8, MobileBlock(8, 24, stride=2)).residual
    assert not InvertedResidual(8, MobileBlock(16, 24)).residual


def test_a_block_filters_every_channel_alone() -> None:
    block = InvertedResidual(4, MobileBlock(4, 4, kernel=3)).eval()
    x = torch.randn(1, 4, 5, 5, requires_grad=True)
    block.depthwise(x)[0, 2].sum().backward()
    assert x.grad is not None
    touched = x.grad.abs().sum(dim=(0, 2, 3)) > 0
    assert touched.tolist() == [False, False, True, False]


@pytest.mark.parametrize(("activation", "gate"), [("relu", "hard"), ("silu", "smooth")])
def test_squeeze_and_excitation_is_the_papers_formula(activation: str, gate: str) -> None:
    torch.manual_seed(0)
    part = SqueezeExcite(6, 3, activation).double()
    x = torch.randn(2, 6, 4, 4).double()
    mean = x.mean(dim=(2, 3))  # (batch, channels)
    squeezed = mean @ part.reduce.weight[:, :, 0, 0].T + part.reduce.bias
    inside = squeezed.clamp(min=0) if gate == "hard" else squeezed / (1 + (-squeezed).exp())
    excited = inside @ part.expand.weight[:, :, 0, 0].T + part.expand.bias
    hard, smooth = (excited + 3).clamp(0, 6) / 6, 1 / (1 + (-excited).exp())
    weight = hard if gate == "hard" else smooth
    torch.testing.assert_close(part(x), x * weight[:, :, None, None])


def test_hard_swish_is_the_papers_formula() -> None:
    layer = convolution(2, 3, 1, 1, "hard_swish").eval()
    x = torch.randn(2, 2, 4, 4)
    inside = layer[1](layer[0](x))
    torch.testing.assert_close(layer(x), inside * (inside + 3).clamp(0, 6) / 6)


@pytest.mark.parametrize("side", [1, 7, 32])
def test_a_net_shrinks_by_all_its_strides(side: int) -> None:
    blocks = (MobileBlock(8, 16, stride=2), MobileBlock(12, 24), MobileBlock(8, 16, 7, 2))
    net = MobileNetwork(MobilePlan(4, blocks, 20, mix=6, stem_stride=2), 1, 3)
    x = torch.randn(2, 1, side, side)
    features = net.last(net.blocks(net.stem(x)))
    assert features.shape == (2, 20, -(-side // 8), -(-side // 8))
    assert net(x).shape == (2, 3)


def test_the_head_has_a_hidden_layer_only_where_it_is_asked_for() -> None:
    plan = MobilePlan(4, (MobileBlock(8, 16),), 20)
    assert [type(part) for part in MobileNetwork(plan, 1, 3).head] == [nn.Dropout, nn.Linear]
    mixed = MobileNetwork(MobilePlan(4, plan.blocks, 20, mix=6), 1, 3).head
    assert [type(part) for part in mixed] == [nn.Linear, nn.Hardswish, nn.Dropout, nn.Linear]


def test_mobilenet_v3_small_halves_where_the_table_says() -> None:
    net = MobileNetwork(SMALL, 3, 10).eval()
    sides = []
    x = net.stem(torch.randn(1, 3, 224, 224))
    for block in net.blocks:
        x = block(x)
        sides.append(x.shape[2])
    assert sides == [56, 28, 28, 14, 14, 14, 14, 14, 7, 7, 7]


def test_b0_is_the_papers_table() -> None:
    plan = PUBLISHED[0].plan()
    widths = [block.outputs for block in plan.blocks]
    assert widths == [16] + [24] * 2 + [40] * 2 + [80] * 3 + [112] * 3 + [192] * 4 + [320]
    assert [block.kernel for block in plan.blocks] == [3, 3, 3, 5, 5] + [3] * 3 + [5] * 7 + [3]
    assert (plan.stem, plan.last, plan.stem_stride) == (32, 1280, 2)
    assert plan.blocks[1].squeeze == 4, "a quarter of what comes in, not of what is inside"
    assert EfficientNet(base=B0) == PUBLISHED[0]
