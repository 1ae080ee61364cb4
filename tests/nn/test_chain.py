"""Layers of a chain and the skips between them."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from netwright.nn.chain import ChainLayer, ChainNetwork, Dense, Joint, Skip, make_layer


@pytest.mark.parametrize(("shrink", "side"), [(1, 5), (2, 5), (4, 5), (8, 5), (4, 1), (0, 7)])
def test_skips_average_what_strides_pass_over(shrink: int, side: int) -> None:
    x = torch.rand(1, 2, side, side)
    out = Skip(2, 2, shrink)(x)
    assert out.shape[2] == (1 if shrink == 0 else -(-side // shrink))
    corner = x[..., :shrink, :shrink] if shrink else x
    torch.testing.assert_close(out[..., 0, 0], corner.mean(dim=(2, 3)))


def test_skips_project_where_widths_differ() -> None:
    assert isinstance(Skip(4, 4, 2).project, nn.Identity)
    skip = Skip(4, 6, 1)
    assert sum(weights.numel() for weights in skip.parameters()) == 4 * 6
    x = torch.randn(2, 4, 3, 3)
    expected = torch.einsum("bihw,oi->bohw", x, skip.project.weight[:, :, 0, 0])
    torch.testing.assert_close(skip(x), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "weights"),
    [
        (ChainLayer("conv", 5, 8), 25 * 4 * 8 + 16),
        (ChainLayer("sep_conv", 5, 8), 25 * 4 + 4 * 8 + 16),
        (ChainLayer("max_pool"), 0),
        (ChainLayer("avg_pool", stride=2), 0),
        (ChainLayer("dense", filters=8), 4 * 8 + 16),
    ],
)
def test_layers_have_their_weights_and_shapes(layer: ChainLayer, weights: int) -> None:
    module = make_layer(4, layer)
    assert sum(part.numel() for part in module.parameters()) == weights
    side = 1 if layer.type == "dense" else -(-7 // layer.stride)
    out = module(torch.randn(2, 4, 7, 7))
    assert out.shape == (2, layer.filters or 4, side, side)


def test_a_dense_layer_sees_the_whole_picture() -> None:
    dense = Dense(3, 4).eval()
    x = torch.randn(2, 3, 5, 5)
    shuffled = x.flatten(2)[..., torch.randperm(25)].view_as(x)
    torch.testing.assert_close(dense(x), dense(shuffled))


def test_a_joint_adds_what_its_skips_bring() -> None:
    joint = Joint(ChainLayer("avg_pool", skips=(0,)), widths=[3, 2, 4], shrinks=[2, 1, 1]).eval()
    values = [torch.randn(2, 3, 8, 8), torch.randn(2, 2, 4, 4), torch.randn(2, 4, 4, 4)]
    total = values[2] + joint.skips["0"](values[0])
    torch.testing.assert_close(joint(values), joint.layer(total))


def test_every_layer_may_take_every_earlier_one() -> None:
    layers = [
        ChainLayer("conv", 3, 8, 2),
        ChainLayer("max_pool", stride=2, skips=(0,)),
        ChainLayer("sep_conv", 5, 6, 2, skips=(0, 1)),
        ChainLayer("dense", filters=5, skips=(0, 1, 2)),
        ChainLayer("avg_pool", stride=2, skips=(0, 1, 2, 3)),
        ChainLayer("conv", 7, 3, 2, skips=(0, 1, 2, 3, 4)),
    ]
    net = ChainNetwork(layers, 3, 10, channels=4)
    for side in (1, 6, 33):
        assert net(torch.randn(2, 3, side, side)).shape == (2, 10)


def test_a_chain_without_skips_is_a_plain_sequence() -> None:
    layers = [ChainLayer("conv", 3, 8, 2), ChainLayer("dense", filters=5)]
    net = ChainNetwork(layers, 3, 10, channels=4).eval()
    plain = nn.Sequential(net.stem, *(joint.layer for joint in net.layers), nn.Flatten(), net.head)
    x = torch.randn(2, 3, 9, 9)
    torch.testing.assert_close(net(x), plain(x))
