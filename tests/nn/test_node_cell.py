"""Cells of nodes with two inputs: what they compute, where they reduce, what is dropped."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import Tensor, nn

from netwright.nn.genotype import Genotype
from netwright.nn.node_cell import AuxiliaryHead, NodeCell, NodeCellNetwork, Place, node_cell

SKIPS = (("skip_connect", 0), ("skip_connect", 1))
PLAIN = Genotype(SKIPS, (2,), SKIPS, (2,))


def cell(*genes: tuple[str, int], concat: tuple[int, ...], reduces: bool = False) -> NodeCell:
    torch.manual_seed(0)
    return node_cell(Genotype(genes, concat, genes, concat), Place(3, 5, 4, reduces)).eval()


def network(cells: int, **words: bool) -> NodeCellNetwork:
    return NodeCellNetwork(partial(node_cell, PLAIN), 3, 10, channels=4, cells=cells, **words)


def inputs(side: int = 6) -> tuple[Tensor, Tensor]:
    torch.manual_seed(1)
    return torch.randn(2, 3, side, side), torch.randn(2, 5, side, side)


def test_a_node_adds_what_its_two_operations_make() -> None:
    net = cell(
        ("conv_3x3", 0), ("max_pool_3x3", 1), ("skip_connect", 2), ("conv_1x1", 1), concat=(3,)
    )
    before, last = inputs()
    zero, one = net.before(before), net.last(last)
    two = net.operations[0](zero) + net.operations[1](one)
    three = two + net.operations[3](one)
    torch.testing.assert_close(net(before, last), three)


def test_what_is_delivered_stands_side_by_side() -> None:
    net = cell(*SKIPS, concat=(0, 2))
    before, last = inputs()
    zero, one = net.before(before), net.last(last)
    torch.testing.assert_close(net(before, last), torch.cat([zero, zero + one], dim=1))


def test_only_the_two_inputs_are_halved() -> None:
    net = cell(
        ("conv_1x1", 0),
        ("conv_1x1", 1),
        ("conv_1x1", 2),
        ("conv_1x1", 0),
        concat=(3,),
        reduces=True,
    )
    strides = [operation[1].stride for operation in net.operations]  # type: ignore[index]
    assert strides == [(2, 2), (2, 2), (1, 1), (2, 2)]
    assert net(*inputs(7)).shape == (2, 4, 4, 4)


def test_none_delivers_nothing() -> None:
    net = cell(("none", 0), ("none", 1), concat=(2,))
    assert not net(*inputs()).any()


@pytest.mark.parametrize(("cells", "places"), [(3, (1, 2)), (8, (2, 5)), (20, (6, 13))])
def test_cells_reduce_a_third_and_two_thirds_of_the_way_in(
    cells: int, places: tuple[int, int]
) -> None:
    net = network(cells)
    sizes = []
    for part in net.cells:
        part.register_forward_hook(lambda part, taken, given: sizes.append(given.shape[1:]))
    net(torch.randn(2, 3, 32, 32))
    expected = [4 * 2 ** sum(place >= p for p in places) for place in range(cells)]
    assert [channels for channels, _, _ in sizes] == expected
    assert [side for _, side, _ in sizes] == [4 * 32 // channels for channels in expected]


def test_skips_between_cells_weigh_nothing_but_their_preprocessing() -> None:
    """1x1 convolutions and their norms: 12 -> 4 and 12 -> 4, then 12 -> 4 and 4 -> 4, ..."""
    net = network(9)
    first = sum(weights.numel() for weights in net.cells[0].parameters())
    third = sum(weights.numel() for weights in net.cells[2].parameters())
    assert first == 2 * (12 * 4 + 2 * 4)
    assert third == 2 * (4 * 4 + 2 * 4)


def test_the_second_head_is_the_published_one_on_maps_of_eight() -> None:
    torch.manual_seed(0)
    head = AuxiliaryHead(6, 10).eval()
    pool = nn.AvgPool2d(5, stride=3, padding=0, count_include_pad=False)
    x = torch.randn(2, 6, 8, 8)
    expected = head.head(head.features(pool(torch.relu(x))).flatten(1))
    torch.testing.assert_close(head(x), expected)


@pytest.mark.parametrize("side", [1, 2, 5, 11])
def test_the_second_head_takes_maps_of_any_size(side: int) -> None:
    assert AuxiliaryHead(6, 10)(torch.randn(2, 6, side, side + 1)).shape == (2, 10)


def test_the_second_head_reads_the_cell_after_the_last_reduction() -> None:
    net = network(8, auxiliary=True)
    assert net.auxiliary is not None
    assert net.auxiliary_place == 5
    taken = []
    net.auxiliary.register_forward_hook(lambda part, given, out: taken.append(given[0].shape))
    net.train()(torch.randn(2, 3, 32, 32))
    assert taken == [(2, 16, 8, 8)]
    net.eval()(torch.randn(2, 3, 32, 32))
    assert len(taken) == 1


def test_identities_are_never_dropped() -> None:
    net = network(9)
    x = torch.randn(4, 3, 8, 8)
    before, last = torch.randn(4, 12, 8, 8), torch.randn(4, 12, 8, 8)
    first = net.cells[0].train()
    torch.testing.assert_close(first(before, last, 0.9), first(before, last, 0.0))
    net.drop_path = 0.9
    assert not torch.equal(net(x), net(x)), "the reducing skips are convolutions"


@pytest.mark.parametrize("side", [1, 7, 65])
def test_large_pictures_are_made_eight_times_smaller_first(side: int) -> None:
    net = network(3, large=True)
    taken = []
    net.cells[0].register_forward_hook(lambda part, given, out: taken.extend(given[:2]))
    assert net(torch.randn(2, 3, side, side)).shape == (2, 10)
    assert [stem.shape[2] for stem in taken] == [-(-side // 4), -(-side // 8)]
