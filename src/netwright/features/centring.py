"""Double precision brought to single precision without losing digits that tell numbers apart.

Seconds since 1970 need 31 bits and single precision has 24: a column whose values lie far from zero
and close together has an origin taken off first. One whose values single precision does not reach
at all (1e-40, 1e300) is divided by a power of two.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

EXACT = 2.0**24
"""Whole numbers up to here are exact in single precision."""
LARGEST = float(np.finfo(np.float32).max)
SAMPLE, ENOUGH = 20_000, 0.95
"""Values that are looked at, and the share of the different ones that must stay so."""
SMALL, LARGE = 1e-30, 1e30
"""Columns whose typical distance from their origin is beyond these are scaled."""


class Centring:
    """Origin and scale of each column; most have none.

    Attributes:
        arrays: `origin` and `scale`, (columns,) float64; empty where no column has any.
    """

    def __init__(self, arrays: dict[str, NDArray[Any]] | None = None) -> None:
        self.arrays = arrays or {}

    def fit(self, values: NDArray[np.float64]) -> Centring:
        """Learns from (rows, columns), NaN where missing."""
        with np.errstate(over="ignore"):  # what is beyond double precision is so in `transform`
            origin = np.array([_origin(column) for column in values.T])
            scale = np.array([_scale(c - o) for c, o in zip(values.T, origin, strict=True)])
        told = bool((origin != 0).any() or (scale != 1).any())
        self.arrays = {"origin": origin, "scale": scale} if told else {}
        return self

    def transform(self, values: NDArray[np.float64]) -> NDArray[np.float32]:
        """(rows, columns) in single precision; what it cannot hold is its nearest end."""
        if self.arrays:
            with np.errstate(over="ignore"):  # an infinite one is brought to the end below
                values = (values - self.arrays["origin"]) / self.arrays["scale"]
        return np.clip(values, -LARGEST, LARGEST).astype(np.float32)


def _origin(column: NDArray[np.float64]) -> float:
    """The median, where single precision keeps more values apart once it is taken off."""
    present = column[~np.isnan(column)]
    if len(present) == 0:
        return 0.0
    whole = bool((present == np.rint(present)).all())
    if whole and np.abs(present).max() <= EXACT:
        return 0.0
    some = present[:: max(1, len(present) // SAMPLE)]
    middle = float(np.median(present))
    middle = float(np.rint(middle)) if whole else middle
    kept = _distinct(some)
    if not np.isfinite(middle) or kept >= ENOUGH * len(np.unique(some)):
        return 0.0
    return middle if _distinct(some - middle) > kept else 0.0


def _distinct(values: NDArray[np.float64]) -> int:
    """How many values single precision tells apart."""
    return len(np.unique(np.clip(values, -LARGEST, LARGEST).astype(np.float32)))


def _scale(centred: NDArray[np.float64]) -> float:
    """A power of two near the typical size, where single precision would not reach it."""
    sizes = np.abs(centred[~np.isnan(centred) & (centred != 0)])
    if len(sizes) == 0:
        return 1.0
    typical = float(np.median(sizes))
    if SMALL <= typical <= LARGE:
        return 1.0
    return float(2.0 ** np.clip(np.rint(np.log2(typical)), -1000, 1000))
