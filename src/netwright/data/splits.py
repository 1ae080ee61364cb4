"""Which rows judge and which teach: stratified, by group, or in order of time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import DataError
from netwright.core.task import Task
from netwright.data.table import Table

Rows = NDArray[np.int64]
HOLDOUT = 0.2
"""Share of the rows a single hold-out keeps back."""


def make_folds(task: Task, table: Table, seed: int) -> list[tuple[Rows, Rows]]:
    """(training rows, validation rows) of each fold, both sorted.

    One fold is a single hold-out. In order of time every fold is judged on later rows than it
    learned from, so the earliest rows are never judged. There are fewer folds than asked for where
    there are fewer groups or moments.

    Raises:
        DataError: There is one group, or one moment.
    """
    split = task.split
    parts = split.folds if split.folds > 1 else round(1 / HOLDOUT)
    if split.kind == "group":
        assert table.group is not None
        parts = min(parts, len(np.unique(table.group)))
    rng = np.random.default_rng(seed)
    if split.kind == "time":
        assert table.time is not None
        return _time_folds(table.time, split.folds)
    if split.kind == "group":
        assert table.group is not None
        assigned = _by_group(table.group, parts, rng)
    else:
        assert table.target is not None
        kinds = [target.kind for target in task.targets]
        # Of what several targets have in common most is rare: nothing can be spared.
        spared = split.folds <= 1 and not task.further
        assigned = _stratified(_joint_strata(table.target, kinds), parts, rng, spared)
    count = parts if split.folds > 1 else 1
    return [(np.flatnonzero(assigned != k), np.flatnonzero(assigned == k)) for k in range(count)]


def _joint_strata(target: NDArray[Any], kinds: Sequence[str]) -> NDArray[np.int64]:
    """Strata of each target; of several what they have in common, in the order of the targets.

    Rows that know the same targets stand together, so that each target is judged on its share.
    """
    strata = []
    for column, kind in zip(target.reshape(len(target), -1).T, kinds, strict=True):
        known = ~np.isnan(column)
        found = np.full(len(column), -1)
        found[known] = _strata(column[known], kind)
        strata.append(found)
    if len(strata) == 1:
        return strata[0]
    together = np.column_stack([*(one >= 0 for one in strata), *strata])
    return np.unique(together, axis=0, return_inverse=True)[1].reshape(-1)


def _strata(target: NDArray[np.float64], kind: str) -> NDArray[np.int64]:
    """Classes, or tenths of a numeric target."""
    if kind != "regression":
        return target.astype(np.int64)
    edges = np.unique(np.quantile(target, np.linspace(0, 1, 11)[1:-1]))
    return np.searchsorted(edges, target, side="right")


def _stratified(strata: Rows, parts: int, rng: np.random.Generator, spared: bool) -> Rows:
    """Deals each stratum out like cards, going on where the last one stopped.

    For a single hold-out (part 0) strata rarer than the number of parts are spared, dealt from the
    back: the rarest classes stay with the rows to learn from.
    """
    assigned = np.empty(len(strata), dtype=np.int64)
    names, counts = np.unique(strata, return_counts=True)
    spare_rare = spared and bool((counts >= parts).any())
    dealt = 0
    for stratum in names:
        members = rng.permutation(np.flatnonzero(strata == stratum))
        if spare_rare and len(members) < parts:
            assigned[members] = parts - 1 - np.arange(len(members)) % parts
            continue
        assigned[members] = (dealt + np.arange(len(members))) % parts
        dealt += len(members)
    return assigned


def _by_group(group: Rows, parts: int, rng: np.random.Generator) -> Rows:
    """Gives whole groups to the emptiest part, biggest groups first."""
    sizes = np.bincount(group)
    present = np.flatnonzero(sizes)
    if len(present) < 2:
        raise DataError(
            f"Splitting by group needs at least two groups. Got {len(present)}; "
            "use another column, or none."
        )
    order = rng.permutation(present)
    order = order[np.argsort(-sizes[order], kind="stable")]
    filled = np.zeros(parts)
    home = np.zeros(len(sizes), dtype=np.int64)
    for label in order:
        part = int(np.argmin(filled))
        home[label] = part
        filled[part] += sizes[label]
    return home[group]


def _time_folds(time: NDArray[np.float64], folds: int) -> list[tuple[Rows, Rows]]:
    """Later rows judge earlier ones; rows of one moment stay together."""
    order = np.argsort(time, kind="stable").astype(np.int64)
    starts = np.flatnonzero(np.diff(time[order]) > 0) + 1  # where another moment begins
    if len(starts) == 0:
        raise DataError(
            "Splitting by time needs rows of different times. All have the same; use another "
            "column, or none."
        )
    if folds <= 1:
        wanted = np.array([round(len(order) * (1 - HOLDOUT)), len(order)])
    else:
        wanted = np.linspace(0, len(order), folds + 2).round().astype(int)[1:]
    nearest = np.abs(starts[:, None] - wanted[None, :-1]).argmin(axis=0)
    edges = [*np.unique(starts[nearest]), len(order)]
    return [(np.sort(order[:begin]), np.sort(order[begin:end])) for begin, end in pairwise(edges)]
