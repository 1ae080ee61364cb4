"""Gives rows the weight they have, and warns of what looks too good to be true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

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


def weighed(table: Table, schema: Schema, audit: Audit) -> Table:
    """The same rows in a form in which a weight of two is a row twice, and one of zero no row.

    Rows of weight zero go. Rows that repeat another in every column, target, group and time become
    one of their summed weight, so that copies never stand on both sides of a split; only where
    repeats cannot be chance, that is where some number or text is different in most rows: in a
    table of a few categories equal rows are honest observations. Weighted rows stand in an order
    that their values alone decide, and weigh one on average: learners know no unit of weight.
    """
    table = _without_weightless(table, audit)
    if schema.of_type("image"):
        return table
    merged = _merged(table, schema, audit)
    if merged.weight is None:
        return merged
    ordered = merged.rows(np.argsort(_hashes(merged), kind="stable"))
    assert ordered.weight is not None
    if (ordered.weight == ordered.weight[0]).all():
        return replace(ordered, weight=None)
    shares = ordered.weight / ordered.weight.max()  # sums of them stay in range
    return replace(ordered, weight=shares / shares.mean())


def _without_weightless(table: Table, audit: Audit) -> Table:
    if table.weight is None or (table.weight > 0).all():
        return table
    kept = np.flatnonzero(table.weight > 0)
    audit.say("clean", f"{len(table) - len(kept)} rows of weight zero were left out.", note=True)
    return table.rows(kept)


def _merged(table: Table, schema: Schema, audit: Audit) -> Table:
    frame = table.features
    telling = [n for n in schema.of_type("number", "text", "date") if _never_by_chance(frame[n])]
    if not telling:
        return table
    key = _key(table)
    # Most tables have no repeats, and a few columns are enough to know.
    few = [name for name in key if name not in frame]
    if not key[[*few, *telling[:FEW]]].duplicated().any() or not key.duplicated().any():
        return table
    _, first, place = np.unique(_hashes(table), return_index=True, return_inverse=True)
    weight = np.ones(len(table)) if table.weight is None else np.asarray(table.weight)
    summed = np.bincount(place, weight).astype(np.float64)
    audit.say(
        "clean",
        f"{len(table) - len(first)} rows repeat another row; each row counts as often as it "
        "stands there.",
        note=True,
    )
    return replace(table.rows(first), weight=summed)


def _never_by_chance(column: pd.Series) -> bool:
    """Whether two rows that share a value of the column must be the same: it differs in most
    rows, or is measured to more than four decimals."""
    if column.nunique() > 0.5 * len(column):
        return True
    if column.dtype.kind != "f":
        return False
    present = column.dropna().to_numpy() * 1e4
    return len(present) > 0 and bool(np.mean(np.abs(present - np.rint(present)) > 1e-6) > 0.5)


def _key(table: Table) -> pd.DataFrame:
    """All that tells rows apart, less their weights."""
    parts = {"target": table.target, "group": table.group, "time": table.time}
    extras = [
        pd.DataFrame(np.asarray(values)).add_prefix(f"\0{name}")
        for name, values in parts.items()
        if values is not None
    ]
    return pd.concat([table.features, *extras], axis=1)


def _hashes(table: Table) -> NDArray[np.uint64]:
    """A number a row that its values alone decide."""
    return np.asarray(pd.util.hash_pandas_object(_key(table), index=False), dtype=np.uint64)


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
