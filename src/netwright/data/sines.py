"""Sine waves of which a few points are known: regression for learning to learn (Finn, Abbeel and
Levine, ICML 2017, 5.1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from netwright.core.errors import DataError
from netwright.data.tasksets import Episode, TaskSet, Terms

AMPLITUDE = (0.1, 5.0)
PHASE = (0.0, math.pi)
RANGE = (-5.0, 5.0)


@dataclass(frozen=True)
class Sines(TaskSet):
    """A task is a sine wave; its amplitude and its phase are drawn."""

    @property
    def shape(self) -> tuple[int, ...]:
        """One number."""
        return (1,)

    def check(self, terms: Terms) -> None:
        """Numbers have no classes."""
        if terms.ways > 1:
            raise DataError(f"A sine wave has no classes; name 1 way. Got {terms.ways}.")

    def draw(self, rng: Generator, terms: Terms) -> Episode:
        """Points at random places."""
        amplitude, phase = rng.uniform(*AMPLITUDE), rng.uniform(*PHASE)
        x = rng.uniform(*RANGE, (terms.shots + terms.queries, 1)).astype(np.float32)
        y = (amplitude * np.sin(x[:, 0] - phase)).astype(np.float32)
        cut = terms.shots
        return Episode(x[:cut], y[:cut], x[cut:], y[cut:])
