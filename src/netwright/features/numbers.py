"""Numbers as learners like them: as they are, standardised, or spread like a bell."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

QUANTILES = 256
CLIP = 6.0
"""Standardised values beyond this many deviations are cut off, unless most values are alike."""
ALIKE = 0.97
"""Features of which more values than this are alike have too few others for ranks: they are
standardised where the rest are spread like a bell."""
REACH = 3.0
"""Where most values are alike, the others are cut off beyond this many times their ninth tenth."""
MANY, CELLS, CROWDED = 5000, 2048, 4
"""Values from which on a table of so many cells is faster than a search, and the edges that one
cell may hold."""
SURE = 1e-3
"""Shares below this, and above one less this, are cut off before they become normal."""


class Scaler:
    """Scales numeric features and fills what is missing.

    Args:
        how: `raw` leaves everything (missing stays NaN); `standard` subtracts the mean and divides
            by the deviation; `quantile` maps ranks to a normal distribution.
        fill: What missing values become before scaling, `median` or `mean`.

    Where values were missing in training, a 0/1 feature that says so is added.
    """

    def __init__(self, how: str = "standard", fill: str = "median") -> None:
        self.how = how
        self.fill = fill
        self.arrays: dict[str, NDArray[Any]] = {}

    def fit(self, values: NDArray[np.float32]) -> Scaler:
        """Learns centre, spread or quantiles of (rows, features)."""
        if self.how == "raw" or values.shape[1] == 0:
            return self
        missing = np.isnan(values)
        wide = values.astype(np.float64)
        wide[:, missing.all(axis=0)] = 0.0
        centre = np.nanmedian(wide, axis=0) if self.fill == "median" else np.nanmean(wide, axis=0)
        filled = np.where(np.isnan(wide), centre, wide)
        spread = filled.std(axis=0)
        self.arrays = {
            "fill": centre,
            "flag": np.flatnonzero(missing.any(axis=0)),
            "mean": filled.mean(axis=0),
            "spread": np.where(spread > 0, spread, 1.0),
        }
        if self.how == "standard":
            self.arrays["bound"] = _bounds(filled, centre, self._standardised(filled))
        if self.how == "quantile":
            grid = np.linspace(0, 1, min(QUANTILES, len(values)))
            self.arrays["quantiles"] = np.quantile(filled, grid, axis=0)
            alike = (filled == centre).mean(axis=0) > ALIKE
            if alike.any():
                self.arrays["straight"] = alike.astype(np.uint8)
                self.arrays["bound"] = _bounds(filled, centre, self._standardised(filled))
        return self

    def transform(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """(rows, features + flags)."""
        if not self.arrays:
            return values
        missing = np.isnan(values)
        filled = np.where(missing, self.arrays["fill"], values.astype(np.float64))
        if self.how == "quantile":
            scaled = self._to_normal(filled)
            if "straight" in self.arrays:
                straight = self.arrays["straight"].astype(bool)
                scaled[:, straight] = self._bounded(filled)[:, straight]
        else:
            scaled = self._bounded(filled)
        flags = missing[:, self.arrays["flag"]]
        return np.hstack([scaled, flags]).astype(np.float32)

    def _bounded(self, filled: NDArray[np.float64]) -> NDArray[np.float64]:
        bound = self.arrays.get("bound", CLIP)
        return np.asarray(np.clip(self._standardised(filled), -bound, bound))

    def _standardised(self, filled: NDArray[np.float64]) -> NDArray[np.float64]:
        return (filled - self.arrays["mean"]) / self.arrays["spread"]

    def _to_normal(self, filled: NDArray[np.float64]) -> NDArray[np.float64]:
        from scipy.special import ndtri

        columns = np.ascontiguousarray(filled.T)
        ranks = np.empty_like(filled)
        for place, quantiles in enumerate(self.arrays["quantiles"].T):
            ranks[:, place] = _ranks(columns[place], quantiles)
        return np.asarray(ndtri(np.clip(ranks, SURE, 1 - SURE)))

    def names(self, names: list[str]) -> list[str]:
        """Feature names, flags last."""
        flags = self.arrays.get("flag", np.empty(0, dtype=np.int64))
        return [*names, *(f"{names[i]} missing" for i in flags)]


def _ranks(values: NDArray[np.float64], quantiles: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of training rows below each value, linear between quantiles; where quantiles are
    equal, because many rows are, the middle of theirs.

    Args:
        values: (rows,).
        quantiles: At even shares, ascending.
    """
    edges, counts = np.unique(quantiles, return_counts=True)
    last = (np.cumsum(counts) - 1) / max(1, len(quantiles) - 1)
    first = last - (counts - 1) / max(1, len(quantiles) - 1)
    # Piece i lies right of edge i - 1: from that edge's last rank up to the next one's first.
    width = np.diff(edges)
    slope = np.concatenate([[0.0], (first[1:] - last[:-1]) / np.where(width > 0, width, 1), [0.0]])
    start = np.concatenate([[edges[0]], edges])
    base = np.concatenate([[0.0], last])
    piece = _pieces(edges, values)
    found = base[piece] + (values - start[piece]) * slope[piece]
    tied = np.flatnonzero(counts > 1)
    if len(tied):
        before = np.maximum(piece - 1, 0)
        at = (counts[before] > 1) & (values == edges[before])
        found[at] = (first[before[at]] + last[before[at]]) / 2
    return found


def _pieces(edges: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many edges each value has reached: `np.searchsorted(edges, values, side="right")`.

    Many values are looked up in a table of even cells, which leaves a comparison or two where a
    search makes eight; edges that crowd into a few cells are searched all the same.
    """
    span = float(edges[-1] - edges[0])
    if len(values) < MANY or not 0 < span < np.inf:
        return np.searchsorted(edges, values, side="right")
    scale = CELLS / span
    starts = np.searchsorted(edges, edges[0] + np.arange(CELLS) / scale, side="right")
    most = int(np.diff(starts, append=len(edges)).max())
    if most > CROWDED:
        return np.searchsorted(edges, values, side="right")
    cell = np.clip((values - edges[0]) * scale, 0, CELLS - 1).astype(np.intp)
    piece = starts[cell] - 1  # one too few, as a cell's end may be rounded
    ends = np.append(edges, np.inf)
    for _ in range(most + 2):
        piece += ends[piece] <= values
    return piece


def _bounds(
    filled: NDArray[np.float64], common: NDArray[np.float64], scaled: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Where each feature is cut off, in deviations.

    Of a column of zeros with a few counts the deviation is that of the zeros: its counts lie far
    beyond any fixed number of deviations, and are what the column tells.
    """
    bounds = np.full(filled.shape[1], CLIP)
    others = filled != common
    for place in np.flatnonzero(others.mean(axis=0) < 0.5):
        sizes = np.abs(scaled[others[:, place], place])
        if len(sizes):
            bounds[place] = max(CLIP, REACH * float(np.quantile(sizes, 0.9)))
    return bounds
