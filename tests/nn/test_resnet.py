"""Residual nets: what a block computes, how deep and how wide they are."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from netwright.nn.resnet import CifarResNet, ImageNetResNet, PaddedShortcut, basic, bottleneck


def convolutions(net: nn.Module) -> list[nn.Conv2d]:
    return [part for part in net.modules() if isinstance(part, nn.Conv2d)]


@pytest.mark.parametrize("blocks", [1, 3, 5, 9])
def test_layers_are_counted_as_in_the_paper(blocks: int) -> None:
    """6 n + 2 layers: the first convolution, two a block in three stages, and the head."""
    assert len(convolutions(CifarResNet(3, 10, blocks))) + 1 == 6 * blocks + 2


@pytest.mark.parametrize(
    ("blocks", "millions"), [(3, 0.27), (5, 0.46), (7, 0.66), (9, 0.85), (18, 1.7)]
)
def test_parameters_are_the_papers(blocks: int, millions: float) -> None:
    """Table 6 of the paper: ResNet-20, 32, 44, 56 and 110."""
    with torch.device("meta"):
        net = CifarResNet(3, 10, blocks)
    found = sum(weights.numel() for weights in net.parameters()) / 1e6
    assert round(found, 2 if millions < 1 else 1) == millions


def test_resnet_50_has_fifty_layers_and_four_projections() -> None:
    with torch.device("meta"):
        net = ImageNetResNet(3, 1000)
    projections = 4
    assert len(convolutions(net)) - projections + 1 == 50
    widths = [part.out_channels for part in convolutions(net) if part.kernel_size == (3, 3)]
    assert widths == [64] * 3 + [128] * 4 + [256] * 6 + [512] * 3


@pytest.mark.parametrize("stride", [1, 2])
def test_a_block_adds_its_shortcut_and_cuts_below_zero(stride: int) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 4, 7, 7)
    for block in (basic(4, 4 * stride, stride).eval(), bottleneck(4, 2, stride).eval()):
        expected = (block.body(x) + block.shortcut(x)).clamp(min=0)
        torch.testing.assert_close(block(x), expected)
        assert block(x).shape[2] == -(-7 // stride)


def test_equal_shapes_need_no_shortcut() -> None:
    assert isinstance(basic(4, 4, 1).shortcut, nn.Identity)
    assert isinstance(bottleneck(8, 2, 1).shortcut, nn.Identity)
    assert isinstance(basic(4, 8, 1).shortcut, PaddedShortcut)
    assert not isinstance(bottleneck(8, 4, 1).shortcut, nn.Identity)


def test_the_padded_shortcut_keeps_every_second_pixel() -> None:
    x = torch.randn(2, 3, 5, 5)
    out = PaddedShortcut(3, 8, 2)(x)
    torch.testing.assert_close(out[:, :3], x[:, :, [0, 2, 4]][..., [0, 2, 4]])
    assert not out[:, 3:].any()
