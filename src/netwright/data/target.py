"""What is to be predicted: finds the kind of task, the classes, and the numbers to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netwright.core.audit import Audit
from netwright.core.errors import TargetError, unknown_name
from netwright.core.target import Kind, Target
from netwright.data.images import CLASS, IMAGE
from netwright.data.values import as_categories, as_numbers, as_strings, is_textual

MAX_NUMERIC_CLASSES = 20
"""A whole-numbered target with more different values than this is a quantity."""


def take_targets(
    frame: pd.DataFrame, names: Sequence[str], audit: Audit
) -> tuple[pd.DataFrame, list[pd.Series]]:
    """Splits the target columns off and drops rows that know none of them.

    Raises:
        UnknownName: There is no such column.
        TargetError: No row has a target, or pictures have no classes.
        DataError: There are no rows.
    """
    if CLASS in names and list(frame.columns) == [IMAGE]:
        raise TargetError(
            "The pictures lie in no class folders; put those of each class into a folder of its "
            "own, such as cat/1.jpg."
        )
    for name in names:
        if name not in frame.columns:
            raise unknown_name("target column", name, map(str, frame.columns))
    if len(frame) == 0:
        raise TargetError("The data has a header but no rows; there is nothing to learn from.")
    known = pd.DataFrame({name: is_known(frame[name]) for name in names})
    for name in names:
        if not known[name].any():
            raise TargetError(f"The target {name!r} is missing in every row; name another column.")
    some = known.any(axis=1)
    for name in names:
        missing = int((some & ~known[name]).sum())
        if missing:
            told = f"{missing} rows have no value in the target {name!r}; they teach the others."
            audit.say("target", told, note=True)
    if not some.all():
        where = "the target " + " or ".join(map(repr, names))
        told = f"{int((~some).sum())} rows have no value in {where} and were dropped."
        audit.say("target", told, note=True)
        frame = frame[some]
    return frame.drop(columns=list(names)), [frame[name] for name in names]


def is_known(column: pd.Series) -> pd.Series:
    """Which rows have a value."""
    return (as_strings(column) if is_textual(column) else column).notna()


def infer_kind(column: pd.Series) -> Kind:
    """Guesses the kind of task from the target's values."""
    values = column
    if is_textual(column):
        numbers = pd.to_numeric(as_strings(column), errors="coerce")
        if numbers.isna().any():
            return "binary" if as_strings(column).nunique() == 2 else "multiclass"
        values = numbers
    distinct = values.nunique()
    if distinct <= 2 or pd.api.types.is_bool_dtype(values.dtype):
        return "binary"
    whole = bool((values % 1 == 0).all())
    few = distinct <= MAX_NUMERIC_CLASSES and distinct * 3 <= len(values)
    return "multiclass" if whole and few else "regression"


def find_classes(column: pd.Series, kind: Kind, told: bool = False) -> tuple[Any, ...]:
    """The class labels, sorted; empty for regression.

    Args:
        column: The target.
        kind: Of the task.
        told: Whether a person said so; then a class may have a single row.

    Raises:
        TargetError: There is one class only, every row has its own, or the kind does not fit.
    """
    if kind == "regression":
        return ()
    counts = as_strings(column).value_counts()
    if len(counts) == 1:
        raise TargetError(
            f"A target needs two classes. {column.name!r} has only {str(counts.index[0])!r}."
        )
    if counts.max() == 1 and not told:
        raise TargetError(
            f"Every row has its own class in {column.name!r}; it looks like an id. "
            "Name another target, or pass kind 'regression' if it is a quantity."
        )
    if kind == "binary" and len(counts) > 2:
        raise TargetError(
            f"A binary target has two classes. {column.name!r} has {len(counts)}; "
            "pass kind 'multiclass'."
        )
    labels = {text: _label(value) for text, value in zip(as_strings(column), column, strict=True)}
    try:
        return tuple(sorted(labels.values()))
    except TypeError:
        return tuple(sorted(labels.values(), key=str))


def _label(value: Any) -> Any:
    """A JSON-able label: numpy scalars become Python's, strings lose their outer blanks."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, (bool, int, float)) else str(value).strip()


def class_codes(column: pd.Series, classes: tuple[Any, ...]) -> NDArray[np.int64]:
    """The position of each label in `classes`; -1 for labels never seen. Compared as strings."""
    known = tuple(as_strings(pd.Series([label])).iloc[0] for label in classes)
    return np.asarray(as_categories(column, known).codes, dtype=np.int64)


def numeric_target(column: pd.Series) -> NDArray[np.float64]:
    """The target as numbers.

    Raises:
        TargetError: A value is no finite number.
    """
    numbers = as_numbers(column)
    bad = np.isnan(numbers)
    if bad.any():
        value = column.iloc[int(np.argmax(bad))]
        raise TargetError(
            f"A regression target holds finite numbers. {column.name!r} has {value!r}; "
            "mend those rows, or pass kind 'multiclass'."
        )
    return numbers


def encode_target(column: pd.Series, kind: Kind, classes: tuple[Any, ...]) -> NDArray[Any]:
    """Class codes or numbers, whichever the kind needs."""
    return numeric_target(column) if kind == "regression" else class_codes(column, classes)


def encode_targets(columns: Sequence[pd.Series], targets: Sequence[Target]) -> NDArray[Any]:
    """One target as its kind needs it (rows,); several side by side, see `Table`."""
    if len(targets) == 1:
        return encode_target(columns[0], targets[0].kind, targets[0].classes)
    found = np.full((len(columns[0]), len(targets)), np.nan)
    for place, (column, target) in enumerate(zip(columns, targets, strict=True)):
        known = is_known(column)
        found[known, place] = encode_target(column[known], target.kind, target.classes)
    return found
