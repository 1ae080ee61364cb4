"""`auto`: our own search, a Gaussian process that fits the space, the budget and what was seen.

One model for every kind of space: it starts from the declared defaults and spread-out designs, then
takes the greatest expected improvement (Jones, Schonlau and Welch, 1998) under a process over
mixed, conditional parameters and the paths of cells. Where all designs can be listed, all are
candidates; elsewhere candidates are drawn at random and around the best. Losses are warped so
that the differences among the good count. With several objectives each has its process, and the
candidate with the greatest hypervolume among joint draws is taken (after Bradford, Schweidtmann
and Lapkin, 2018).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator

from netwright.core.config import Config
from netwright.core.space import Space
from netwright.strategies.belief import Belief, columns, promise
from netwright.strategies.gaussian_process import distances
from netwright.strategies.pool import Eyes, Listed, around, every_design
from netwright.strategies.proposer import Past, Proposer, at_least, spec
from netwright.strategies.warm_start import CheapScore, pool_of

GROWTH = 1.15
"""Weights are found anew whenever so many times more designs are known."""


class Auto(Proposer):
    """Bayesian optimisation of any space.

    Args:
        space: What may be chosen.
        seed: Everything random derives from it.
        starts: Designs before the model is asked.
        most_listed: Spaces of at most so many designs are looked at as a whole.
        most_seen: The model looks at the best and the latest so many at most.
        drawn: Candidates of each trial where designs are not listed.
    """

    def __init__(
        self,
        space: Space,
        seed: int | None = None,
        starts: int = 5,
        most_listed: int = 20_000,
        most_seen: int = 400,
        drawn: int = 300,
    ) -> None:
        super().__init__(space, seed)
        at_least("auto", starts=starts, most_listed=most_listed, most_seen=most_seen, drawn=drawn)
        self.starts = starts
        self.most_seen = most_seen
        self.drawn = drawn
        self._designs = every_design(space, most_listed)
        self._see(Eyes(space))
        self._beliefs: dict[str, Belief] = {}

    def use_cheap(self, score: CheapScore) -> None:
        """Takes cheap scores into account: where to start, and what to believe.

        Args:
            score: Design -> {name: score}; NaN where unknown. Where to start trusts that higher
                is better; what to believe is learned.
        """
        self._see(Eyes(self.space, score, np.random.default_rng([self.seed, 1])))

    def _see(self, eyes: Eyes) -> None:
        self._eyes = eyes
        self._seen = eyes.points([])
        designs = self._designs
        self._listed = None if designs is None else Listed(self.space, designs, eyes)

    def learn(self, place: int) -> None:
        """Sees one more design."""
        config = self.past.configs[place]
        self._seen = self._seen.joined(self._eyes.points([config]))
        if self._listed is not None:
            only_accuracy = len(self.past.losses[place]) == 1 and not self.past.limits[place]
            if only_accuracy and place == 0:
                self._listed.keep_one_of_each(np.random.default_rng([self.seed, 0]))
            self._listed.close(config, alike=only_accuracy)

    def propose(self, past: Past, rng: Generator) -> Config:
        """The candidate that promises most."""
        known = np.isfinite([losses[0] for losses in past.losses])
        if len(past) + len(past.pending) < self.starts or not known.any():
            return self._start(past, rng)
        if self._listed is not None and len(past) <= self.most_seen:
            return self._best_listed(self._listed, past, rng)
        return self._best_drawn(past, rng)

    def _start(self, past: Past, rng: Generator) -> Config:
        """Defaults first where there are any, then the cheaply promising, or the far apart."""
        if self.space.defaults() and self.opens(self.space.complete()):
            return self.space.complete()
        count = 30 if self._eyes.score is None else 1000
        there = pool_of(self._eyes.score) or [self.space.sample(rng) for _ in range(count)]
        drawn = [config for config in there if not self.tried(config)]
        known = [*past.configs, *past.pending]
        if self._eyes.score is not None and drawn:
            return drawn[int(self._eyes.votes(drawn).argmax())]
        if not known or not drawn:
            return self.space.sample(rng)
        apart = distances(self._eyes.points(drawn), self._eyes.points(known)).sum(axis=0)
        return drawn[int(apart.min(axis=1).argmax())]

    def _best_listed(self, listed: Listed, past: Past, rng: Generator) -> Config:
        """The best of all designs; what is believed of them grows row by row."""
        if not listed.open.any():
            return self.space.sample(rng)
        fitted = last_fit(len(past), self.starts)
        believed = []
        for column in columns(past):
            belief = self._beliefs.setdefault(column.name, Belief())
            believed.append(belief.grown(column, self._seen, listed.points, fitted))
        return listed.best(promise(believed, past, range(len(past)), rng), past.pending)

    def _best_drawn(self, past: Past, rng: Generator) -> Config:
        """The best of some designs drawn at random and around the best so far, and of those whose
        cheap scores are known."""
        best = [past.configs[place] for place in past.order()[:5]]
        there = [*around(self.space, best, self.drawn, rng), *pool_of(self._eyes.score)]
        drawn = [config for config in there if not self.tried(config)]
        if not drawn:
            return self.space.sample(rng)
        pool = self._eyes.points(drawn)
        rows = self._looked_at(past, len(past))
        fitted = self._looked_at(past, last_fit(len(past), self.starts))
        believed = []
        for column in columns(past):
            belief = self._beliefs.setdefault(column.name, Belief())
            believed.append(belief.drawn(column, self._seen, pool, rows, fitted))
        return drawn[int(promise(believed, past, rows, rng).argmax())]

    def _looked_at(self, past: Past, count: int) -> list[int]:
        """Which of the first `count` designs the model looks at: the best and the latest."""
        if count <= self.most_seen:
            return list(range(count))
        best = past.order(range(count))[: self.most_seen // 2]
        return sorted({*best, *range(count - self.most_seen // 2, count)})


def last_fit(count: int, first: int) -> int:
    """The latest number of designs, up to `count`, at which weights are found anew."""
    fitted = min(first, count)
    while (following := math.ceil(fitted * GROWTH)) <= count:
        fitted = following
    return fitted


AUTO = spec("auto", Auto)
