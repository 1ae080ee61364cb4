"""What a next design is worth: expected improvement, and hypervolume for several objectives."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

CLIP_SPANS = 4.0
"""Losses worse than the best by this many spans count alike; a span is median minus best."""
REACH = 1.0
"""A design so many deviations short of adding to a front adds nothing worth computing."""


def warped(losses: np.ndarray) -> np.ndarray:
    """Losses on a scale where the differences among the good ones count, standardised.

    The logarithm of the distance from the best in spans; a crashed training is as bad as any bad
    one.

    Args:
        losses: (n,), smaller is better; infinite for failures.
    """
    return standardised(np.log(np.minimum(in_spans(losses), CLIP_SPANS) + 0.1))


def bent(losses: np.ndarray) -> np.ndarray:
    """The same for one of several objectives, gentler and to the far end, for fronts have two."""
    return standardised(np.log(in_spans(losses) + 0.5))


def in_spans(losses: np.ndarray) -> np.ndarray:
    """How many spans each loss is above the best; failures are as bad as the worst."""
    finite = losses[np.isfinite(losses)]
    if not len(finite):
        return np.zeros(len(losses))
    best = finite.min()
    # Where more than half are as good as the best, the median says nothing.
    span = np.median(finite) - best or finite.mean() - best or 1.0
    worst = max(finite.max(), best + CLIP_SPANS * span)
    return np.asarray((np.minimum(losses, worst) - best) / span)


def standardised(values: np.ndarray) -> np.ndarray:
    """Mean zero, variance one (or all zero)."""
    return (values - values.mean()) / max(float(values.std()), 1e-12)


def expected_improvement(
    mean: np.ndarray, deviation: np.ndarray, best: np.ndarray | float
) -> np.ndarray:
    """How far below `best` a normal variable comes to lie on average (Jones et al., 1998)."""
    sure = np.maximum(deviation, 1e-12)
    z = (best - mean) / sure
    density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    return np.asarray((best - mean) * ndtr(z) + sure * density)


def expected_hypervolume_improvement(
    front: np.ndarray, mean: np.ndarray, deviation: np.ndarray
) -> np.ndarray:
    """How much area below (1, 1) two independent normal losses add on average, exactly.

    The area is a sum of strips between neighbours of the front, each the product of a width that
    the first loss decides and a height that the second does (Emmerich, Giannakoglou and Naujoks,
    2006), so that the mean of each is an expected improvement.

    Args:
        front: (k, 2), losses of the designs that no other beats.
        mean: (m, 2).
        deviation: (m, 2), zero where a value is known.

    Returns:
        (m,); zero where a deviation is not enough to add anything.
    """
    order = front[np.argsort(front[:, 0])]
    right = np.concatenate([order[:, 0], [1.0]])  # of each strip (k + 1)
    roof = np.concatenate([[1.0], order[:, 1]])
    worth = np.zeros(len(mean))
    near = _within_reach(order, mean - REACH * deviation)
    (first, second), (doubt, other) = mean[near].T[..., None], deviation[near].T[..., None]
    widths = np.diff(expected_improvement(first, doubt, right), axis=1, prepend=0.0)
    worth[near] = (widths * expected_improvement(second, other, roof)).sum(axis=1)
    return worth


def _within_reach(order: np.ndarray, hopes: np.ndarray) -> np.ndarray:
    """Which optimistic losses, (m, 2), lie below a front that is sorted by its first loss."""
    roof = np.concatenate([[1.0], order[:, 1]])
    return np.asarray(hopes[:, 1] < roof[np.searchsorted(order[:, 0], hopes[:, 0])])


def chebyshev(losses: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Augmented Chebyshev scalarisation (Knowles, ParEGO, 2006): (n, k) losses become (n,)."""
    weighted = losses * weights
    return np.asarray(weighted.max(axis=1) + 0.05 * weighted.sum(axis=1))
