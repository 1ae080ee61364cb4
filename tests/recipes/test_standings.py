"""Standings against plain loops and Optuna's volumes, on tables and replays of any shape."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna._hypervolume import compute_hypervolume

from netwright.evaluators.columns import Columns, Limit
from netwright.evaluators.designs import read_table
from netwright.evaluators.table import DesignTable
from netwright.recipes.replay import Replay
from netwright.recipes.standings import hypervolumes, optimum, summarise

ROWS = 12
REPLAYS = st.lists(st.lists(st.integers(-1, ROWS - 1), max_size=9), min_size=1, max_size=5).filter(
    any
)
DIRECTIONS = st.sampled_from(["maximize", "minimize"])


def table_of(seed: int, direction: str, bound: float = 7.0) -> DesignTable:
    """A dozen designs with ties, at least one of them within the limit."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.integers(0, 10, (ROWS, 3)), columns=["val", "test", "size"])
    frame["name"] = range(ROWS)
    frame.loc[0, "size"] = 0
    limits = (Limit.parse(f"size<={bound}"),)
    columns = Columns("val", "test", minimise=("size",), limits=limits, direction=direction)
    return read_table(frame, columns, parameters=("name",))


def best_rows(table: DesignTable, places: Sequence[int]) -> list[int | None]:
    """The best so far, one query after another; the first of equals stays."""
    sign = -1 if table.columns.direction == "maximize" else 1
    best: int | None = None
    rows = []
    for place in places:
        allowed = place >= 0 and bool(table.feasible[place])
        better = best is None or sign * table.validation[place] < sign * table.validation[best]
        best = place if allowed and better else best
        rows.append(best)
    return rows


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 50), DIRECTIONS, REPLAYS)
def test_curves_are_what_a_loop_says(seed: int, direction: str, runs: list[list[int]]) -> None:
    table = table_of(seed, direction)
    length = max(map(len, runs))
    rows = [best_rows(table, places) for places in runs]
    whole = [found + [found[-1] if found else None] * (length - len(found)) for found in rows]
    told = summarise(table, [Replay(tuple(places), 0.0) for places in runs])
    for query in range(length):
        known = [table.test[found[query]] for found in whole if found[query] is not None]
        mean = told["curve"][query]
        assert (mean is None) == (not known)
        if known:
            error = np.std(known, ddof=1) / math.sqrt(len(known)) if len(known) > 1 else 0.0
            assert mean == pytest.approx(np.mean(known))
            assert told["curve_error"][query] == pytest.approx(error)
    assert told["test_mean"] == told["curve"][-1]
    assert told["found"] == sum(found[-1] is not None for found in whole) / len(runs)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 50), DIRECTIONS, REPLAYS)
def test_regret_is_never_negative(seed: int, direction: str, runs: list[list[int]]) -> None:
    table = table_of(seed, direction)
    told = summarise(table, [Replay(tuple(places), 0.0) for places in runs])
    if told["validation_mean"] is None:
        assert told["validation_regret"] is None
        return
    sign = 1 if direction == "maximize" else -1
    away = sign * (optimum(table)["validation"] - told["validation_mean"])
    assert told["validation_regret"] == pytest.approx(away)
    assert told["validation_regret"] >= 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 50), DIRECTIONS, REPLAYS)
def test_volumes_are_optunas(seed: int, direction: str, runs: list[list[int]]) -> None:
    table = table_of(seed, direction)
    low, high = table.losses.min(axis=0), table.losses.max(axis=0)
    scaled = (table.losses - low) / (high - low)

    def volume(rows: list[int]) -> float:
        kept = [row for row in rows if row >= 0 and table.feasible[row]]
        return compute_hypervolume(scaled[kept], np.ones(2)) if kept else 0.0

    whole = volume(list(range(ROWS)))
    shares = hypervolumes(table, [Replay(tuple(places), 0.0) for places in runs])
    if whole > 0:
        np.testing.assert_allclose(shares, [volume(places) / whole for places in runs])
    else:
        assert shares.tolist() == [1.0] * len(runs)


@given(st.integers(0, 200), DIRECTIONS)
@settings(max_examples=40, deadline=None)
def test_the_optimum_is_feasible_and_nobody_feasible_beats_it(seed: int, direction: str) -> None:
    table = table_of(seed, direction)
    best = min if direction == "minimize" else max
    assert table.feasible[table.optimum]
    assert optimum(table)["validation"] == best(table.validation[table.feasible])
