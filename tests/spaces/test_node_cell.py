"""Normal and reduction cells: published sizes, genotypes and parameter counts."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from netwright.core.errors import ConfigError
from netwright.nn.genotype import Genotype
from netwright.nn.node_cell import NodeCellNetwork, node_cell
from netwright.spaces.darts import DARTS, PRIMITIVES
from netwright.spaces.nets import image_task
from netwright.spaces.node_cell import NodeCells, survey_count

CIFAR = image_task((3, 32, 32), 10)
DARTS_V2 = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), "
    "('sep_conv_3x3', 1), ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), "
    "('dil_conv_3x3', 2)], normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), "
    "('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), "
    "('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], "
    "reduce_concat=[2, 3, 4, 5])"
)


def millions(net: torch.nn.Module) -> float:
    return sum(weights.numel() for weights in net.parameters()) / 1e6


def test_nine_operations_and_four_nodes_have_the_published_size() -> None:
    assert NodeCells().cell_size() == 7_748_409_780
    assert NodeCells().size() == 7_748_409_780**2


def test_darts_has_about_ten_to_the_ninth_cells() -> None:
    """The paper's product of (k + 1) k / 2 * 7^2 over k = 1 .. 4."""
    assert DARTS().cell_size() == 1 * 3 * 6 * 10 * 7**8
    assert len(PRIMITIVES) == 8


def test_the_surveys_count() -> None:
    """He, Zhao and Chu's formula for two cells, at five operations and three nodes: 5.06e16."""
    assert survey_count(5, 3) == 50_625_000_000_000_000


def test_the_size_is_what_counting_gives() -> None:
    space = NodeCells(nodes=2, operations=("skip_connect", "conv_1x1"))
    assert space.size() == (1 * 4 * 3 * 4) ** 2 == sum(1 for _ in space.every())


def test_darts_v2_has_the_published_parameters() -> None:
    """The authors' code prints 3.349342 million without the second head."""
    space = DARTS(channels=36, cells=20)
    with torch.device("meta"):
        assert millions(space.build(space.from_text(DARTS_V2), CIFAR)) == 3.349342


def test_darts_v2_for_imagenet_has_the_published_parameters() -> None:
    """The authors' code prints 4.718752 million; the paper rounds to 4.7."""
    space = DARTS(channels=48, cells=14, large=True)
    with torch.device("meta"):
        net = space.build(space.from_text(DARTS_V2), image_task((3, 224, 224), 1000))
    assert millions(net) == 4.718752


def test_the_second_head_answers_while_training_only() -> None:
    space = DARTS(channels=4, cells=3, auxiliary=True)
    net = space.build(space.complete(), CIFAR)
    both = net.train()(torch.randn(2, 3, 32, 32))
    assert [head.shape for head in both] == [(2, 10), (2, 10)]
    assert net.eval()(torch.randn(2, 3, 32, 32)).shape == (2, 10)


def test_dropped_paths_change_training_and_nothing_else() -> None:
    torch.manual_seed(0)
    space = NodeCells(channels=4, cells=3, operations=("conv_1x1",))
    net = space.build(space.complete(), CIFAR)
    assert isinstance(net, NodeCellNetwork)
    x = torch.randn(4, 3, 8, 8)
    torch.testing.assert_close(net(x), net(x))
    net.drop_path = 0.5
    assert not torch.equal(net(x), net(x))
    torch.testing.assert_close(net.eval()(x), net(x))


def test_order_of_inputs_and_form_of_concat_do_not_matter() -> None:
    space = DARTS()
    config = space.from_text(DARTS_V2)
    swapped = DARTS_V2.replace(
        "[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ", "[('sep_conv_3x3', 1), ('sep_conv_3x3', 0), "
    ).replace("[2, 3, 4, 5]", "range(2, 6)")
    assert space.from_text(swapped) == config
    assert "normal_concat=range(2, 6)" in space.to_text(config)


def test_renumbered_nodes_are_the_same_cell() -> None:
    space = NodeCells(nodes=3, operations=("conv_1x1", "skip_connect", "none"))
    one = space.complete({"normal.node2.op1": "skip_connect", "normal.node4.inputs": "2+3"})
    other = space.complete({"normal.node3.op1": "skip_connect", "normal.node4.inputs": "2+3"})
    third = space.complete({"normal.node3.op1": "none", "normal.node4.inputs": "2+3"})
    assert space.canonical(one) == space.canonical(other)
    assert space.canonical(one) != space.canonical(third)


def test_the_drawing_has_both_cells_whole() -> None:
    space = NodeCells()
    normal, reduce = space.graphs(space.sample(np.random.default_rng(0)))
    assert (normal.name, reduce.name) == ("normal cell", "reduce cell")
    assert len(normal.edges) == 4 * 2 + 4


@pytest.mark.parametrize(
    "text",
    [
        DARTS_V2.replace("sep_conv_3x3", "magic"),
        DARTS_V2.replace("('dil_conv_3x3', 2)", "('dil_conv_3x3', 5)"),
        DARTS_V2.replace(", ('dil_conv_3x3', 2)", ""),
        DARTS_V2.replace("normal_concat=[2, 3, 4, 5]", "normal_concat=[4, 5]"),
        DARTS_V2.replace("('skip_connect', 0), ('dil", "('skip_connect', 2), ('dil"),
    ],
)
def test_a_genotype_of_another_kind_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        DARTS().from_text(text)


def test_a_genotype_may_deliver_some_nodes_only() -> None:
    text = DARTS_V2.replace("normal_concat=[2, 3, 4, 5]", "normal_concat=[2, 5]")
    genotype = Genotype.parse(text)
    assert genotype.normal_concat == (2, 5)
    assert Genotype.parse(str(genotype)) == genotype
    net = NodeCellNetwork(partial(node_cell, genotype), 3, 10, channels=4, cells=3)
    assert net(torch.randn(2, 3, 8, 8)).shape == (2, 10)


@pytest.mark.parametrize("sizes", [{"nodes": 0}, {"cells": 2}, {"channels": 1}, {"operations": ()}])
def test_impossible_cells_are_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="Cells need"):
        NodeCells(**sizes)  # type: ignore[arg-type]
