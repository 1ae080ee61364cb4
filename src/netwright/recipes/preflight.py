"""What every trial would fail at, found before the first: a split, a metric that cannot judge."""

from __future__ import annotations

import math

import numpy as np

from netwright.core.errors import ConfigError, DataError
from netwright.core.task import Task
from netwright.data.prepare import with_folds
from netwright.data.splits import make_folds


def checked_folds(task: Task, folds: int, seed: int) -> Task:
    """The task with as many folds as its groups or moments admit, all of which can be judged.

    Raises:
        DataError: Its rows cannot be split so, or those that judge lack what the metric needs.
        ConfigError: The metric cannot judge this target at all.
    """
    wanted = with_folds(task, folds)
    made = make_folds(wanted, task.data, seed)
    if len(made) != max(1, folds):
        wanted = with_folds(task, len(made))
        made = make_folds(wanted, task.data, seed)
    if any(len(learn) == 0 or len(judge) == 0 for learn, judge in made):
        raise DataError(
            f"Rows to learn from and rows to judge on are needed, and {len(task.data)} rows cannot "
            "be split into both; add rows, or split by another column."
        )
    _check_classes(wanted, [learn for learn, _ in made])
    _check_metric(wanted, np.concatenate([judge for _, judge in made]))
    return wanted


def _check_classes(task: Task, parts: list[np.ndarray]) -> None:
    """Refuses splits in which some part learns from rows of one class only."""
    if not task.classes or task.further:
        return
    for learn in parts:
        seen = np.unique(task.data.target[learn])
        if len(seen) < 2:
            label = task.classes[int(seen[0])]
            raise DataError(
                f"Split by {task.split.column or 'chance'}, the rows to learn from are all of the "
                f"class {label!r}; split by another column, or by none."
            )


def _check_metric(task: Task, judge: np.ndarray) -> None:
    """Has the metric judge a constant prediction."""
    if task.further:
        return
    truth = task.data.target[judge]
    weight = None if task.data.weight is None else task.data.weight[judge]
    constant = _constant(task, len(judge))
    try:
        score = task.metric.score(truth, constant, weight)
    except Exception as error:  # a person's own function may raise anything
        reason = str(error).strip().split("\n")[0]
        raise ConfigError(
            f"The metric {task.metric_name!r} cannot judge the target {task.target!r}: "
            f"{type(error).__name__}: {reason}"
        ) from error
    if math.isnan(score) and task.classes and len(np.unique(truth)) < 2:
        label = task.classes[int(truth[0])]
        raise DataError(
            f"All rows that judge are of the class {label!r}, so {task.metric_name!r} says "
            "nothing; split by another column, or by none."
        )


def _constant(task: Task, rows: int) -> np.ndarray:
    """The classes' shares, or the mean, in every row; a little apart, as scores of ranks need."""
    if not task.classes:
        values = np.asarray(task.data.target, dtype=np.float64)
        return np.full(rows, float(np.mean(values)))
    shares = np.bincount(task.data.target, minlength=len(task.classes)) + 1.0
    return np.tile(shares / shares.sum(), (rows, 1))
