"""SMAC (Hutter, Hoos and Leyton-Brown, LION 2011, "Sequential Model-Based Optimization for General
Algorithm Configuration").

A random forest predicts losses; the design with the greatest expected improvement over the best is
tried, found by local search from the best designs among their neighbours and by a look at random
ones. Some trials are random whatever the model says. Where results are noisy (`repeats` above 1),
a challenger that looks better than the incumbent is run again until it has as many runs or has
lost, so that luck alone makes no incumbent.

Losses are learned on a logarithm that starts a little below the best, as in SMAC3 (Lindauer et
al., JMLR 2022); variances are those of trees and leaves together (Hutter, Xu, Hoos and
Leyton-Brown, Artificial Intelligence 2014, section 4.3.2).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from netwright.core.config import Config
from netwright.core.encoding import Encoder
from netwright.core.space import Space
from netwright.strategies.acquisition import expected_improvement
from netwright.strategies.proposer import Past, Proposer, at_least, spec

START = 10
"""Random designs before the first forest."""
CLIMBS, ROUNDS, STEPS = 5, 4, 20
"""Local searches, the moves each may make, and the mutations it looks at before each."""
ROOM = 0.05
"""The logarithm starts below the best loss by its distance to this quantile."""


class Forest:
    """A random forest that knows how unsure it is.

    Args:
        seed: Everything random derives from it.
        trees: How many.
    """

    def __init__(self, seed: int, trees: int = 10) -> None:
        from sklearn.ensemble import RandomForestRegressor

        self.model = RandomForestRegressor(
            trees, min_samples_leaf=2, max_features=5 / 6, random_state=seed
        )

    def fit(self, x: NDArray[Any], y: NDArray[Any]) -> Forest:
        """Learns losses y, (n,), of designs x, (n, width)."""
        self.model.fit(x.astype(np.float32), y)
        return self

    def predict(self, x: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Mean and standard deviation, each (n,), by the law of total variance over trees."""
        rows = x.astype(np.float32)
        trees = [tree.tree_ for tree in self.model.estimators_]
        leaves = [tree.apply(rows) for tree in trees]
        means = np.array([t.value[leaf, 0, 0] for t, leaf in zip(trees, leaves, strict=True)])
        within = np.array([t.impurity[leaf] for t, leaf in zip(trees, leaves, strict=True)])
        return means.mean(0), np.sqrt(means.var(0) + np.maximum(within, 0).mean(0))


class Smac(Proposer):
    """Expected improvement on a random forest.

    Args:
        space: What may be chosen.
        seed: Everything random derives from it.
        repeats: Most runs of one design; more than one where results are noisy.
        interleave: Every how many-th new design is random.
        trees: Of the forest.
        candidates: Random designs that the acquisition looks at.

    Raises:
        ConfigError: A setting is out of its range.
    """

    def __init__(
        self,
        space: Space,
        seed: int | None = None,
        repeats: int = 1,
        interleave: int = 4,
        trees: int = 10,
        candidates: int = 100,
    ) -> None:
        super().__init__(space, seed)
        at_least("SMAC", repeats=repeats, trees=trees, candidates=candidates)
        at_least("SMAC", 2, interleave=interleave)
        self.repeats, self.interleave = repeats, interleave
        self.trees, self.candidates = trees, candidates
        self._encoder = Encoder(space.domains())
        self._runs: dict[Hashable, list[int]] = {}
        self._incumbent: Hashable | None = None
        self._challenger: Hashable | None = None

    # ------------------------------------------------------------------ intensification

    def learn(self, place: int) -> None:
        """Counts a run, and lets its design win, go on or lose against the incumbent."""
        key = self.space.canonical(self.past.configs[place])
        self._runs.setdefault(key, []).append(place)
        if self._incumbent is None:
            self._incumbent = key
        if key == self._incumbent:
            return
        ahead = self._score(key) < self._score(self._incumbent)
        enough = len(self._runs[key]) >= len(self._runs[self._incumbent])
        if ahead and enough:
            self._incumbent = key
        if ahead and not enough:
            self._challenger = key
        elif key == self._challenger:
            self._challenger = None

    def _score(self, key: Hashable) -> tuple[float, float]:
        """Violation and mean loss over the runs of a design."""
        past, places = self.past, self._runs[key]
        return (
            max(past.violations[place] for place in places),
            float(np.mean([past.losses[place][0] for place in places])),
        )

    def _again(self) -> Config | None:
        """The design that should be run once more, if any."""
        if self._incumbent is None:
            return None
        key, wanted = self._incumbent, min(self.repeats, len(self._runs))
        if self._challenger is not None:
            key, wanted = self._challenger, len(self._runs[self._incumbent])
        waiting = sum(self.space.canonical(config) == key for config in self.past.pending)
        if len(self._runs[key]) + waiting >= wanted:
            return None
        return self.past.configs[self._runs[key][0]]

    # ------------------------------------------------------------------ proposals

    def propose(self, past: Past, rng: Generator) -> Config:
        """A run that is owed, a random design in its turn, or the most promising one."""
        again = self._again()
        if again is not None:
            return again
        designs = len(self._runs) + len(past.pending)
        if len(self._runs) < START or designs % self.interleave == 0:
            return self.fresh(lambda: self.space.sample(rng))
        x, y, best = self._data()
        forest = Forest(int(rng.integers(2**31)), self.trees).fit(x, y)
        found = self._candidates(forest, best, rng)
        for config in sorted(found, key=lambda config: -found[config]):
            if not self.tried(config):
                return config
        return self.fresh(lambda: self.space.sample(rng))

    def _data(self) -> tuple[NDArray[Any], NDArray[Any], float]:
        """Encoded designs, the logarithms of their losses, and the incumbent's."""
        keys = list(self._runs)
        scores = np.array([self._score(key) for key in keys])  # (designs, 2)
        losses = np.where(scores[:, 0] > 0, np.inf, scores[:, 1])
        y = log_losses(losses)
        x = self._encoder.one_hot([self.past.configs[self._runs[key][0]] for key in keys])
        return x, y, float(y[keys.index(self._incumbent)])

    def _candidates(self, forest: Forest, best: float, rng: Generator) -> dict[Config, float]:
        """Designs with their expected improvement: random ones, and all that climbers saw."""
        found: dict[Config, float] = {}

        def look(configs: Sequence[Config]) -> None:
            unseen = [config for config in dict.fromkeys(configs) if config not in found]
            if unseen:
                mean, deviation = forest.predict(self._encoder.one_hot(unseen))
                improvements = expected_improvement(mean, deviation, best).tolist()
                found.update(zip(unseen, improvements, strict=True))

        best_first = dict.fromkeys(self.past.configs[place] for place in self.past.order())
        here = list(best_first)[:CLIMBS]
        look([*here, *(self.space.sample(rng) for _ in range(self.candidates))])
        for _ in range(ROUNDS):
            around = [[c, *(self.space.mutate(c, rng) for _ in range(STEPS))] for c in here]
            look([config for configs in around for config in configs])
            here = [max(configs, key=found.__getitem__) for configs in around]
        return found


def log_losses(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """log of the distance to a bound below the best; infinite losses count as the worst."""
    finite = losses[np.isfinite(losses)]
    if not len(finite):
        return np.zeros(len(losses))
    best, worst = finite.min(), finite.max()
    room = np.quantile(finite, ROOM) - best or 1e-3 * (worst - best) or 1.0
    return np.log(np.minimum(losses, worst) - best + room)


SMAC = spec("smac", Smac)
