"""Numbers as learners like them: as they are, standardised, or spread like a bell."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

QUANTILES = 256
CLIP = 6.0
"""Standardised values beyond this many deviations are cut off."""
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
        if self.how == "quantile":
            grid = np.linspace(0, 1, min(QUANTILES, len(values)))
            self.arrays["quantiles"] = np.quantile(filled, grid, axis=0)
        return self

    def transform(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """(rows, features + flags)."""
        if not self.arrays:
            return values
        missing = np.isnan(values)
        filled = np.where(missing, self.arrays["fill"], values.astype(np.float64))
        if self.how == "quantile":
            scaled = self._to_normal(filled)
        else:
            scaled = (filled - self.arrays["mean"]) / self.arrays["spread"]
            scaled = np.clip(scaled, -CLIP, CLIP)
        flags = missing[:, self.arrays["flag"]]
        return np.hstack([scaled, flags]).astype(np.float32)

    def _to_normal(self, filled: NDArray[np.float64]) -> NDArray[np.float64]:
        from scipy.special import ndtri

        quantiles = self.arrays["quantiles"]
        grid = np.linspace(0, 1, len(quantiles))
        ranks = np.empty_like(filled)
        for column in range(filled.shape[1]):
            edges = quantiles[:, column]
            # Ties in the data make flat steps: the middle of a step is its rank.
            up = np.interp(filled[:, column], edges, grid)
            down = 1 - np.interp(-filled[:, column], -edges[::-1], grid)
            ranks[:, column] = (up + down) / 2
        return np.asarray(ndtri(np.clip(ranks, SURE, 1 - SURE)))

    def names(self, names: list[str]) -> list[str]:
        """Feature names, flags last."""
        flags = self.arrays.get("flag", np.empty(0, dtype=np.int64))
        return [*names, *(f"{names[i]} missing" for i in flags)]
