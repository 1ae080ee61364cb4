"""Rows that a finished model is asked about: read as the training rows were, and looked at for what
no longer fits."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from netwright.core.task import Column, Schema
from netwright.data.images import readable
from netwright.data.schema import typed
from netwright.data.values import as_strings, is_textual

SELDOM, MOSTLY = 0.01, 0.5
"""A column that was missing in less than the first share of the training rows, and is in more than
the second share now, is told of."""


def text_columns(schema: Schema) -> list[str]:
    """Columns whose values must be left as a file writes them, to be read as they were learned."""
    return [c.name for c in schema.used if c.format is not None or c.type in ("category", "date")]


def served(frame: pd.DataFrame, schema: Schema) -> tuple[pd.DataFrame, list[str]]:
    """Typed rows whose pictures can be read, and what a person should know of them.

    Returns:
        Typed columns with a plain range as index, and sentences.

    Raises:
        DataError: A needed column is absent.
    """
    found = typed(frame, schema, index=False)
    return found, list(_surprises(frame, found, schema))


def readable_rows(frame: pd.DataFrame, schema: Schema) -> np.ndarray:
    """Rows (n,) whose pictures, where the model sees any, can be read."""
    pictures = [name for name in schema.of_type("image") if name in frame.columns]
    return readable(frame[pictures]) if pictures else np.ones(len(frame), dtype=bool)


def _surprises(raw: pd.DataFrame, found: pd.DataFrame, schema: Schema) -> Iterator[str]:
    if len(found) == 0:
        return
    missing = _missing_shares(found)
    for column in schema.used:
        share = missing.get(column.name, 0.0)
        if share <= MOSTLY or column.missing > SELDOM:
            continue
        yield _what_is_missing(raw, column, share)


def _missing_shares(found: pd.DataFrame) -> dict[str, float]:
    """Share of missing values of each column but pictures; texts miss nothing."""
    kinds = {name: found[name].dtype.kind for name in found}
    floats = [name for name, kind in kinds.items() if kind == "f"]
    shares = dict(zip(floats, np.isnan(found[floats].to_numpy()).mean(axis=0), strict=True))
    for name in found.columns.difference(floats, sort=False):
        column = found[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            shares[name] = float((column.cat.codes == -1).mean())
        elif kinds[name] in "mM":
            shares[name] = float(column.isna().mean())
    return {str(name): float(share) for name, share in shares.items()}


def _what_is_missing(raw: pd.DataFrame, column: Column, share: float) -> str:
    """Whether values are absent, new, or of a kind that cannot be read."""
    name = column.name
    if name not in raw.columns:
        return f"Column {name!r} is absent, though hardly a training row missed it."
    series = raw[name]
    present = (as_strings(series) if is_textual(series) else series).notna()
    if present.mean() <= MOSTLY:
        gone = 1 - float(present.mean())
        return (
            f"Column {name!r} is missing in {gone:.0%} of the rows, and was in "
            f"{column.missing:.0%} of the training rows."
        )
    some = f"in {share:.0%} of the rows, such as {series[present].iloc[0]!r}."
    if column.type == "category":
        return f"Column {name!r} has values never seen {some}"
    return f"Column {name!r} cannot be read as {column.type} {some}"
