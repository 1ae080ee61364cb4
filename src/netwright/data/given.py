"""Tasks that a person already has: any sequence of them, such as a torch dataset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from netwright.core.errors import DataError
from netwright.data.tasksets import Episode, TaskSet, Terms


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

    @property
    def extent(self) -> str:
        """How many."""
        return f"{len(self)} tasks"

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
