"""Cells of NAS-Bench-101 as matrices, against networkx."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netwright.core.errors import ConfigError, UnknownName
from netwright.nn.model_spec import INPUT, OPERATIONS, OUTPUT, ModelSpec

CONV3, CONV1, POOL = OPERATIONS


@st.composite
def specs(draw: st.DrawFn) -> ModelSpec:
    size = draw(st.integers(2, 7))
    edges = draw(st.sets(st.sampled_from(list(combinations(range(size), 2)))))
    inner = draw(st.lists(st.sampled_from(OPERATIONS), min_size=size - 2, max_size=size - 2))
    return ModelSpec.of(edges, (INPUT, *inner, OUTPUT))


def graph(spec: ModelSpec) -> nx.DiGraph:
    drawn = nx.DiGraph()
    drawn.add_nodes_from((vertex, {"op": op}) for vertex, op in enumerate(spec.ops))
    drawn.add_edges_from(spec.edges)
    return drawn


def alike(one: ModelSpec, other: ModelSpec) -> bool:
    match = nx.algorithms.isomorphism.categorical_node_match("op", None)
    return bool(nx.is_isomorphic(graph(one), graph(other), node_match=match))


@settings(max_examples=150, deadline=None)
@given(specs(), specs())
def test_equal_hashes_are_equal_graphs(one: ModelSpec, other: ModelSpec) -> None:
    assert (one.fingerprint() == other.fingerprint()) == alike(one, other)


@settings(max_examples=60, deadline=None)
@given(specs(), st.randoms(use_true_random=False))
def test_renumbered_cells_have_the_same_hash(spec: ModelSpec, chance: object) -> None:
    """Any order in which edges still point forward is the same cell."""
    last = len(spec.ops) - 1
    inner = graph(spec).subgraph(range(1, last))
    orders = [[0, *order, last] for order in list(nx.all_topological_sorts(inner))[:24]]
    for order in orders:
        place = {vertex: number for number, vertex in enumerate(order)}
        moved = {(place[i], place[j]) for i, j in spec.edges}
        again = ModelSpec.of(moved, tuple(spec.ops[vertex] for vertex in order))
        assert again.fingerprint() == spec.fingerprint()


@settings(max_examples=100, deadline=None)
@given(specs())
def test_pruning_keeps_what_lies_on_a_way_through(spec: ModelSpec) -> None:
    drawn, last = graph(spec), len(spec.ops) - 1
    ways = list(nx.all_simple_paths(drawn, 0, last))
    pruned = spec.pruned()
    if not ways:
        assert pruned is None
        assert not spec.valid
        return
    assert pruned is not None
    kept = sorted({vertex for way in ways for vertex in way})
    assert pruned.ops == tuple(spec.ops[vertex] for vertex in kept)
    assert len(pruned.edges) == drawn.subgraph(kept).number_of_edges()
    assert pruned.pruned() == pruned
    assert spec.valid == (len(pruned.edges) <= 9)


@settings(max_examples=50, deadline=None)
@given(specs())
def test_cells_survive_being_written(spec: ModelSpec) -> None:
    assert ModelSpec.parse(str(spec)) == spec


def test_the_text_is_the_benchmarks_own() -> None:
    spec = ModelSpec.of({(0, 1), (1, 2)}, (INPUT, POOL, OUTPUT))
    assert str(spec) == (
        "ModelSpec(matrix=[[0, 1, 0], [0, 0, 1], [0, 0, 0]], ops=['input', 'maxpool3x3', 'output'])"
    )


@pytest.mark.parametrize(
    ("matrix", "ops"),
    [
        ((), ()),
        (((0,),), (INPUT,)),
        (((0, 1), (0, 0)), (OUTPUT, INPUT)),
        (((0, 1), (1, 0)), (INPUT, OUTPUT)),
        (((1, 1), (0, 0)), (INPUT, OUTPUT)),
        (((0, 2), (0, 0)), (INPUT, OUTPUT)),
        (((0, 1),), (INPUT, OUTPUT)),
    ],
)
def test_what_is_no_cell_is_refused(
    matrix: tuple[tuple[int, ...], ...], ops: tuple[str, ...]
) -> None:
    with pytest.raises(ConfigError, match="upper triangular"):
        ModelSpec(matrix, ops)


def test_unknown_operations_are_named() -> None:
    with pytest.raises(UnknownName, match="conv3x3-bn-relu"):
        ModelSpec.of({(0, 1), (1, 2)}, (INPUT, "conv3x3", OUTPUT))
