"""Local search: hill climbing from the best design, with restarts (White, Nolen and Savani,
"Exploring the Loss Landscape in Neural Architecture Search", UAI 2021).

Starts from a few random designs, looks at the neighbours of the best one in random order, and moves
as soon as one is better. Where every neighbour of the best is known, the next best design that
still has unknown ones is looked at (best first), so the search leaves a local optimum sideways
before it starts anew.
"""

from __future__ import annotations

from numpy.random import Generator

from netwright.core.config import Config
from netwright.core.space import Space
from netwright.strategies.proposer import Past, Proposer, at_least, spec


class LocalSearch(Proposer):
    """Climbs.

    Args:
        space: What may be chosen.
        seed: Everything random derives from it.
        starts: Random designs before each climb.
        patience: Trials without a better design after which a new climb starts elsewhere.
    """

    def __init__(
        self, space: Space, seed: int | None = None, starts: int = 10, patience: int = 100
    ) -> None:
        super().__init__(space, seed)
        at_least("Local search", starts=starts, patience=patience)
        self.starts = starts
        self.patience = patience
        self._climb: list[int] = []
        self._best = -1
        self._stale = 0
        self._around: dict[Config, list[Config]] = {}

    def learn(self, place: int) -> None:
        """Counts how long this climb has not got higher."""
        better = self._best < 0 or self.past.better(place, self._best)
        self._best = place if better else self._best
        self._stale = 0 if better else self._stale + 1
        self._climb.append(place)
        if self._stale >= self.patience:
            self._climb, self._best, self._stale = [], -1, 0

    def propose(self, past: Past, rng: Generator) -> Config:
        """An unknown neighbour of the best design of this climb that has one."""
        if len(self._climb) >= self.starts:
            for place in past.order(self._climb):
                unknown = [n for n in self._neighbours(past.configs[place]) if not self.tried(n)]
                if unknown:
                    return unknown[int(rng.integers(len(unknown)))]
        return self.fresh(lambda: self.space.sample(rng))

    def _neighbours(self, config: Config) -> list[Config]:
        if config not in self._around:
            self._around[config] = self.space.neighbours(config)
        return self._around[config]


LOCAL_SEARCH = spec("local_search", LocalSearch)
