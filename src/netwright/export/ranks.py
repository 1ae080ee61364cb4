"""Ranks among quantiles: a search in a sorted list, and a line from each step to the next."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from netwright.export.graph import Graph
from netwright.export.trees import Tree, sum_of_trees


def ranks(graph: Graph, values: str, quantiles: NDArray[np.float64]) -> str:
    """The share of training rows below each value, as `features.numbers.Scaler` finds it.

    Args:
        graph: Grows.
        values: Float64 (rows, features), none missing.
        quantiles: Of the training rows, at even shares, (shares, features).

    Returns:
        Float64 (rows, features).
    """
    edges = [np.unique(column) for column in quantiles.T]
    firsts = np.cumsum([0, *(len(own) + 1 for own in edges)])
    pieces = np.hstack([_pieces(column) for column in quantiles.T])
    sides = []
    for strict in (True, False):  # where many rows have one value, the middle of its ranks
        trees = [
            _search(own, column, first, strict)
            for column, (own, first) in enumerate(zip(edges, firsts, strict=False))
        ]
        place = graph.cast(sum_of_trees(graph, values, trees, len(trees)), np.int64)
        start, rank, slope = (graph.add("Gather", row, place, axis=0) for row in pieces)
        climbed = graph.add("Mul", slope, graph.add("Sub", values, start))
        sides.append(graph.add("Add", rank, climbed))
    return graph.add("Mul", graph.add("Add", *sides), 0.5)


def _pieces(quantiles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where each piece between two distinct quantiles starts, at which rank, and how steeply it
    climbs, (3, pieces); below the first and above the last it is flat."""
    edges, counts = np.unique(quantiles, return_counts=True)
    shares = np.linspace(0, 1, len(quantiles))
    last = np.cumsum(counts) - 1
    lowest, highest = shares[last - counts + 1], shares[last]
    slope = (lowest[1:] - highest[:-1]) / np.diff(edges)
    return np.array([[edges[0], *edges], [0.0, *highest], [0.0, *slope, 0.0]])


def _search(edges: NDArray[np.float64], column: int, first: int, strict: bool) -> Tree:
    """A balanced tree whose leaves count the edges below (`strict`: not above) a value, from
    `first` on."""
    order: list[int] = []
    left, right = np.empty((2, len(edges)), dtype=np.int64)

    def grow(low: int, high: int) -> int:
        if low == high:
            return ~low
        middle = (low + high) // 2
        node = len(order)
        order.append(middle)
        left[node] = grow(low, middle)
        right[node] = grow(middle + 1, high)
        return node

    grow(0, len(edges))
    return Tree(
        feature=np.full(len(edges), column),
        threshold=edges[order],
        left=left,
        right=right,
        missing_left=np.zeros(len(edges), dtype=bool),
        leaves=np.arange(first, first + len(edges) + 1, dtype=np.float64),
        strict=strict,
    )
