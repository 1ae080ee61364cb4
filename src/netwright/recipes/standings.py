"""What replays come to: how good the designs found were, how soon, and over how many objectives."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright.core.pareto import hypervolume
from netwright.evaluators.table import DesignTable
from netwright.recipes.replay import Replay


def optimum(table: DesignTable) -> dict[str, Any]:
    """The best that can be found: the feasible row with the best validation."""
    place = table.optimum
    return {
        "design": table.configs[place].to_json(),
        "validation": float(table.validation[place]),
        "test": float(table.test[place]),
    }


def summarise(table: DesignTable, runs: Sequence[Replay]) -> dict[str, Any]:
    """How well one strategy did over its seeds; None where no seed found a feasible design.

    Returns:
        `test_mean`, `test_std`: test of the best feasible design by validation, over seeds.
        `validation_mean`, `validation_regret`: its validation, and the optimum's distance to it.
        `curve`, `curve_error`: mean test of the best so far after each query, and its standard
        error; a replay that ended early stays where it was.
        `queries`: how many counted, on average; `moved`: how many of them were of a design that
        the table does not hold, and were answered by its nearest one.
        `seconds_per_query`: the strategy's own.
        `found`: share of the seeds that found a feasible design.
        `hypervolume`: of the exact front's, the mean over seeds, with several objectives.
    """
    length = max(1, *(len(run.places) for run in runs))
    best = np.array([_best_so_far(table, run.places, length) for run in runs])  # (seeds, length)
    curves = _looked_up(table.test, best)
    test, validation = (_looked_up(v, best[:, -1:])[:, 0] for v in (table.test, table.validation))
    regret = np.abs(table.validation[table.optimum] - validation)
    summary: dict[str, Any] = {
        "test_mean": _over_seeds(np.mean, test),
        "test_std": _over_seeds(np.std, test),
        "validation_mean": _over_seeds(np.mean, validation),
        "validation_regret": _over_seeds(np.mean, regret),
        "curve": [_over_seeds(np.mean, column) for column in curves.T],
        "curve_error": [_over_seeds(_standard_error, column) for column in curves.T],
        "queries": float(np.mean([len(run.places) for run in runs])),
        "moved": float(np.mean([run.moved for run in runs])),
        "seconds_per_query": float(np.mean([run.seconds_per_query for run in runs])),
        "found": float(np.mean(~np.isnan(test))),
    }
    if len(table.columns.objectives) > 1:
        summary["hypervolume"] = float(np.mean(hypervolumes(table, runs)))
    return summary


def hypervolumes(table: DesignTable, runs: Sequence[Replay]) -> NDArray[np.float64]:
    """The share of the exact front's volume that each replay covers.

    Objectives are scaled to the table's range; the reference point is the worst of each.
    """
    low, high = table.losses.min(axis=0), table.losses.max(axis=0)
    scaled = (table.losses - low) / np.where(high > low, high - low, 1.0)
    worst = np.ones(scaled.shape[1])
    whole = hypervolume(scaled[table.feasible], worst)
    found = [
        hypervolume(scaled[[p for p in run.places if p >= 0 and table.feasible[p]]], worst)
        for run in runs
    ]
    return np.array(found) / whole if whole > 0 else np.ones(len(runs))


def _best_so_far(table: DesignTable, places: Sequence[int], length: int) -> NDArray[np.int64]:
    """(length,) rows of the best feasible validation after each query, -1 before there is one."""
    known = np.array([p if p >= 0 and table.feasible[p] else -1 for p in places], dtype=int)
    losses = np.where(known >= 0, table.losses[known, 0], np.inf)
    best = np.minimum.accumulate(losses)
    improved = losses < np.concatenate([[np.inf], best[:-1]])
    since = np.maximum.accumulate(np.where(improved, np.arange(len(known)), -1))
    rows = np.where(since >= 0, known[since], -1)
    last = rows[-1] if len(rows) else -1
    return np.concatenate([rows, np.full(length - len(rows), last)])


def _looked_up(values: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Values of rows, NaN where there is none (-1)."""
    return np.where(rows >= 0, values[rows], np.nan)


def _over_seeds(
    how: Callable[[NDArray[np.float64]], Any], values: NDArray[np.float64]
) -> float | None:
    """A statistic of the seeds that found something; None (null in JSON) when none did."""
    known = values[~np.isnan(values)]
    return float(how(known)) if len(known) else None


def _standard_error(values: NDArray[np.float64]) -> float:
    return float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else 0.0
