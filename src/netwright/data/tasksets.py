"""Many small tasks instead of a large one: what few-shot learning learns from.

A `TaskSet` draws episodes. Of each the support is learned from and the query is judged on; both are
arrays, because an episode lives for one step and there are thousands a minute.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from netwright.core.errors import ConfigError, DataError
from netwright.core.task import Task

Array = NDArray[Any]


@dataclass(frozen=True)
class Terms:
    """The shape of an episode.

    Attributes:
        ways: Classes to tell apart; 1 where the target is a number.
        shots: Support rows a class.
        queries: Query rows a class.

    Raises:
        ConfigError: There is nothing to learn from, to judge on, or to tell apart.
    """

    ways: int = 5
    shots: int = 1
    queries: int = 15

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value < 1:
                raise ConfigError(f"An episode needs {name} of at least 1. Got {value}.")

    @property
    def rows(self) -> int:
        """Of an episode."""
        return self.ways * (self.shots + self.queries)

    def __str__(self) -> str:
        ways = f"{self.ways}-way " if self.ways > 1 else ""
        return f"{ways}{self.shots}-shot, {self.queries} queries"


@dataclass(frozen=True)
class Episode:
    """One small task: rows to learn it from, and rows to judge by.

    Attributes:
        support: (ways * shots, ...) rows, class by class.
        labels: (ways * shots,) classes from 0, or numbers.
        query: (ways * queries, ...) rows.
        target: (ways * queries,) what a query's answer is.
    """

    support: Array
    labels: Array
    query: Array
    target: Array


class TaskSet(ABC):
    """Where tasks are drawn from."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Of one row, such as (channels, height, width)."""

    @property
    def most_ways(self) -> int:
        """Classes an episode can have at most; 1 where targets are numbers."""
        return 1

    @property
    def scale(self) -> tuple[float, float]:
        """Mean and spread of targets that are numbers, which episodes have standardised by them."""
        return 0.0, 1.0

    @property
    def extent(self) -> str:
        """What episodes are drawn from, for a protocol; empty where there is no end of them."""
        return ""

    @abstractmethod
    def check(self, terms: Terms) -> None:
        """Whether such episodes can be drawn.

        Raises:
            DataError: They cannot; says what is missing.
        """

    @abstractmethod
    def draw(self, rng: Generator, terms: Terms) -> Episode:
        """One episode."""


class Pool(TaskSet):
    """Tasks made of parts (classes, or tasks that are given), some of which can be held back."""

    parts: ClassVar[str]
    """What the parts are called."""

    @abstractmethod
    def __len__(self) -> int:
        """How many parts there are to make tasks of."""

    @property
    def extent(self) -> str:
        """How many parts."""
        return f"{len(self)} {self.parts}"

    @abstractmethod
    def usable(self, terms: Terms) -> Self:
        """The same without parts that have too few rows for such episodes.

        Raises:
            DataError: See `check`.
        """

    @abstractmethod
    def share_of(self, terms: Terms) -> float:
        """The share of the parts that an episode needs at least."""

    @abstractmethod
    def split(self, share: float, rng: Generator) -> tuple[Self, Self]:
        """Two pools without a common part; the second has about the share, at least one."""


@dataclass(frozen=True)
class ClassPool(Pool):
    """Rows of many classes; a task is to tell a few of them apart.

    Attributes:
        rows: (rows, ...) inputs.
        classes: (rows,) the class of each, from 0 without gaps.
        names: One a class.
        turned: Whether every class counts four times, turned by 0, 90, 180 and 270 degrees, as is
            usual with characters (Santoro et al., ICML 2016). Splitting is by the classes as they
            are, so that a class and its turns stay on one side.
    """

    parts: ClassVar[str] = "classes"

    rows: Array
    classes: NDArray[np.int64]
    names: tuple[str, ...]
    turned: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one row."""
        return tuple(self.rows.shape[1:])

    @property
    def most_ways(self) -> int:
        """All of them."""
        return len(self)

    def __len__(self) -> int:
        return len(self.names) * (4 if self.turned else 1)

    @property
    def extent(self) -> str:
        """How many classes; turned ones are easier to tell apart, so they are told."""
        return f"{len(self.names)} {self.parts}{' in 4 turns' if self.turned else ''}"

    @cached_property
    def _places(self) -> list[NDArray[np.int64]]:
        """Rows of each class."""
        order = np.argsort(self.classes, kind="stable")
        ends = np.cumsum(np.bincount(self.classes, minlength=len(self.names)))
        return np.split(order, ends[:-1])

    def check(self, terms: Terms) -> None:
        """Every class needs its shots and queries, and there are enough classes."""
        if len(self) < terms.ways:
            raise DataError(
                f"Episodes of {terms.ways} ways need as many classes. Got {len(self)}; name fewer "
                "ways."
            )
        needed = terms.shots + terms.queries
        few = [name for name, at in zip(self.names, self._places, strict=True) if len(at) < needed]
        if few:
            raise DataError(
                f"Episodes of {terms.shots} shots and {terms.queries} queries need {needed} rows a "
                f"class. {len(few)} have fewer, such as {few[0]!r}; name fewer queries."
            )

    def draw(self, rng: Generator, terms: Terms) -> Episode:
        """Classes first, then rows of each."""
        chosen = rng.choice(len(self), terms.ways, replace=False)
        needed = terms.shots + terms.queries
        parts = [self._of_class(int(place), rng, needed) for place in chosen]
        drawn = np.stack(parts)  # (ways, shots + queries, ...)
        labels = np.repeat(np.arange(terms.ways), needed).reshape(terms.ways, needed)
        cut = terms.shots
        return Episode(
            _flat(drawn[:, :cut]), _flat(labels[:, :cut]), _flat(drawn[:, cut:]),
            _flat(labels[:, cut:]),
        )  # fmt: skip

    def _of_class(self, place: int, rng: Generator, count: int) -> Array:
        turns, bare = divmod(place, len(self.names))
        rows = self.rows[rng.choice(self._places[bare], count, replace=False)]
        return np.rot90(rows, turns, axes=(-2, -1)) if turns else rows

    def of(self, classes: Sequence[int]) -> ClassPool:
        """The same rows with some classes only, in this order."""
        places = [self._places[place] for place in classes]
        numbers = np.repeat(np.arange(len(classes)), [len(at) for at in places])
        names = tuple(self.names[place] for place in classes)
        return replace(self, rows=self.rows[np.concatenate(places)], classes=numbers, names=names)

    def usable(self, terms: Terms) -> ClassPool:
        """All of it: every class counts."""
        self.check(terms)
        return self

    def share_of(self, terms: Terms) -> float:
        """Of the classes as they are; a class and its turns stay together."""
        return math.ceil(terms.ways / (4 if self.turned else 1)) / len(self.names)

    def split(self, share: float, rng: Generator) -> tuple[ClassPool, ClassPool]:
        """Two pools without a common class; the second has about the share, at least one."""
        order = rng.permutation(len(self.names))
        held = min(len(order) - 1, max(1, round(share * len(order))))
        return self.of(np.sort(order[held:]).tolist()), self.of(np.sort(order[:held]).tolist())


def pool_of(task: Task, turned: bool = False) -> ClassPool:
    """The rows of a task of pictures, whatever its classes, to draw smaller tasks from.

    Args:
        task: With its rows and one column of pictures.
        turned: See `ClassPool`.

    Raises:
        ConfigError: It has no such column, or predicts numbers.
    """
    task.input_shape  # noqa: B018 - refuses other columns
    if not task.classes:
        raise ConfigError(f"Classes are drawn of classes; the target {task.target!r} is a number.")
    (column,) = task.schema.of_type("image")
    rows = np.stack(list(task.data.features[column]))
    names = tuple(map(str, task.classes))
    return ClassPool(rows, np.asarray(task.data.target, dtype=np.int64), names, turned)


def _flat(values: Array) -> Array:
    return np.ascontiguousarray(values.reshape(-1, *values.shape[2:]))
