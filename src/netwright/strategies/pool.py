"""Designs that a model chooses among: all of them where they can be listed, else drawn around.

A design is seen as numbers by `Eyes`, which know the space's parameters and, where there are any,
what cheap scores say of it.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from functools import lru_cache
from itertools import islice

import numpy as np
from numpy.random import Generator

from netwright.core.config import Config
from netwright.core.encoding import Encoder
from netwright.core.space import Space
from netwright.strategies.gaussian_process import Points
from netwright.strategies.warm_start import CheapScore, pool_of

SPREADS = (0.02, 0.08, 0.25)
"""Steps of numbers near the best designs, on their scale in [0, 1]."""
REFERENCE = 500
"""Designs drawn at random, among whom a cheap score is ranked."""


class Eyes:
    """Turns designs into points.

    Args:
        space: What may be chosen.
        score: Cheap scores of a design, by name; NaN where unknown.
        rng: Draws the designs that cheap scores are ranked among.
    """

    def __init__(
        self, space: Space, score: CheapScore | None = None, rng: Generator | None = None
    ) -> None:
        self.encoder = Encoder(space.domains())
        self.score = score
        self.categorical = np.array(self.encoder.categorical, dtype=bool)
        if score is not None and rng is not None:
            drawn = pool_of(score) or [space.sample(rng) for _ in range(REFERENCE)]
            self.names = sorted({name for config in drawn[:20] for name in score(config)})
            self._sorted = np.sort(self._scores(drawn), axis=0)  # NaN last
            self.categorical = np.append(self.categorical, np.zeros(len(self.names), dtype=bool))

    def points(self, configs: Sequence[Config]) -> Points:
        """(n, parameters + cheap scores)."""
        codes = self.encoder.codes(configs)
        if self.score is not None:
            codes = np.hstack([codes, self.ranks(configs)])
        return Points(codes, self.categorical)

    def ranks(self, configs: Sequence[Config]) -> np.ndarray:
        """(n, scores): the share of random designs that a cheap score puts below each, or NaN."""
        scores = self._scores(configs)
        known = (~np.isnan(self._sorted)).sum(axis=0)
        columns = [
            np.searchsorted(self._sorted[:count, column], scores[:, column]) / max(count, 1)
            for column, count in enumerate(known)
        ]
        return np.where(np.isnan(scores), np.nan, np.stack(columns, axis=1))

    def votes(self, configs: Sequence[Config]) -> np.ndarray:
        """(n,) the mean rank over the scores that are known; zero where none is."""
        ranks = self.ranks(configs)
        known = ~np.isnan(ranks)
        return np.asarray(np.nan_to_num(ranks).sum(axis=1) / np.maximum(known.sum(axis=1), 1))

    def _scores(self, configs: Sequence[Config]) -> np.ndarray:
        assert self.score is not None
        found = [self.score(config) for config in configs]
        table = [[told.get(name, np.nan) for name in self.names] for told in found]
        return np.array(table, dtype=float).reshape(len(configs), len(self.names))


class Listed:
    """Every design of a space, and which are still open.

    Args:
        space: Whose designs.
        configs: All of them.
        eyes: See them as points.
    """

    def __init__(self, space: Space, configs: tuple[Config, ...], eyes: Eyes) -> None:
        self.configs = configs
        self.points = eyes.points(configs)
        self.open = np.ones(len(configs), dtype=bool)
        self._place, self._alike = _places(space, configs)

    def close(self, config: Config, alike: bool) -> None:
        """Marks a design as tried.

        Args:
            config: The design.
            alike: Whether those that are the same thing are tried with it. What computes the same
                is as accurate, but not as fast where idle parts are built too.
        """
        place = self._place.get(config)
        if place is not None:
            self.open[self._alike == self._alike[place] if alike else place] = False

    def keep_one_of_each(self, rng: Generator) -> None:
        """Leaves one of the designs that are the same thing open."""
        shuffled = rng.permutation(len(self.configs))
        _, first = np.unique(self._alike[shuffled], return_index=True)
        kept = np.zeros(len(self.configs), dtype=bool)
        kept[shuffled[first]] = True
        self.open &= kept

    def best(self, promise: np.ndarray, pending: Sequence[Config]) -> Config:
        """The open design that promises most and that nobody is judging."""
        promise = np.where(self.open, promise, -np.inf)
        promise[[self._place[config] for config in pending if config in self._place]] = -np.inf
        return self.configs[int(promise.argmax())]


@lru_cache(maxsize=8)
def every_design(space: Space, most: int) -> tuple[Config, ...] | None:
    """Every design, or None when there are more than `most`."""
    if any(domain.size() == math.inf for domain in space.domains().values()):
        return None
    found = tuple(islice(space.every(), most + 1))
    return None if len(found) > most else found


@lru_cache(maxsize=8)
def _places(space: Space, configs: tuple[Config, ...]) -> tuple[dict[Config, int], np.ndarray]:
    """Where each design stands, and the number of the thing it is."""
    things: dict[Hashable, int] = {}
    alike = [things.setdefault(space.canonical(config), len(things)) for config in configs]
    return {config: place for place, config in enumerate(configs)}, np.array(alike)


def around(space: Space, best: Sequence[Config], count: int, rng: Generator) -> list[Config]:
    """Candidates where nobody can list all: at random, and near the best at every scale."""
    found = [space.sample(rng) for _ in range(count // 3)]
    while len(found) < count:
        one = best[int(rng.integers(len(best)))]
        if rng.random() < 0.15:
            found.append(space.crossover(one, best[int(rng.integers(len(best)))], rng))
        else:
            changes, spread = 1 + int(rng.integers(3)), SPREADS[int(rng.integers(len(SPREADS)))]
            found.append(space.mutate(one, rng, changes, spread))
    return list(dict.fromkeys(found))
