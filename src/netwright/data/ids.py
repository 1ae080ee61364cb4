"""Whether a column whose values all differ names the rows, or tells something of the target."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netwright.core.target import Kind

BINS = 20
LEAST_ROWS = 10
"""Rows a bin needs on average."""
SURE = 1e-4
"""Probability, were there no relation, below which one is taken to be there."""
RUNS = 3
"""A file sorted by class has fewer runs of one class than this for each class."""


class OrderTest:
    """Asks whether the order of a column's values says something of one of the targets.

    Args:
        targets: For each target the rows that know it (n,) bool, its class codes or numbers
            (n,), and its kind.
    """

    def __init__(self, targets: list[tuple[NDArray[np.bool_], NDArray[np.float64], Kind]]) -> None:
        self.targets = targets

    def related(self, series: pd.Series) -> bool:
        """Whether it does, by an F test of the targets' ranks between parts of the order.

        That rows were sorted by their class is no relation: a row's number tells it then in the
        file and nowhere else.
        """
        order = np.asarray(series.rank(method="first"), dtype=np.float64)
        known = ~np.isnan(order)
        return any(
            _related(order[known & has], values[known & has], kind)
            for has, values, kind in self.targets
        )


def _related(order: NDArray[np.float64], values: NDArray[np.float64], kind: Kind) -> bool:
    bins = min(BINS, len(values) // LEAST_ROWS)
    if bins < 2:
        return False
    if kind == "regression":
        return _p_value(order, np.asarray(pd.Series(values).rank(), dtype=np.float64), bins) < SURE
    in_order = values[np.argsort(order)]
    classes = np.unique(in_order)
    runs = 1 + int((in_order[1:] != in_order[:-1]).sum())
    if runs < RUNS * len(classes):
        return False
    least = min(_p_value(order, (values == one).astype(float), bins) for one in classes[:50])
    return least * len(classes) < SURE


def _p_value(order: NDArray[np.float64], values: NDArray[np.float64], bins: int) -> float:
    """Of an F test of equal means of values in parts of an order."""
    from scipy.stats import f

    place = np.argsort(np.argsort(order)) * bins // len(order)
    counts = np.bincount(place, minlength=bins)
    means = np.bincount(place, values, minlength=bins) / counts
    inside = float(((values - means[place]) ** 2).sum()) / (len(values) - bins)
    between = float((counts * (means - values.mean()) ** 2).sum()) / (bins - 1)
    if between == 0:
        return 1.0
    return float(f.sf(between / inside, bins - 1, len(values) - bins)) if inside else 0.0
