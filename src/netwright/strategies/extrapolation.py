"""Stops learning curves that will not end above the best (Domhan, Springenberg and Hutter, IJCAI
2015, "Speeding up Automatic Hyperparameter Optimization of Deep Neural Networks by Extrapolation
of Learning Curves").

The paper mixes eleven families of curves by Markov chains. Here the mixture is of two families
that saturate, y = a + b t^-c and y = a + b exp(-c t), over a grid of c, which leaves straight
lines in a and b: each is fitted by least squares in closed form, its prediction of the end is a
Student t, and its weight is its marginal likelihood. A trial stops where the chance that its end
beats the best finished one is less than `threshold` (the paper's 0.05).

    study = optuna.create_study(pruner=ExtrapolationPruner())

Curves are values after more and more of the same training. Means over folds are none: with fewer
reports than `least` nothing is ever stopped, which is so for the cross-validation of `fit`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.pruners import BasePruner
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from netwright.core.errors import ConfigError

POWERS = np.geomspace(0.1, 3.0, 16)
"""Exponents c of t^-c."""
RATES = np.geomspace(0.3, 10.0, 16)
"""Rates c of exp(-c t), by the length of the curve so far."""
FINEST = 1e-3
"""Residuals are taken to be at least this share of the curve's range: no fit is perfect."""


def shapes(t: NDArray[Any], length: float) -> NDArray[np.float64]:
    """(shapes, times): every family at every c, each between 0 and 1.

    Args:
        t: Times, the first of a curve is 1.
        length: The last time that was seen.
    """
    power = t[None] ** -POWERS[:, None]
    exponential = np.exp(-RATES[:, None] * (t[None] - 1) / max(length - 1, 1))
    return np.concatenate([power, exponential])


def chance_below(steps: Sequence[float], values: Sequence[float], end: float, bar: float) -> float:
    """The probability that a curve lies below a bar at its end.

    Args:
        steps: When the curve was seen, increasing.
        values: What was seen, as many, at least three.
        end: The step to extrapolate to.
        bar: The value to compare with.
    """
    from scipy.stats import t as student

    shift = max(0.0, 1.0 - steps[0])
    t, y = np.asarray(steps, dtype=float) + shift, np.asarray(values, dtype=float)
    seen = shapes(t, t[-1])  # (shapes, n)
    ahead = shapes(np.array([end + shift]), t[-1])[:, 0]
    freedom = len(y) - 2
    centred = seen - seen.mean(1, keepdims=True)
    spread = (centred**2).sum(1)
    slope = centred @ (y - y.mean()) / spread
    residual = y - y.mean() - slope[:, None] * centred
    floor = len(y) * (FINEST * np.ptp(y)) ** 2 + 1e-300
    squares = (residual**2).sum(1) + floor
    away = ahead - seen.mean(1)
    mean = y.mean() + slope * away
    scale = np.sqrt(squares / freedom * (1 + 1 / len(y) + away**2 / spread))
    logs = -0.5 * freedom * np.log(squares)
    weights = np.exp(logs - logs.max())
    return float(weights @ student.cdf((bar - mean) / scale, freedom) / weights.sum())


class ExtrapolationPruner(BasePruner):
    """Stops a trial whose curve will hardly end better than the best finished trial.

    Args:
        threshold: Least chance of that with which a trial goes on.
        end: The last step of a whole curve; by default the last one that finished trials reported.
        least: Reports before anything is stopped.
        startup: Finished trials before anything is stopped.

    Raises:
        ConfigError: A setting is out of its range.
    """

    def __init__(
        self, threshold: float = 0.05, end: int | None = None, least: int = 5, startup: int = 3
    ) -> None:
        if not 0 < threshold < 1:
            raise ConfigError(f"The threshold must be between 0 and 1. Got {threshold}.")
        if least < 4 or startup < 1:
            raise ConfigError(
                "Extrapolation needs at least 4 reports and 1 finished trial. "
                f"Got {least} and {startup}."
            )
        self.threshold, self.end, self.least, self.startup = threshold, end, least, startup

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Whether to stop now."""
        curve = {s: v for s, v in sorted(trial.intermediate_values.items()) if math.isfinite(v)}
        finished = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if len(curve) < self.least or len(finished) < self.startup:
            return False
        steps = [other.last_step for other in finished if other.last_step is not None]
        end = self.end if self.end is not None else max(steps, default=-1)
        if end <= max(curve):
            return False
        sign = -1.0 if study.direction == StudyDirection.MAXIMIZE else 1.0
        best = min(sign * float(other.value) for other in finished if other.value is not None)
        losses = [sign * value for value in curve.values()]
        return chance_below(list(curve), losses, end, best) < self.threshold
