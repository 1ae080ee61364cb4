"""What is believed about designs nobody tried: their objectives, their limits, their promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from scipy.special import ndtr

from netwright.core.pareto import pareto_mask
from netwright.strategies.acquisition import (
    bent,
    chebyshev,
    expected_hypervolume_improvement,
    expected_improvement,
    warped,
)
from netwright.strategies.gaussian_process import Points, Posterior, fit
from netwright.strategies.proposer import Past

BEYOND = 1.3
"""The reference point of a front, in ranges of what was seen: its ends may lie farther out."""


@dataclass(frozen=True)
class Column:
    """One thing to predict.

    Attributes:
        name: Of the objective or the limit.
        values: (n,) what was measured.
        kind: `only` objective, `one` of several objectives, or a `limit`, kept up to zero.
    """

    name: str
    values: np.ndarray
    kind: str

    def targets(self, rows: Sequence[int]) -> np.ndarray:
        """Some of the values, on the scale that the process sees."""
        values = self.values[rows]
        if self.kind == "only":
            return warped(values)
        if self.kind == "one":
            return bent(values)
        finite = np.nan_to_num(values, nan=0.0, posinf=0.0)
        return finite / max(float(finite.std()), float(np.abs(finite).max()) / 10, 1e-12)


def columns(past: Past) -> list[Column]:
    """Every objective, then every limit."""
    losses = np.array(past.losses)
    kind = "only" if losses.shape[1] == 1 else "one"
    found = [Column(f"objective {k}", losses[:, k], kind) for k in range(losses.shape[1])]
    for name in sorted({name for limits in past.limits for name in limits}):
        values = np.array([limits.get(name, np.nan) for limits in past.limits])
        found.append(Column(f"limit {name}", values, "limit"))
    return found


@dataclass(frozen=True)
class Believed:
    """Mean and deviation of a column over a pool, and the targets it was learned from."""

    kind: str
    mean: np.ndarray
    deviation: np.ndarray
    targets: np.ndarray

    def decided(self, rng: Generator) -> Believed:
        """A draw for each design, taken for true (independent Thompson sampling)."""
        drawn = self.mean + self.deviation * rng.normal(size=len(self.mean))
        return replace(self, mean=drawn, deviation=np.zeros(len(drawn)))


class Belief:
    """A Gaussian process about one column, whose weights are found at certain counts only."""

    def __init__(self) -> None:
        self._fitted: list[int] = []
        self._logs = np.zeros(0)
        self._grown: Posterior | None = None

    def _fit(self, column: Column, seen: Points, rows: list[int]) -> None:
        if rows != self._fitted:
            self._logs = fit(seen.take(rows), column.targets(rows))
            self._fitted, self._grown = rows, None

    def grown(self, column: Column, seen: Points, pool: Points, fitted: int) -> Believed:
        """About a pool that stays the same, so that every new design is one more row."""
        self._fit(column, seen, list(range(fitted)))
        if self._grown is None:
            self._grown = Posterior(seen.take(self._fitted), pool, self._logs)
        for row in range(len(self._grown.seen), len(seen)):
            self._grown.extend(seen.take([row]))
        return _believed(self._grown, column, list(range(len(seen))))

    def drawn(
        self, column: Column, seen: Points, pool: Points, rows: list[int], fitted: list[int]
    ) -> Believed:
        """About a pool drawn for this trial alone."""
        self._fit(column, seen, fitted)
        return _believed(Posterior(seen.take(rows), pool, self._logs), column, rows)


def _believed(posterior: Posterior, column: Column, rows: list[int]) -> Believed:
    targets = column.targets(rows)
    return Believed(column.kind, *posterior.predict(targets), targets)


def promise(
    believed: Sequence[Believed], past: Past, rows: Sequence[int], rng: Generator
) -> np.ndarray:
    """(m,) how much each design of the pool promises.

    One objective: expected improvement. Two: expected hypervolume improvement. More: a joint
    draw's Chebyshev distance at random weights. While other designs are being judged, a draw from
    the belief stands for its mean, so that workers do not all go the same way. All of it counts
    as far as the limits are likely to be kept.
    """
    kept = np.array([past.violations[row] <= 0 for row in rows])
    chance = np.ones(len(believed[0].mean))
    for limit in believed:
        if limit.kind == "limit":
            chance = chance * ndtr(-limit.mean / limit.deviation)
    if not kept.any():
        return chance
    objectives = [belief for belief in believed if belief.kind != "limit"]
    if past.pending or len(objectives) > 2:
        objectives = [belief.decided(rng) for belief in objectives]
    if len(objectives) == 1:
        best = float(objectives[0].targets[kept].min())
        worth = expected_improvement(objectives[0].mean, objectives[0].deviation, best)
    else:
        worth = _front_growth(objectives, kept, rng)
    # Where nothing is worth anything, the least bad one goes on.
    behind = objectives[0].mean - objectives[0].mean.min()
    return chance * (worth + 1e-12 / (1 + behind))


def _front_growth(objectives: list[Believed], kept: np.ndarray, rng: Generator) -> np.ndarray:
    """Losses are scaled so that the best seen is 0, and 1 lies a little beyond the worst."""
    known = np.stack([belief.targets for belief in objectives], axis=1)
    low, high = known.min(axis=0), known.max(axis=0)
    scale = BEYOND * np.where(high > low, high - low, 1.0)
    mean = (np.stack([belief.mean for belief in objectives], axis=1) - low) / scale
    if len(objectives) > 2:
        behind = chebyshev(mean, rng.dirichlet(np.ones(len(objectives))))
        return 1 / (1 + behind - behind.min())
    front = ((known - low) / scale)[kept]
    deviation = np.stack([belief.deviation for belief in objectives], axis=1) / scale
    return expected_hypervolume_improvement(front[pareto_mask(front)], mean, deviation)
