"""A Gaussian process over designs: real numbers, categories and idle parameters alike.

Matérn-5/2 over a weighted distance (Rasmussen and Williams, 2006, chapters 2 and 5). Each parameter
has a weight of its own, found by maximum a posteriori: categories are 0 or 1 apart, numbers by
their squared difference in [0, 1], two idle parameters not at all, an idle and an active one as
far as can be. Blocks of further features (paths of a cell, cheap scores) join with one weight each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize

LEAST_NOISE = 1e-4
PRIOR_SPREAD = 1.5
"""Standard deviation of the prior of every logarithm of a weight."""


@dataclass(frozen=True)
class Points:
    """Designs as a Gaussian process sees them.

    Attributes:
        codes: (n, parameters), category index or place in [0, 1], NaN where idle.
        categorical: Which columns are categories.
        blocks: Further features, each (n, width), compared as one.
    """

    codes: np.ndarray
    categorical: np.ndarray
    blocks: tuple[np.ndarray, ...] = ()

    def take(self, rows: np.ndarray | list[int]) -> Points:
        """Some of the designs."""
        return Points(self.codes[rows], self.categorical, tuple(b[rows] for b in self.blocks))

    def joined(self, other: Points) -> Points:
        """These designs and more of them."""
        blocks = (np.vstack(pair) for pair in zip(self.blocks, other.blocks, strict=True))
        return Points(np.vstack([self.codes, other.codes]), self.categorical, tuple(blocks))

    def __len__(self) -> int:
        return len(self.codes)


def distances(one: Points, other: Points) -> np.ndarray:
    """(parameters + blocks, n, m) of squared distances, each about 1 at most."""
    return np.stack(list(each_distance(one, other)))


def each_distance(one: Points, other: Points) -> Iterator[np.ndarray]:
    """The same, (n, m) of one parameter or block after another."""
    for column, categorical in enumerate(one.categorical):
        a, b = one.codes[:, column, None], other.codes[None, :, column]
        apart = (a != b).astype(float) if categorical else np.minimum((a - b) ** 2, 1.0)
        idle_a, idle_b = np.isnan(a), np.isnan(b)
        if idle_a.any() or idle_b.any():
            apart[idle_a & idle_b] = 0.0
            apart[idle_a ^ idle_b] = 1.0
        yield apart
    for a, b in zip(one.blocks, other.blocks, strict=True):
        yield _squared(a, b) / max(1, a.shape[1])


def _squared(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.maximum((a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T, 0.0)


def matern(scaled: np.ndarray) -> np.ndarray:
    """Matérn-5/2 of a squared distance."""
    root = np.sqrt(5.0 * scaled)
    return (1 + root + root**2 / 3) * np.exp(-root)


def _matern_slope(scaled: np.ndarray) -> np.ndarray:
    """The derivative of `matern` by its squared distance."""
    root = np.sqrt(5.0 * scaled)
    return -5.0 / 6.0 * (1 + root) * np.exp(-root)


class Posterior:
    """What a process believes about a pool of designs, given some that were seen.

    Args:
        seen: n designs with known targets.
        pool: m designs to predict.
        logs: Logarithms of (weights of every parameter and block, noise), as `fit` finds them.
    """

    def __init__(self, seen: Points, pool: Points, logs: np.ndarray) -> None:
        self.seen, self.pool = seen, pool
        self.weights, self.noise = np.exp(logs[:-1]), float(np.exp(logs[-1]))
        kernel = self._kernel(seen, seen)
        kernel[np.diag_indices_from(kernel)] += self.noise
        self._root = cholesky(kernel, lower=True)
        half = solve_triangular(
            self._root, self._kernel(seen, pool), lower=True, check_finite=False
        )
        self._half = half  # its first rows, one a seen design, are in use
        self.variance = np.maximum(1.0 - np.einsum("ij,ij->j", half, half), 1e-12)

    def _kernel(self, one: Points, other: Points) -> np.ndarray:
        apart = zip(self.weights, each_distance(one, other), strict=True)
        return matern(sum(weight * each for weight, each in apart))

    def extend(self, point: Points) -> None:
        """Sees one more design: one more row of the Cholesky factor, not a new one."""
        across = self._kernel(self.seen, point)[:, 0]
        row = solve_triangular(self._root, across, lower=True, check_finite=False)
        corner = np.sqrt(max(1.0 + self.noise - row @ row, self.noise))
        count = len(row)
        root = np.zeros((count + 1, count + 1))
        root[:count, :count], root[count, :count], root[count, count] = self._root, row, corner
        half = (self._kernel(point, self.pool)[0] - row @ self._half[:count]) / corner
        if count == len(self._half):
            self._half = np.vstack([self._half, np.empty_like(self._half)])
        self._half[count] = half
        self._root = root
        self.variance = np.maximum(self.variance - half**2, 1e-12)
        self.seen = self.seen.joined(point)

    def mean(self, targets: np.ndarray) -> np.ndarray:
        """(m,) the expected values, given the n targets."""
        known = solve_triangular(self._root, targets, lower=True, check_finite=False)
        return np.asarray(known @ self._half[: len(known)])

    def predict(self, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of the noiseless function, each (m,)."""
        return self.mean(targets), np.sqrt(self.variance)


def fit(points: Points, targets: np.ndarray) -> np.ndarray:
    """Logarithms of weights and noise: maximum a posteriori, sought from the prior's centre."""
    apart = distances(points, points)
    centre = prior_centre(apart)
    bounds = [(middle - 5, middle + 4) for middle in centre[:-1]]
    bounds.append((np.log(LEAST_NOISE), 0.0))
    found = minimize(
        negative_log_posterior,
        centre,
        args=(centre, apart, targets),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": 25},
    )
    return np.asarray(found.x)


def prior_centre(apart: np.ndarray) -> np.ndarray:
    """Weights that put two random designs about one length apart; a noise of a hundredth."""
    typical = apart.mean(axis=(1, 2)) + 1e-3
    return np.append(np.log(1.0 / (len(apart) * typical)), np.log(1e-2))


def negative_log_posterior(
    logs: np.ndarray, centre: np.ndarray, apart: np.ndarray, targets: np.ndarray
) -> tuple[float, np.ndarray]:
    """Its value and gradient at some logarithms.

    Args:
        logs: (parameters + blocks + 1,).
        centre: Of the prior.
        apart: (parameters + blocks, n, n) of squared distances.
        targets: (n,), standardised.
    """
    weights, noise = np.exp(logs[:-1]), np.exp(logs[-1])
    scaled = np.tensordot(weights, apart, 1)
    kernel = matern(scaled)
    kernel[np.diag_indices_from(kernel)] += noise
    factor = cho_factor(kernel, lower=True, check_finite=False)
    inverse = cho_solve(factor, np.eye(len(kernel)), check_finite=False)
    alpha = inverse @ targets
    pull = (logs - centre) / PRIOR_SPREAD
    value = 0.5 * targets @ alpha + np.log(np.diag(factor[0])).sum() + 0.5 * pull @ pull
    outer = inverse - np.outer(alpha, alpha)
    slopes = 0.5 * weights * np.tensordot(apart, outer * _matern_slope(scaled), 2)
    slope_noise = 0.5 * noise * np.trace(outer)
    return float(value), np.append(slopes, slope_noise) + pull / PRIOR_SPREAD
