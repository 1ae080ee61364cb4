"""How a time budget is shared out: searching, training once more, handing over."""

from __future__ import annotations

import math
from dataclasses import dataclass

from netwright.core.task import Task

LIGHTGBM_SECONDS = 1e-8
"""Seconds one core needs for a row, a column and a boosting round (measured on two machines)."""
ROUNDS = 300
NET_SECONDS = 9e-6
"""Seconds one core needs for a picture, a pixel and an epoch of the default net (measured)."""
START_SECONDS = 5.0
"""Seconds a worker needs before its first net learns: torch takes long to load."""
EPOCHS = 30
WANTED_NETS = 4
"""Nets of pictures a search should manage; they take long, and a few are enough."""
WANTED_TRIALS = 12
"""Trials a search should manage; folds are chosen so that it can."""


@dataclass(frozen=True)
class Shares:
    """Seconds before the end of the budget at which each part must be over.

    Attributes:
        search: No trial starts any more, and running ones wind down.
        search_hard: Trials that still run are killed.
        refit: Training the winners again winds down.
        refit_hard: What still trains is killed; the rest of the time is for handing over.
        overtime: Seconds *after* the end that judging a test table may still take.
    """

    search: float
    search_hard: float
    refit: float
    refit_hard: float
    overtime: float


def share_out(seconds: float, again: bool) -> Shares:
    """Shares of a budget.

    Args:
        seconds: The whole.
        again: Whether winners are trained again on all rows, which takes a quarter.
    """
    hand_over = min(max(2.5, 0.08 * seconds), 40.0)
    grace = min(1.0 + 0.03 * seconds, 15.0)
    refit_hard = hand_over
    refit = refit_hard + min(1.0, grace)
    search_hard = refit + 0.25 * seconds if again else hand_over
    overtime = min(1.0 + 0.05 * seconds, 20.0)
    return Shares(search_hard + grace, search_hard, refit, refit_hard, overtime)


def choose_folds(task: Task, seconds: float | None, workers: int) -> tuple[int, str]:
    """Five folds, three, or a hold-out, by what a boosted model would take; and why.

    Without a time budget only the number of rows decides, so that nothing consults the clock.
    """
    rows, columns = task.data.features.shape
    if rows < 20:
        return max(1, min(3, rows // 2)), "very few rows"
    if task.split.kind == "time":
        return (3, "order of time") if rows < 50_000 else (1, "order of time and many rows")
    if seconds is None:
        few = 500 if task.schema.of_type("image") else 20_000
        return (5, "few rows") if rows <= few else (1, "many rows")
    if task.schema.of_type("image"):
        return _folds_of_pictures(task, seconds, workers)
    outputs = task.outputs if task.outputs > 2 else 1
    effective = columns + 20 * len(task.schema.of_type("text"))
    one = rows * effective * ROUNDS * outputs * LIGHTGBM_SECONDS + 0.15
    share = 0.7 * seconds * workers / WANTED_TRIALS
    folds = next((count for count in (8, 5, 3) if one * count <= share), 1)
    if folds == 8 and rows > 2000:
        folds = 5
    if not math.isfinite(one):
        folds = 1
    return folds, f"one training of a boosted model is guessed at {one:.1f} s"


def _folds_of_pictures(task: Task, seconds: float, workers: int) -> tuple[int, str]:
    pixels = sum(math.prod(column.shape[1:]) for column in task.schema.used)
    one = START_SECONDS + len(task.data) * pixels * EPOCHS * NET_SECONDS
    share = 0.7 * seconds * workers / WANTED_NETS
    folds = next((count for count in (5, 3) if one * count <= share), 1)
    return folds, f"one training of a net is guessed at {one:.0f} s"
