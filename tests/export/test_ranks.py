"""Ranks against NumPy's interpolation, from both sides."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from netwright.export.ranks import ranks
from tests.export.tables import column_graph, run

ODD = np.array([-np.inf, -1e300, -3.5, -1.0, 0.0, 0.25, 1.0, 2.0, 1e300, np.inf])


def by_numpy(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    grid = np.linspace(0, 1, len(edges))
    up = np.interp(values, edges, grid)
    return (up + 1 - np.interp(-values, -edges[::-1], grid)) / 2


@given(
    columns=st.lists(
        st.lists(st.sampled_from([-2.0, -1.0, 0.0, 0.1, 1.0, 1.5, 7e5]), min_size=5, max_size=5),
        min_size=1,
        max_size=3,
    )
)
@settings(max_examples=25, deadline=None)
def test_ranks_are_numpys(columns: list[list[float]]) -> None:
    edges = np.sort(np.array(columns), axis=1)
    values = np.concatenate([ODD[1:-1], edges.ravel(), edges.ravel() + 0.03])[:, None]
    graph, x = column_graph()
    wide = graph.add("Expand", x, np.array([1, len(edges)]))
    found = run(graph.model(ranks(graph, wide, edges.T), len(edges)), {"x": values})
    for own, column in zip(edges, found.T, strict=True):
        np.testing.assert_allclose(column, by_numpy(values[:, 0], own), atol=1e-12)


def test_many_quantiles() -> None:
    rng = np.random.default_rng(0)
    edges = np.quantile(rng.normal(size=1000).round(2), np.linspace(0, 1, 256))
    values = np.concatenate([rng.normal(size=500), edges])[:, None]
    graph, x = column_graph()
    found = run(graph.model(ranks(graph, x, edges[:, None]), 1), {"x": values})
    np.testing.assert_allclose(found[:, 0], by_numpy(values[:, 0], edges), atol=1e-12)
