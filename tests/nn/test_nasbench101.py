"""The net around a NAS-Bench-101 cell: what a vertex gets, how wide it is."""

from __future__ import annotations

from itertools import combinations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from netwright.nn.model_spec import INPUT, OPERATIONS, OUTPUT, ModelSpec
from netwright.nn.nasbench101 import MatrixCell, MatrixCellNetwork, vertex_channels

CONV3, CONV1, POOL = OPERATIONS


def test_widths_at_the_output_share_the_channels() -> None:
    ops = (INPUT, CONV3, CONV1, POOL, CONV3, OUTPUT)
    spec = ModelSpec.of({(0, 1), (1, 2), (1, 3), (0, 4), (2, 5), (3, 5), (4, 5)}, ops)
    assert vertex_channels(64, 128, spec) == [64, 43, 43, 43, 42, 128]


@settings(max_examples=80, deadline=None)
@given(st.sets(st.sampled_from(list(combinations(range(6), 2)))), st.integers(8, 70))
def test_widths_always_fit(edges: set[tuple[int, int]], outputs: int) -> None:
    """What is joined fills the output, and nobody is wider than what feeds it."""
    spec = ModelSpec.of(edges, (INPUT, *[CONV3] * 4, OUTPUT)).pruned()
    if spec is None:
        return
    widths, last = vertex_channels(5, outputs, spec), len(spec.ops) - 1
    joined = [i for i, j in spec.edges if j == last and i > 0]
    assert not joined or sum(widths[i] for i in joined) == outputs
    inner = [(i, j) for i, j in spec.edges if i > 0 and j < last]
    assert all(widths[i] >= widths[j] for i, j in inner)


def test_a_vertex_adds_what_comes_in_and_leaves_out_what_is_too_much() -> None:
    """Vertex 1 is wider than vertex 2, since the output's odd channel is the first one's."""
    ops = (INPUT, CONV3, CONV1, OUTPUT)
    spec = ModelSpec.of({(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)}, ops)
    torch.manual_seed(0)
    cell = MatrixCell(4, 5, spec).eval()
    assert cell.widths == [4, 3, 2, 5]
    x = torch.randn(2, 4, 6, 6)
    one = cell.operations[0](cell.projections["1"](x))
    two = cell.operations[1](cell.projections["2"](x) + one[:, :2])
    torch.testing.assert_close(cell(x), torch.cat([one, two], dim=1))


def test_the_input_is_added_to_the_output_where_they_are_joined() -> None:
    plain = ModelSpec.of({(0, 1), (1, 2)}, (INPUT, CONV3, OUTPUT))
    joined = ModelSpec.of({(0, 1), (1, 2), (0, 2)}, (INPUT, CONV3, OUTPUT))
    torch.manual_seed(0)
    cell = MatrixCell(4, 8, joined).eval()
    without = MatrixCell(4, 8, plain).eval()
    without.load_state_dict(cell.state_dict(), strict=False)
    x = torch.randn(2, 4, 5, 5)
    torch.testing.assert_close(cell(x), without(x) + cell.projections["2"](x))


def test_a_cell_of_two_vertices_is_a_projection() -> None:
    spec = ModelSpec.of({(0, 1)}, (INPUT, OUTPUT))
    cell = MatrixCell(4, 8, spec).eval()
    x = torch.randn(2, 4, 5, 5)
    torch.testing.assert_close(cell(x), cell.projections["1"](x))


@pytest.mark.parametrize(("op", "weights"), [(CONV3, 9 * 64), (CONV1, 64), (POOL, None)])
def test_operations_have_their_weights(op: str, weights: int | None) -> None:
    cell = MatrixCell(8, 8, ModelSpec.of({(0, 1), (1, 2)}, (INPUT, op, OUTPUT)))
    expected = 0 if weights is None else weights + 2 * 8
    assert sum(part.numel() for part in cell.operations.parameters()) == expected


@pytest.mark.parametrize("side", [1, 5, 8])
def test_stacks_double_the_width_and_halve_the_map(side: int) -> None:
    spec = ModelSpec.of({(0, 1), (1, 2)}, (INPUT, CONV1, OUTPUT))
    net = MatrixCellNetwork(spec, 2, 3, channels=8, cells=2)
    features = net.body(torch.randn(2, 2, side, side))
    assert features.shape == (2, 32, -(-side // 4), -(-side // 4))
    assert sum(isinstance(part, nn.MaxPool2d) for part in net.body) == 2
    assert sum(isinstance(part, MatrixCell) for part in net.body) == 6
