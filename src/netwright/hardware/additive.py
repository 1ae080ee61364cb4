"""A Gaussian process whose kernel is a sum over blocks of features.

The weights of the kernels and of the noise maximise the marginal likelihood (Rasmussen and
Williams, 2006, equations 5.8 and 5.9), each held by a wide prior on its logarithm; sums of kernels
as in Duvenaud, Nickisch and Rasmussen (2011).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Array = NDArray[np.float64]

WEIGHT, NOISE, PRIOR = 0.3, 0.02, 3.0
"""Where the prior puts weights and noise, for a target of variance one; its width in e-folds."""
JITTER = 1e-6


def linear(left: Array, right: Array) -> Array:
    """Every column adds its share."""
    return np.asarray(left @ right.T / left.shape[1])


def smooth(left: Array, right: Array) -> Array:
    """Near designs are alike, whatever the reason; columns have variance one."""
    squares = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1)[None]
    return np.exp(-(squares - 2 * left @ right.T) / (2 * left.shape[1]))


class AdditiveProcess:
    """Learns a number from blocks of features.

    Args:
        blocks: Arrays (n, width) of columns with mean zero and variance one; each adds linearly,
            and the last one may do more than that.
        values: (n,) what to learn.
    """

    def __init__(self, blocks: Sequence[Array], values: Array) -> None:
        self.blocks = list(blocks)
        self.mean, self.spread = float(values.mean()), float(values.std()) or 1.0
        target = (values - self.mean) / self.spread
        grams = self._grams(self.blocks)
        start = np.log([WEIGHT] * len(grams) + [NOISE])
        found = minimize(
            lambda logs: _loss(logs, start, grams, target),
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=[(-12, 6)] * len(start),
        )
        self.weights = np.exp(found.x)
        self.alpha = np.linalg.solve(_covariance(self.weights, grams), target)

    def predict(self, blocks: Sequence[Array]) -> Array:
        """The mean for other designs, (m,)."""
        weighted = zip(self.weights, self._grams(blocks), strict=False)  # the last is the noise's
        return np.asarray(
            self.mean + self.spread * sum(weight * gram for weight, gram in weighted) @ self.alpha
        )

    def _grams(self, blocks: Sequence[Array]) -> list[Array]:
        pairs = list(zip(blocks, self.blocks, strict=True))
        return [*(linear(new, old) for new, old in pairs), *(smooth(*pair) for pair in pairs[-1:])]


def _covariance(weights: Array, grams: Sequence[Array]) -> Array:
    total = sum(weight * gram for weight, gram in zip(weights, grams, strict=False))
    return np.asarray(total + (weights[-1] + JITTER) * np.eye(len(grams[0])))


def _loss(logs: Array, start: Array, grams: Sequence[Array], target: Array) -> tuple[float, Array]:
    """The negative logarithm of likelihood times prior, and its gradient."""
    weights = np.exp(logs)
    covariance = _covariance(weights, grams)
    inverse = np.linalg.inv(covariance)
    alpha = inverse @ target
    slope = np.outer(alpha, alpha) - inverse
    away = (logs - start) / PRIOR
    value = target @ alpha / 2 + np.linalg.slogdet(covariance)[1] / 2 + away @ away / 2
    traces = [float((slope * gram).sum()) for gram in grams] + [float(np.trace(slope))]
    return float(value), -weights * np.array(traces) / 2 + away / PRIOR
