"""Chains: published counts, exact sizes, skips that fit."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from netwright.core.config import Config
from netwright.core.errors import ConfigError
from netwright.nn.chain import ChainLayer, ChainNetwork, Skip
from netwright.spaces.chain import Chain, chain_count
from netwright.spaces.nets import image_task


def test_the_published_count() -> None:
    """He, Zhao and Chu's example: five types and ten layers give 3.44e20."""
    assert chain_count(5, 10) == 343_597_383_680_000_000_000


def test_the_size_adds_up() -> None:
    space = Chain()
    assert space.layer_size() == 18 + 18 + 2 + 2 + 3
    assert space.size() == sum(43**n * 2 ** math.comb(n, 2) for n in range(3, 7))


@pytest.mark.parametrize("types", [("max_pool",), ("dense", "avg_pool"), ("conv",)])
def test_the_size_is_what_counting_gives(types: tuple[str, ...]) -> None:
    space = Chain((1, 3), types, filters=(4,))
    assert space.size() == sum(1 for _ in space.every())


@pytest.mark.parametrize(("shrink", "side"), [(1, 5), (2, 5), (4, 5), (8, 5), (4, 1), (0, 7)])
def test_skips_average_what_strides_pass_over(shrink: int, side: int) -> None:
    skip = Skip(2, 2, shrink)
    x = torch.rand(1, 2, side, side)
    out = skip(x)
    assert out.shape[2] == (1 if shrink == 0 else -(-side // shrink))
    corner = x[..., :shrink, :shrink] if shrink else x
    torch.testing.assert_close(out[..., 0, 0], corner.mean(dim=(2, 3)))


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


def test_only_chosen_parts_are_built() -> None:
    space = Chain((2, 2), ("conv",), filters=(8,), channels=8)
    without = space.complete()
    with_skip = Config({**without, "layer2.skip0": True})
    task = image_task((3, 8, 8), 2)
    nets = [space.build(config, task) for config in (without, with_skip)]
    counts = [sum(weights.numel() for weights in net.parameters()) for net in nets]
    assert counts[0] == counts[1], "a skip between equal shapes needs no weights"


def test_the_drawing_says_what_each_layer_is() -> None:
    space = Chain((2, 2))
    (graph,) = space.graphs(space.complete({"layer2.type": "dense", "layer2.skip0": True}))
    assert graph.nodes == ("input", "1 conv", "2 dense", "output")
    assert ("input", "1 conv", "5x5 64 wide / 1") in graph.edges
    assert ("input", "2 dense", "skip") in graph.edges


@pytest.mark.parametrize("layers", [(0, 3), (4, 3)])
def test_impossible_lengths_are_refused(layers: tuple[int, int]) -> None:
    with pytest.raises(ConfigError, match="one layer or more"):
        Chain(layers)


def test_unknown_types_are_refused() -> None:
    with pytest.raises(ConfigError, match="sep_conv"):
        Chain(types=("conv", "lstm"))
