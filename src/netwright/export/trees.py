"""Sums of decision trees, as the operation `TreeEnsemble` of ONNX in double precision.

Learners compare single-precision features with thresholds of their own precision; doubles hold
both exactly, so that every row falls into the leaf it fell into in training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright.core.registry import import_attribute
from netwright.export.graph import ML, Graph

AT_MOST, BELOW, MEMBER = 0, 1, 6
"""How nodes compare, in ONNX's numbers."""


@dataclass(frozen=True)
class Tree:
    """One tree: nodes that ask, and leaves that answer.

    Attributes:
        feature: Which feature each node asks for, (nodes,).
        threshold: What it compares it with, (nodes,).
        left: Where a row goes whose feature is at most (`strict`: below) the threshold, (nodes,):
            the number of a node, or `~leaf`.
        right: Where it goes otherwise.
        missing_left: Whether it goes left where the feature is missing, (nodes,).
        leaves: What a row gets in the end, (leaves,) or (leaves, outputs).
        strict: Whether left is below the threshold instead of at most.
        members: Node to the whole numbers that go left, for nodes that ask for categories.
    """

    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    missing_left: NDArray[np.bool_]
    leaves: NDArray[np.float64]
    strict: bool = False
    members: Mapping[int, NDArray[np.int64]] = field(default_factory=dict)

    @classmethod
    def of_nodes(
        cls,
        left: NDArray[Any],
        right: NDArray[Any],
        values: NDArray[np.float64],
        *,
        feature: NDArray[Any],
        threshold: NDArray[Any],
        missing_left: NDArray[Any],
        strict: bool = False,
    ) -> Tree:
        """From a list of nodes that ask and nodes that answer, which have no child (-1)."""
        asks = left >= 0
        if not asks.any():
            return cls.constant(values)
        number = np.where(asks, np.cumsum(asks) - 1, ~(np.cumsum(~asks) - 1))
        return cls(
            feature=feature[asks].astype(np.int64),
            threshold=threshold[asks].astype(np.float64),
            left=number[left[asks]],
            right=number[right[asks]],
            missing_left=missing_left[asks].astype(bool),
            leaves=values[~asks].astype(np.float64),
            strict=strict,
        )

    @classmethod
    def constant(cls, leaves: NDArray[np.float64]) -> Tree:
        """A tree that asks in vain: both sides lead to its only leaf."""
        nowhere = np.array([~0])
        return cls(np.zeros(1, int), np.zeros(1), nowhere, nowhere, np.zeros(1, bool), leaves)


def sum_of_trees(
    graph: Graph, values: str, trees: Sequence[Tree], outputs: int = 1, start: Any = 0.0
) -> str:
    """Each output the sum of its trees: of every `outputs`-th one.

    Args:
        graph: Grows.
        values: Features (rows, features).
        trees: With one number a leaf, in turn for the first output, the second, and so on.
        outputs: How many there are.
        start: What the sums begin with, a number or one an output.

    Returns:
        Float64 sums (rows, outputs).
    """
    targets = [i % outputs for i in range(len(trees))]
    return graph.add(
        "Add", _ensemble(graph, values, trees, targets, outputs), np.asarray(start, dtype=float)
    )


def sum_of_vectors(graph: Graph, values: str, trees: Sequence[Tree]) -> str:
    """The sum of trees whose leaves hold all outputs, (rows, outputs) float64.

    ONNX knows leaves of one number only, so the trees tell the numbers of the leaves that rows
    fall into, and these are looked up.
    """
    numbers, start = [], 0
    for tree in trees:
        own = np.arange(start, start + len(tree.leaves), dtype=np.float64)
        numbers.append(Tree(**{**vars(tree), "leaves": own}))
        start += len(own)
    fallen = _ensemble(graph, values, numbers, list(range(len(trees))), len(trees))
    table = np.concatenate([tree.leaves for tree in trees]).astype(np.float64)
    vectors = graph.add("Gather", table, graph.cast(fallen, np.int64), axis=0)
    return graph.add("ReduceSum", vectors, [1], keepdims=0)  # (rows, trees, outputs) summed


def _ensemble(
    graph: Graph, values: str, trees: Sequence[Tree], targets: list[int], outputs: int
) -> str:
    nodes = np.cumsum([0, *(len(tree.feature) for tree in trees)])
    leaves = np.cumsum([0, *(len(tree.leaves) for tree in trees)])
    left = _children([tree.left for tree in trees], nodes, leaves)
    right = _children([tree.right for tree in trees], nodes, leaves)
    return graph.add(
        "TreeEnsemble",
        graph.cast(values, np.float64),
        domain=ML,
        tree_roots=nodes[:-1].tolist(),
        nodes_featureids=_joined([tree.feature for tree in trees]),
        nodes_splits=_tensor(np.concatenate([tree.threshold for tree in trees])),
        nodes_modes=_tensor(np.concatenate([_modes(tree) for tree in trees])),
        nodes_missing_value_tracks_true=_joined([tree.missing_left for tree in trees]),
        nodes_truenodeids=np.where(left < 0, ~left, left).tolist(),
        nodes_trueleafs=(left < 0).astype(int).tolist(),
        nodes_falsenodeids=np.where(right < 0, ~right, right).tolist(),
        nodes_falseleafs=(right < 0).astype(int).tolist(),
        leaf_targetids=np.repeat(targets, np.diff(leaves)).tolist(),
        leaf_weights=_tensor(np.concatenate([tree.leaves for tree in trees])),
        n_targets=outputs,
        **_members(trees),
    )


def _children(
    sides: list[NDArray[np.int64]], nodes: NDArray[np.int64], leaves: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Numbers within each tree become numbers among all; leaves stay negative."""
    moved = [
        np.where(side < 0, side - leaf, side + node)
        for side, node, leaf in zip(sides, nodes, leaves, strict=False)
    ]
    return np.concatenate(moved)


def _joined(parts: list[NDArray[Any]]) -> list[int]:
    return np.concatenate(parts).astype(int).tolist()


def _modes(tree: Tree) -> NDArray[np.uint8]:
    modes = np.full(len(tree.feature), BELOW if tree.strict else AT_MOST, dtype=np.uint8)
    modes[list(tree.members)] = MEMBER
    return modes


def _members(trees: Sequence[Tree]) -> dict[str, Any]:
    """The sets of nodes that ask for categories, in the nodes' order, each with NaN at its end."""
    found: list[float] = []
    for tree in trees:
        for node in sorted(tree.members):
            found += [*map(float, tree.members[node]), float("nan")]
    return {"membership_values": _tensor(np.array(found))} if found else {}


def _tensor(values: NDArray[Any]) -> Any:
    return import_attribute("onnx.numpy_helper:from_array")(values)
