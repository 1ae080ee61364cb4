"""Grid search: every combination of a few values of each parameter.

Real numbers take `points` values evenly over their range, on the logarithm where the space says
so. The grid is not walked corner to corner but in strides of the golden ratio, so that a budget
smaller than the grid still covers all of it; beyond its end, designs are drawn at random.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.random import Generator

from netwright.core import moves
from netwright.core.config import Config
from netwright.core.domains import Domain, values_of
from netwright.core.space import Space
from netwright.strategies.proposer import Past, Proposer, at_least, spec

GOLDEN = (math.sqrt(5) - 1) / 2


class Grid(Proposer):
    """Tries each point of the grid once.

    Args:
        space: What may be chosen.
        seed: Decides where the walk starts.
        points: Values of a number that has more than that.
    """

    def __init__(self, space: Space, seed: int | None = None, points: int = 5) -> None:
        super().__init__(space, seed)
        at_least("Grid search", points=points)
        self.axes = {n: _axis(domain, points) for n, domain in space.domains().items()}
        self.total = math.prod(len(axis) for axis in self.axes.values())
        self._stride = _coprime(max(1, round(self.total * GOLDEN)), self.total)
        self._start = int(np.random.default_rng(self.seed).integers(2**31)) % self.total
        self._walked = 0

    def propose(self, past: Past, rng: Generator) -> Config:
        """The next point that is new; points that differ in idle parameters only are one."""
        while self._walked < self.total:
            config = self._point(self._walked, rng)
            if not self.tried(config):
                return config
            self._walked += 1
        return self.fresh(lambda: self.space.sample(rng))

    def _point(self, place: int, rng: Generator) -> Config:
        index = (self._start + place * self._stride) % self.total
        values: dict[str, Any] = {}
        for name, axis in self.axes.items():
            index, digit = divmod(index, len(axis))
            values[name] = axis[digit]
        return moves.mend(self.space, values, rng)


def _axis(domain: Domain, points: int) -> list[Any]:
    if domain.size() <= points or not hasattr(domain, "low"):
        return values_of(domain)
    spread = np.linspace(0, 1, points) if points > 1 else np.array([0.5])
    return list(dict.fromkeys(domain.at(float(unit)) for unit in spread))


def _coprime(number: int, total: int) -> int:
    while math.gcd(number, total) != 1:
        number += 1
    return number


GRID = spec("grid", Grid)
