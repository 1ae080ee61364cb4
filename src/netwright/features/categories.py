"""Categories as numbers: codes, one column a value, or what the target does on average."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse
from numpy.typing import NDArray

from netwright.features.encoder import Encoder, State, Target

SMOOTHING = 10.0
"""Rows' worth of the overall mean mixed into each category's own."""
MAX_TARGET_OUTPUTS = 10
CROSS_FOLDS = 5


def codes_of(frame: pd.DataFrame, columns: list[str]) -> NDArray[np.int64]:
    """Category codes (rows, columns), -1 where missing or unknown."""
    if not columns:
        return np.empty((len(frame), 0), dtype=np.int64)
    return np.column_stack([frame[name].cat.codes.to_numpy(dtype=np.int64) for name in columns])


class Codes(Encoder):
    """One code a category, the most frequent first; NaN where missing."""

    def __init__(self, columns: list[str]) -> None:
        self.columns = columns
        self.sizes: list[int] = []

    def fit_transform(self, frame: pd.DataFrame, target: Target) -> NDArray[np.float32]:
        """Notes how many categories there are."""
        self.sizes = [len(frame[name].cat.categories) for name in self.columns]
        return self.transform(frame)

    def transform(self, frame: pd.DataFrame) -> NDArray[np.float32]:
        """Codes as floats."""
        codes = codes_of(frame, self.columns).astype(np.float32)
        codes[codes < 0] = np.nan
        return codes

    def names(self) -> list[str]:
        """The columns' own."""
        return list(self.columns)

    def state(self) -> State:
        """Columns and sizes."""
        return {"columns": self.columns, "sizes": self.sizes}, {}

    @classmethod
    def from_state(cls, facts: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Codes:
        """Restores."""
        made = cls(facts["columns"])
        made.sizes = facts["sizes"]
        return made


class OneHot(Encoder):
    """One sparse column a category that occurs often enough; the rest of them share one.

    Args:
        columns: Category columns.
        least: Rows a category needs for a column of its own.
    """

    def __init__(self, columns: list[str], least: int = 3) -> None:
        self.columns = columns
        self.least = least
        self.maps: list[NDArray[np.int64]] = []
        self.widths: list[int] = []
        self._names: list[str] = []

    def fit_transform(self, frame: pd.DataFrame, target: Target) -> scipy.sparse.csr_matrix:
        """Decides which categories get a column."""
        self.maps, self.widths, self._names = [], [], []
        codes = codes_of(frame, self.columns)
        for position, name in enumerate(self.columns):
            categories = frame[name].cat.categories
            counts = np.bincount(codes[:, position] + 1, minlength=len(categories) + 1)
            often = counts >= self.least
            # Position 0 is 'missing or unknown', the last column 'all the rare ones'.
            home = np.where(often, np.cumsum(often) - 1, often.sum())
            self.maps.append(home.astype(np.int64))
            self.widths.append(int(often.sum()) + 1)
            labels = ["missing", *map(str, categories)]
            kept = [label for label, own in zip(labels, often, strict=True) if own]
            self._names += [f"{name}={label}" for label in [*kept, "other"]]
        return self.transform(frame)

    def transform(self, frame: pd.DataFrame) -> scipy.sparse.csr_matrix:
        """Sparse ones."""
        codes = codes_of(frame, self.columns)
        rows, count = codes.shape
        # Every row has one place in each column's block, in order.
        places = np.empty((rows, count), dtype=np.int32)
        starts = np.cumsum([0, *self.widths])
        for position, home in enumerate(self.maps):
            places[:, position] = (home + starts[position])[codes[:, position] + 1]
        ends = np.arange(rows + 1) * count
        ones = np.ones(rows * count, dtype=np.float32)
        return scipy.sparse.csr_matrix(
            (ones, places.reshape(-1), ends), shape=(rows, int(starts[-1]))
        )

    def names(self) -> list[str]:
        """`column=category`."""
        return self._names

    def state(self) -> State:
        """Columns, names and where each category goes."""
        facts = {
            "columns": self.columns,
            "least": self.least,
            "names": self._names,
            "widths": self.widths,
        }
        return facts, {f"map{i}": home for i, home in enumerate(self.maps)}

    @classmethod
    def from_state(cls, facts: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> OneHot:
        """Restores."""
        made = cls(facts["columns"], facts["least"])
        made._names, made.widths = facts["names"], facts["widths"]
        made.maps = [arrays[f"map{i}"] for i in range(len(made.columns))]
        return made


class TargetMeans(Encoder):
    """What the target does on average in each category, shrunk towards the overall mean.

    Training rows are encoded with means of the other folds' rows, so that no row sees its own
    target (Micci-Barreca 2001 with cross-fitting).
    """

    def __init__(self, columns: list[str]) -> None:
        self.columns = columns
        self.tables: list[NDArray[np.float32]] = []
        self.outputs = 1

    def fit_transform(self, frame: pd.DataFrame, target: Target) -> NDArray[np.float32]:
        """Learns the means; encodes with cross-fitted ones."""
        truth = _indicator(target)  # (rows, outputs)
        self.outputs = truth.shape[1]
        codes = codes_of(frame, self.columns) + 1
        sizes = [len(frame[name].cat.categories) + 1 for name in self.columns]
        weight = np.ones(len(frame)) if target.weight is None else np.asarray(target.weight)
        self.tables = [
            _means(codes[:, i], truth, weight, size).astype(np.float32)
            for i, size in enumerate(sizes)
        ]
        fold = np.random.default_rng(target.seed).integers(0, CROSS_FOLDS, len(frame))
        encoded = np.empty((len(frame), len(self.columns) * self.outputs), dtype=np.float32)
        for k in range(CROSS_FOLDS):
            here = fold == k
            for i, size in enumerate(sizes):
                table = _means(codes[~here, i], truth[~here], weight[~here], size)
                encoded[here, i * self.outputs : (i + 1) * self.outputs] = table[codes[here, i]]
        return encoded

    def transform(self, frame: pd.DataFrame) -> NDArray[np.float32]:
        """Looks the means up."""
        codes = codes_of(frame, self.columns) + 1
        if not self.columns:
            return np.empty((len(frame), 0), dtype=np.float32)
        return np.hstack([table[codes[:, i]] for i, table in enumerate(self.tables)])

    def names(self) -> list[str]:
        """`column~class` or `column~mean`."""
        if self.outputs == 1:
            return [f"{name}~mean" for name in self.columns]
        return [f"{name}~{k}" for name in self.columns for k in range(self.outputs)]

    def state(self) -> State:
        """Columns and tables of means."""
        facts = {"columns": self.columns, "outputs": self.outputs}
        return facts, {f"table{i}": table for i, table in enumerate(self.tables)}

    @classmethod
    def from_state(cls, facts: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> TargetMeans:
        """Restores."""
        made = cls(facts["columns"])
        made.outputs = facts["outputs"]
        made.tables = [arrays[f"table{i}"] for i in range(len(made.columns))]
        return made


def _indicator(target: Target) -> NDArray[np.float64]:
    """(rows, outputs): the target itself, the second class, or one column a class."""
    if target.outputs == 1:
        return np.asarray(target.values, dtype=np.float64)[:, None]
    if target.outputs == 2:
        return (target.values == 1).astype(np.float64)[:, None]
    return (target.values[:, None] == np.arange(target.outputs)).astype(np.float64)


def _means(
    codes: NDArray[np.int64], truth: NDArray[np.float64], weight: NDArray[np.float64], size: int
) -> NDArray[np.float64]:
    """(size, outputs) shrunk weighted means; categories without rows get the overall mean.

    Args:
        codes: Of the rows (n,).
        truth: (n, outputs).
        weight: Of the rows (n,).
        size: Number of codes.
    """
    overall = np.average(truth, axis=0, weights=weight)
    counts = np.bincount(codes, weight, minlength=size)[:, None]
    sums = np.column_stack(
        [np.bincount(codes, weight * truth[:, k], minlength=size) for k in range(truth.shape[1])]
    )
    return np.asarray((sums + SMOOTHING * overall) / (counts + SMOOTHING))
