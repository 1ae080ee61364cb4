"""Removes what would mislead, and warns of what looks too good to be true."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netwright.core.audit import Audit
from netwright.core.target import Kind
from netwright.core.task import Schema
from netwright.data.table import Table

LEAK = 0.995
"""Share of the target a single column may explain before a warning is due."""
MAX_LEAK_COLUMNS = 500
BINS = 64
FEW = 20


def drop_duplicates(table: Table, schema: Schema, audit: Audit) -> Table:
    """Drops rows that repeat another in every column and the target.

    Only where repeats cannot be chance, that is where some number or text is different in most
    rows: in a table of a few categories equal rows are honest observations.
    """
    frame = table.features
    telling = schema.of_type("number", "text", "date")
    if not any(frame[name].nunique() > 0.5 * len(frame) for name in telling):
        return table
    targets = pd.DataFrame(table.target).add_prefix("\0target")
    key = pd.concat([frame, targets], axis=1)
    # Most tables have no repeats, and a few columns are enough to know.
    if not key[[*targets, *telling[:FEW]]].duplicated().any():
        return table
    repeated = key.duplicated().to_numpy()
    if not repeated.any():
        return table
    audit.say(
        "clean", f"{int(repeated.sum())} rows repeat another row and were dropped.", note=True
    )
    return table.rows(np.flatnonzero(~repeated))


def warn_of_leaks(table: Table, schema: Schema, kinds: Sequence[Kind], audit: Audit) -> list[str]:
    """Names columns that alone predict a target almost perfectly.

    Args:
        table: Rows with their targets.
        schema: Their columns.
        kinds: One a target.
        audit: Is told of them.
    """
    assert table.target is not None
    targets = [
        (~np.isnan(column), column, kind)
        for column, kind in zip(table.target.reshape(len(table), -1).T, kinds, strict=True)
    ]
    found = []
    for name in [*schema.of_type("number", "category")][:MAX_LEAK_COLUMNS]:
        bins = _bins(table.features[name])
        if bins is not None and any(
            _explained(bins[known], column[known], kind) >= LEAK for known, column, kind in targets
        ):
            found.append(name)
            audit.say(
                "clean",
                f"Column {name!r} alone predicts the target almost perfectly; if it is not known "
                "before the outcome, set it to 'ignore' in a schema file.",
                note=True,
                column=name,
            )
    return found


def _bins(series: pd.Series) -> NDArray[np.int64] | None:
    """Codes from 0 of at most `BINS` groups; None when the groups would be too small to judge."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes = series.cat.codes.to_numpy().astype(np.int64) + 1
        return codes if codes.max() * 10 <= len(codes) else None
    values = series.to_numpy(dtype=np.float64)
    count = min(BINS, len(values) // 10)
    present = values[~np.isnan(values)]
    if count < 2 or len(present) == 0:
        return None
    edges = np.unique(np.quantile(present, np.linspace(0, 1, count + 1)[1:-1]))
    return np.where(np.isnan(values), 0, 1 + np.searchsorted(edges, values, side="right"))


def _explained(bins: NDArray[np.int64], target: NDArray[np.float64], kind: Kind) -> float:
    """Share of what can be explained that the bins explain: classes beyond the most common, or
    variance."""
    if kind == "regression":
        total = float(np.var(target))
        if total == 0:
            return 0.0
        counts = np.bincount(bins)
        sums = np.bincount(bins, target)
        means = np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0)
        # Bins of a number explain at most about 1 - 1 / bins^2 of a straight line.
        return 1.0 - float(np.mean((target - means[bins]) ** 2)) / total
    codes = target.astype(np.int64)
    table = np.zeros((bins.max() + 1, codes.max() + 1))
    np.add.at(table, (bins, codes), 1)
    base = table.sum(axis=0).max()
    if base == len(bins):
        return 0.0
    return float((table.max(axis=1).sum() - base) / (len(bins) - base))
