"""What a next design is worth: expected improvement, and hypervolume for several objectives."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

CLIP_SPANS = 4.0
"""Losses worse than the best by this many spans count alike; a span is median minus best."""


def warped(losses: np.ndarray) -> np.ndarray:
    """Losses on a scale where the differences among the good ones count, standardised.

    The logarithm of the distance from the best in spans; a crashed training is as bad as any bad
    one.

    Args:
        losses: (n,), smaller is better; infinite for failures.
    """
    return standardised(np.log(in_spans(losses) + 0.1))


def clipped(losses: np.ndarray) -> np.ndarray:
    """Losses as they are, but for the far tail of the bad ones, standardised."""
    return standardised(in_spans(losses))


def in_spans(losses: np.ndarray) -> np.ndarray:
    """How many spans each loss is above the best, at most `CLIP_SPANS`."""
    finite = losses[np.isfinite(losses)]
    if not len(finite):
        return np.full(len(losses), CLIP_SPANS)
    best = finite.min()
    # Where more than half are as good as the best, the median says nothing.
    span = np.median(finite) - best or finite.mean() - best or 1.0
    return np.asarray(np.minimum((losses - best) / span, CLIP_SPANS))


def standardised(values: np.ndarray) -> np.ndarray:
    """Mean zero, variance one (or all zero)."""
    return (values - values.mean()) / max(float(values.std()), 1e-12)


def expected_improvement(mean: np.ndarray, deviation: np.ndarray, best: float) -> np.ndarray:
    """How far below `best` a normal variable comes to lie on average (Jones et al., 1998)."""
    sure = np.maximum(deviation, 1e-12)
    z = (best - mean) / sure
    density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    return np.asarray((best - mean) * ndtr(z) + sure * density)


def hypervolume_improvement(front: np.ndarray, points: np.ndarray) -> np.ndarray:
    """How much area each point would add below (1, 1), for two losses scaled to [0, 1].

    Args:
        front: (k, 2), designs no other beats.
        points: (m, 2).

    Returns:
        (m,).
    """
    order = front[np.argsort(front[:, 0])]
    # Between one front point's first loss and the next one's, the second loss to beat is constant.
    left = np.concatenate([[-np.inf], order[:, 0]])
    right = np.concatenate([order[:, 0], [1.0]])
    roof = np.concatenate([[1.0], order[:, 1]])
    wide = np.maximum(right[None] - np.maximum(left[None], points[:, :1]), 0.0)
    high = np.maximum(roof[None] - points[:, 1:], 0.0)
    return np.asarray((np.where(np.isfinite(wide), wide, 0.0) * high).sum(axis=1))


def chebyshev(losses: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Augmented Chebyshev scalarisation (Knowles, ParEGO, 2006): (n, k) losses become (n,)."""
    weighted = losses * weights
    return np.asarray(weighted.max(axis=1) + 0.05 * weighted.sum(axis=1))
