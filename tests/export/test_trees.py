"""Sums of trees, one row and one tree after another by hand."""

from __future__ import annotations

import numpy as np
import pytest

from netwright.export.graph import Graph
from netwright.export.trees import Tree, sum_of_trees, sum_of_vectors
from tests.export.tables import column_graph, run

THIRD = float(np.float32(1) / np.float32(3))
ROWS = np.array(
    [[v, c] for v in (-1.0, THIRD, 0.5, 2.0, np.nan) for c in (0, 1, 31, 33, 70, np.nan)]
)


def answer(tree: Tree, row: np.ndarray) -> np.ndarray:
    """Where a row falls, by walking."""
    node = 0
    while node >= 0:
        value = row[tree.feature[node]]
        if node in tree.members:
            left = value in tree.members[node]
        elif np.isnan(value):
            left = tree.missing_left[node]
        elif tree.strict:
            left = value < tree.threshold[node]
        else:
            left = value <= tree.threshold[node]
        node = (tree.left if left else tree.right)[node]
    return np.asarray(tree.leaves[~node])


def a_tree(seed: int, strict: bool = False, outputs: int = 0) -> Tree:
    """Asks for the number twice and for the category once."""
    rng = np.random.default_rng(seed)
    return Tree(
        feature=np.array([0, 1, 0]),
        threshold=np.array([THIRD, 0.0, 0.5]),
        left=np.array([1, ~0, ~2]),
        right=np.array([2, ~1, ~3]),
        missing_left=np.array([bool(seed % 2), False, True]),
        leaves=rng.normal(size=(4, outputs) if outputs else 4),
        strict=strict,
        members={1: rng.choice(80, 12, replace=False)},
    )


def graph_of_rows() -> tuple[Graph, str]:
    graph, x = column_graph()
    return graph, graph.columns([x, graph.input("c", np.float64)])


def feed() -> dict[str, np.ndarray]:
    return {"x": ROWS[:, :1], "c": ROWS[:, 1:]}


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_sums_are_those_of_walks(outputs: int, strict: bool) -> None:
    trees = [a_tree(seed, strict) for seed in range(6)]
    trees[2] = Tree.constant(np.array([0.25]))
    graph, values = graph_of_rows()
    start = np.arange(float(outputs))
    found = run(graph.model(sum_of_trees(graph, values, trees, outputs, start), outputs), feed())
    for i in range(outputs):
        expected = [i + sum(answer(tree, row) for tree in trees[i::outputs]) for row in ROWS]
        np.testing.assert_allclose(found[:, i], expected, atol=1e-14)


def test_vectors_are_added_up() -> None:
    trees = [a_tree(seed, outputs=3) for seed in range(4)] + [
        Tree.constant(np.array([[1.0, 2, 3]]))
    ]
    graph, values = graph_of_rows()
    found = run(graph.model(sum_of_vectors(graph, values, trees), 3), feed())
    expected = [sum(answer(tree, row) for tree in trees) for row in ROWS]
    np.testing.assert_allclose(found, expected, atol=1e-14)


def test_nodes_that_answer_become_leaves() -> None:
    made = Tree.of_nodes(
        np.array([1, -1, 3, -1, -1]),
        np.array([2, -1, 4, -1, -1]),
        np.array([0.0, 10.0, 0.0, 20.0, 30.0]),
        feature=np.array([0, -2, 1, -2, -2]),
        threshold=np.array([0.5, -2, 31.0, -2, -2]),
        missing_left=np.array([1, 0, 0, 0, 0]),
    )
    assert made.leaves.tolist() == [10, 20, 30]
    assert [answer(made, row) for row in np.array([[0.5, 9], [1, 31], [1, 32], [np.nan, 9]])] == [
        10, 20, 30, 10,
    ]  # fmt: skip
    only = Tree.of_nodes(
        *np.array([[-1], [-1], [7.0]]), feature=np.zeros(1), threshold=np.zeros(1),
        missing_left=np.zeros(1),
    )  # fmt: skip
    assert answer(only, np.array([np.nan])) == 7
