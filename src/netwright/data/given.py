"""Tasks that a person already has: any sequence of them, such as a torch dataset, and tables whose
rows belong to tasks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from netwright.core.errors import DataError
from netwright.data.tasksets import Array, Episode, TaskSet, Terms


@dataclass(frozen=True)
class Given(TaskSet):
    """Episodes that are there, one drawn at random each time.

    Attributes:
        episodes: Anything with a length whose items are (support, labels, query, target): arrays
            or tensors, rows first, all of one shape.
    """

    episodes: Any

    def __len__(self) -> int:
        return len(self.episodes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one row of the first."""
        return self._at(0).support.shape[1:]

    @property
    def most_ways(self) -> int:
        """As many as the first has."""
        labels = self._at(0).labels
        return 1 if np.issubdtype(labels.dtype, np.floating) else int(labels.max()) + 1

    def check(self, terms: Terms) -> None:
        """They are as they are: their own terms are the only ones."""
        if len(self) == 0:
            raise DataError("There are no tasks to learn from. Got an empty sequence; add some.")
        first = self._at(0)
        found = (self.most_ways, len(first.labels), len(first.target))
        wanted = (terms.ways, terms.ways * terms.shots, terms.ways * terms.queries)
        if found != wanted:
            raise DataError(
                f"Episodes of {terms} have {wanted[1]} rows of support and {wanted[2]} queries. "
                f"Those given have {found[0]} ways, {found[1]} and {found[2]}; name their terms."
            )

    def draw(self, rng: Generator, terms: Terms) -> Episode:
        """One of them."""
        return self._at(int(rng.integers(len(self))))

    def _at(self, place: int) -> Episode:
        return Episode(*map(np.asarray, self.episodes[place]))


@dataclass(frozen=True)
class RowTasks(TaskSet):
    """Rows of a table, each of one task; a task is to predict its rows' numbers.

    Attributes:
        rows: (rows, columns) numbers.
        target: (rows,) numbers.
        tasks: (rows,) the task of each, from 0 without gaps.
    """

    rows: Array
    target: NDArray[np.floating[Any]]
    tasks: NDArray[np.int64]

    @property
    def shape(self) -> tuple[int, ...]:
        """One number a column."""
        return (self.rows.shape[1],)

    @cached_property
    def _places(self) -> list[NDArray[np.int64]]:
        order = np.argsort(self.tasks, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.tasks))[:-1])

    def check(self, terms: Terms) -> None:
        """Every task needs its shots and queries; numbers have no classes."""
        if terms.ways > 1:
            raise DataError(f"Numbers have no classes; name 1 way. Got {terms.ways}.")
        needed = terms.shots + terms.queries
        few = [task for task, at in enumerate(self._places) if len(at) < needed]
        if few:
            raise DataError(
                f"Episodes of {terms.shots} shots and {terms.queries} queries need {needed} rows a "
                f"task. {len(few)} have fewer, such as task {few[0]}; name fewer queries."
            )

    def draw(self, rng: Generator, terms: Terms) -> Episode:
        """A task first, then rows of it."""
        at = self._places[rng.integers(len(self._places))]
        chosen = rng.choice(at, terms.shots + terms.queries, replace=False)
        x, y = self.rows[chosen].astype(np.float32), self.target[chosen].astype(np.float32)
        cut = terms.shots
        return Episode(x[:cut], y[:cut], x[cut:], y[cut:])

    def of(self, tasks: Sequence[int]) -> RowTasks:
        """The same table with some tasks only."""
        places = [self._places[task] for task in tasks]
        numbers = np.repeat(np.arange(len(tasks)), [len(at) for at in places])
        chosen = np.concatenate(places)
        return RowTasks(self.rows[chosen], self.target[chosen], numbers)
