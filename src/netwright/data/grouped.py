"""Tables whose rows belong to tasks: one column says to which, such as the sensor that measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from netwright.core.audit import Audit
from netwright.core.errors import DataError
from netwright.core.target import Kind
from netwright.core.task import Task
from netwright.data.readers import read
from netwright.data.schema import typed
from netwright.data.table import Table
from netwright.data.target import encode_targets, find_classes, take_targets
from netwright.data.tasksets import Array, Episode, Pool, Terms
from netwright.data.values import group_codes


@dataclass(frozen=True)
class RowTasks(Pool):
    """Rows, each of one task; to be learned are the numbers or the classes of a task's rows.

    Where an episode asks for all classes there are, the n-th is the same in every task: what a
    class means carries over.

    Attributes:
        rows: (rows, columns) numbers.
        target: (rows,) numbers, or classes from 0.
        tasks: (rows,) the task of each, from 0 without gaps.
        classes: How many there are in all tasks together; 1 where targets are numbers.
        scale: See `TaskSet.scale`.
    """

    parts: ClassVar[str] = "tasks"

    rows: Array
    target: NDArray[Any]
    tasks: NDArray[np.int64]
    classes: int = 1
    scale: tuple[float, float] = (0.0, 1.0)

    def __len__(self) -> int:
        return len(self._places)

    @property
    def shape(self) -> tuple[int, ...]:
        """One number a column."""
        return (self.rows.shape[1],)

    @property
    def most_ways(self) -> int:
        """All classes."""
        return self.classes

    @cached_property
    def _places(self) -> list[list[NDArray[np.int64]]]:
        """Rows of each class of each task; numbers are one class."""
        count, codes = int(self.tasks.max()) + 1, self.target if self.classes > 1 else 0
        cells = self.tasks * self.classes + codes
        order = np.argsort(cells, kind="stable")
        ends = np.cumsum(np.bincount(cells.astype(np.int64), minlength=count * self.classes))
        found = np.split(order, ends[:-1])
        return [found[self.classes * n : self.classes * (n + 1)] for n in range(count)]

    @cached_property
    def _counts(self) -> NDArray[np.int64]:
        """(tasks, classes) rows."""
        return np.array([[len(at) for at in task] for task in self._places])

    def _enough(self, terms: Terms) -> NDArray[np.int64]:
        """The tasks that such an episode can be drawn of."""
        suits = (self._counts >= terms.shots + terms.queries).sum(axis=1) >= terms.ways
        return np.flatnonzero(suits)

    def check(self, terms: Terms) -> None:
        """One task at least needs as many classes, and of each its shots and queries."""
        if self.classes == 1 and terms.ways > 1:
            raise DataError(f"Numbers have no classes; name 1 way. Got {terms.ways}.")
        if self.classes > 1 and not 1 < terms.ways <= self.classes:
            raise DataError(
                f"The rows are of {self.classes} classes; name 2 to {self.classes} ways. Got "
                f"{terms.ways}."
            )
        if len(self._enough(terms)) == 0:
            kind = "" if self.classes == 1 else f" of {terms.ways} classes each"
            raise DataError(
                f"Episodes of {terms.shots} shots and {terms.queries} queries need "
                f"{terms.shots + terms.queries} rows{kind} in a task, and none has them; name "
                "fewer queries."
            )

    def usable(self, terms: Terms) -> RowTasks:
        """The tasks that have rows enough."""
        self.check(terms)
        return self.of(self._enough(terms).tolist())

    def share_of(self, terms: Terms) -> float:
        """One task."""
        return 1 / len(self)

    def draw(self, rng: Generator, terms: Terms) -> Episode:
        """A task first, then classes it has, then rows of each."""
        task = rng.choice(self._enough(terms))
        needed = terms.shots + terms.queries
        known = np.flatnonzero(self._counts[task] >= needed)
        chosen = rng.choice(known, terms.ways, replace=False)
        if terms.ways == self.classes:
            chosen = np.sort(chosen)
        at = [rng.choice(self._places[task][place], needed, replace=False) for place in chosen]
        drawn = np.stack(at)  # (ways, shots + queries)
        support, query = drawn[:, : terms.shots].ravel(), drawn[:, terms.shots :].ravel()
        return Episode(
            self._seen(support), self._asked(support, terms.ways), self._seen(query),
            self._asked(query, terms.ways),
        )  # fmt: skip

    def _seen(self, at: NDArray[np.int64]) -> Array:
        return self.rows[at].astype(np.float32)

    def _asked(self, at: NDArray[np.int64], ways: int) -> Array:
        if self.classes > 1:
            return np.repeat(np.arange(ways), len(at) // ways)
        mean, spread = self.scale
        return ((self.target[at] - mean) / spread).astype(np.float32)

    def of(self, tasks: Sequence[int]) -> RowTasks:
        """The same table with some tasks only, in this order."""
        places = [np.concatenate(self._places[task]) for task in tasks]
        numbers = np.repeat(np.arange(len(tasks)), [len(at) for at in places])
        chosen = np.concatenate(places)
        rows, target = self.rows[chosen], self.target[chosen]
        return replace(self, rows=rows, target=target, tasks=numbers)

    def split(self, share: float, rng: Generator) -> tuple[RowTasks, RowTasks]:
        """By tasks."""
        order = rng.permutation(len(self))
        held = min(len(order) - 1, max(1, round(share * len(order))))
        return self.of(np.sort(order[held:]).tolist()), self.of(np.sort(order[:held]).tolist())


def is_grouped(task: Task) -> bool:
    """Whether rows belong to tasks."""
    return task.split.kind == "group"


def read_grouped(
    source: Any,
    like: Task,
    target: str | None = None,
    *,
    part: str = "test",
    tasks: bool = True,
) -> Task:
    """Rows of tasks that a model has not learned from, with their own classes.

    Args:
        source: See `netwright.data.readers.read`.
        like: The statement of the rows it has learned from.
        target: Column of the classes or numbers, None for the one of the rows it has learned from.
        part: `train` or `test`, where the source has both.
        tasks: Whether there are several, and the column that tells them apart is needed; of a
            single one every row counts.

    Raises:
        DataError: A needed column is absent, or a row of a single task has no target.
        TargetError: There is no target, or one class.
    """
    raw = read(source, part=part)
    named = like.split.column
    if tasks and named not in raw.columns:
        raise DataError(
            f"The data has no column {named!r}, which says to which task a row belongs; add it."
        )
    like = replace(like, target=target or like.target)
    frame, (column,) = take_targets(raw, [like.target], Audit())
    if not tasks and len(frame) < len(raw):
        raise DataError(
            f"{len(raw) - len(frame)} of {len(raw)} rows have no {like.target!r}; give it to them, "
            "or leave them out."
        )
    group = group_codes(frame[named]) if tasks else None
    classes = find_classes(column, like.kind, told=True)
    kind: Kind = "multiclass" if len(classes) > 2 else "binary" if classes else "regression"
    task = replace(like, kind=kind, classes=classes)
    features = typed(frame, like.schema).reset_index(drop=True)
    table = Table(features, encode_targets([column], task.targets), group=group)
    return task.with_data(table)
