"""Permutation importance (Breiman 2001), grouped by original column."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import product

import numpy as np

from netwright.core.learner import Model
from netwright.core.metric import Metric
from netwright.data.table import Table

MAX_ROWS = 1000


@dataclass(frozen=True)
class Importance:
    """How much worse the metric gets when a column's values are shuffled.

    Attributes:
        column: The column.
        importance: Mean worsening of the metric; near zero or negative means not used.
        deviation: Standard deviation over the shuffles.
    """

    column: str
    importance: float
    deviation: float


def permutation_importance(
    model: Model,
    table: Table,
    metric: Metric,
    *,
    seed: int = 0,
    repeats: int = 3,
    deadline: float | None = None,
) -> list[Importance]:
    """Shuffles one column after another, all its engineered features with it; biggest first.

    Args:
        model: Predicts typed rows.
        table: Rows the model has not learned from, with their target.
        metric: What gets worse.
        seed: Decides sampling and shuffles.
        repeats: Shuffles a column.
        deadline: Monotonic time to stop at; columns not reached are left out.
    """
    assert table.target is not None
    rng = np.random.default_rng(seed)
    if len(table) > MAX_ROWS:
        table = table.rows(np.sort(rng.choice(len(table), MAX_ROWS, replace=False)))
    target, weight = table.target, table.weight
    assert target is not None
    base = metric.loss(target, model.predict(table.features), weight)
    worse: dict[str, list[float]] = {}
    for _, column in product(range(repeats), table.features.columns):
        if deadline is not None and time.monotonic() > deadline:
            break
        shuffled = table.features.copy(deep=False)
        order = rng.permutation(len(table))
        shuffled[column] = shuffled[column].iloc[order].set_axis(shuffled.index)
        loss = metric.loss(target, model.predict(shuffled), weight)
        worse.setdefault(str(column), []).append(loss - base)
    found = [
        Importance(column, float(np.mean(losses)), float(np.std(losses)))
        for column, losses in worse.items()
    ]
    return sorted(found, key=lambda item: -item.importance)
