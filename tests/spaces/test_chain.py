"""Chains: published counts, exact sizes, skips that fit."""

from __future__ import annotations

import math

import pytest

from netwright.core.config import Config
from netwright.core.errors import ConfigError
from netwright.nn.chain import ChainNetwork
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


def test_only_chosen_parts_are_built() -> None:
    space = Chain((2, 2), ("conv",), filters=(8,), channels=8)
    without = space.complete()
    with_skip = Config({**without, "layer2.skip0": True})
    task = image_task((3, 8, 8), 2)
    nets = [space.build(config, task) for config in (without, with_skip)]
    counts = [sum(weights.numel() for weights in net.parameters()) for net in nets]
    assert counts[0] == counts[1], "a skip between equal shapes needs no weights"


def test_a_layer_asks_for_what_its_type_needs() -> None:
    space = Chain((1, 1))
    parts = {
        "conv": {"kernel", "filters", "stride"},
        "sep_conv": {"kernel", "filters", "stride"},
        "max_pool": {"stride"},
        "avg_pool": {"stride"},
        "dense": {"filters"},
    }
    for kind, asked in parts.items():
        config = space.complete({"layer1.type": kind})
        assert set(config) == {"layers", "layer1.type", *(f"layer1.{part}" for part in asked)}


def test_a_parameter_of_another_type_is_refused() -> None:
    with pytest.raises(ConfigError, match="layer1"):
        Chain((1, 1)).complete({"layer1.type": "dense", "layer1.kernel": 3})


def test_every_question_of_the_longest_chain_is_known() -> None:
    names = set(Chain((1, 4)).domains())
    assert {"layer4.skip0", "layer4.skip1", "layer4.skip2", "layer4.kernel"} <= names
    assert "layer4.skip3" not in names, "the layer before is taken anyway"


def test_skips_reach_the_net() -> None:
    space = Chain((3, 3), ("conv",), filters=(8,))
    config = space.complete({"layer2.skip0": True, "layer3.skip1": True})
    net = space.build(config, image_task((3, 8, 8), 2))
    assert isinstance(net, ChainNetwork)
    assert [list(joint.skips) for joint in net.layers] == [[], ["0"], ["1"]]


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
