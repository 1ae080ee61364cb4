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
from netwright.data.column_types import Surroundings, guess_type
from netwright.data.dtypes import plain
from netwright.data.images import CLASS, IMAGE
from netwright.data.values import (
    are_truth_values,
    as_categories,
    as_numbers,
    as_strings,
    is_textual,
)

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
    column = plain(column)
    return (_label_texts(column) if is_textual(column) else column).notna()


def _label_texts(column: pd.Series) -> pd.Series:
    """Labels as strings. The words of a categorical are labels whatever they are: NA may be a
    country, and a class folder may be called nan."""
    if isinstance(column.dtype, pd.CategoricalDtype) and is_textual(
        pd.Series(column.cat.categories)
    ):
        return column.astype("str").where(column.notna())
    return as_strings(column)


def infer_kind(column: pd.Series) -> tuple[Kind, str]:
    """Guesses the kind of task from the target's known values, and says what it went by.

    Raises:
        TargetError: It holds dates or durations.
    """
    column = plain(column)
    _refuse_times(column)
    if isinstance(column.dtype, pd.CategoricalDtype):
        distinct = _label_texts(column).nunique()
        return ("binary" if distinct <= 2 else "multiclass"), "it is a categorical"
    if pd.api.types.is_bool_dtype(column.dtype):
        return "binary", "it holds true and false"
    values = column
    if is_textual(column):
        texts = as_strings(column)
        distinct, guess = texts.nunique(), guess_type(column, texts, Surroundings(keep_ids=True))
        if guess.type == "date" or guess.reading == "duration":
            raise _no_times(column, "dates" if guess.type == "date" else "durations")
        if guess.type != "number" or not np.isfinite(as_numbers(column, guess.format)).all():
            return ("binary" if distinct == 2 else "multiclass"), f"it has {distinct} labels"
        values = pd.Series(as_numbers(column, guess.format))
    distinct = values.nunique()
    if distinct <= 2:
        return "binary", "it has two values"
    whole = bool((values % 1 == 0).all())
    few = distinct <= MAX_NUMERIC_CLASSES and distinct * 3 <= len(values)
    if whole and few:
        return "multiclass", f"it has {distinct} different whole numbers"
    return "regression", f"it has {distinct} different numbers"


def _refuse_times(column: pd.Series) -> None:
    categorical = isinstance(column.dtype, pd.CategoricalDtype)
    dtype = column.cat.categories.dtype if categorical else column.dtype
    if pd.api.types.is_datetime64_any_dtype(dtype):
        raise _no_times(column, "dates")
    if pd.api.types.is_timedelta64_dtype(dtype):
        raise _no_times(column, "durations")


def _no_times(column: pd.Series, what: str) -> TargetError:
    instead = {"dates": "the days until then", "durations": "its seconds"}[what]
    return TargetError(
        f"A target holds labels or numbers. {column.name!r} holds {what}; predict {instead} as a "
        "number instead, or write them as text and pass kind 'multiclass' if they are labels."
    )


def target_format(column: pd.Series, kind: Kind) -> str | None:
    """How a target's numbers are written, None for plainly and for classes."""
    column = plain(column)
    if kind != "regression" or not is_textual(column):
        return None
    return guess_type(column, as_strings(column), Surroundings(keep_ids=True)).format


def find_classes(column: pd.Series, kind: Kind, told: bool = False) -> tuple[Any, ...]:
    """The class labels in the type they have, sorted; empty for regression.

    Args:
        column: The target.
        kind: Of the task.
        told: Whether a person said so; then a class may have a single row.

    Raises:
        TargetError: There is one class only, every row has its own, or the kind does not fit.
    """
    if kind == "regression":
        return ()
    column = plain(column)
    texts = _label_texts(column)
    counts = texts.value_counts()
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
    first = ~texts.duplicated() & texts.notna()
    labels = [_label(*pair) for pair in zip(column[first], texts[first], strict=True)]
    try:
        return tuple(sorted(labels))
    except TypeError:
        return tuple(sorted(labels, key=str))


def with_positive(classes: tuple[Any, ...], positive: str, target: str) -> tuple[Any, ...]:
    """Two classes with the one that metrics are about behind the other.

    Raises:
        TargetError: There are not two, or none is called so.
    """
    named = {as_strings(pd.Series([label], dtype=object)).iloc[0]: label for label in classes}
    if len(classes) != 2 or positive not in named:
        raise TargetError(
            f"A positive class is one of two. {target!r} has {', '.join(named) or 'numbers'}; got "
            f"{positive!r}."
        )
    return (*(label for label in classes if label != named[positive]), named[positive])


def _label(value: Any, text: str) -> Any:
    """A JSON-able label: numpy scalars become Python's, all else is as it is written."""
    if isinstance(value, np.generic):
        value = value.item()
    return value if isinstance(value, (bool, int, float)) else text


def class_codes(column: pd.Series, classes: tuple[Any, ...]) -> NDArray[np.int64]:
    """The position of each label in `classes`; -1 for labels never seen. Compared by meaning."""
    column = plain(column)
    known = tuple(
        label if isinstance(label, str) else as_strings(pd.Series([label], dtype=object)).iloc[0]
        for label in classes
    )
    reading = "boolean" if are_truth_values(pd.Series(known)) else None
    codes = np.asarray(as_categories(column, known, reading).codes, dtype=np.int64)
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return codes
    exact = {name: place for place, name in enumerate(known)}
    named = _label_texts(column).map(exact).to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isnan(named), codes, np.nan_to_num(named)).astype(np.int64)


def unknown_labels(
    encoded: NDArray[Any], columns: Sequence[pd.Series], targets: Sequence[Target]
) -> list[str]:
    """Says which targets have labels in most rows that were never learned."""
    found = []
    for codes, column, target in zip(
        encoded.reshape(len(encoded), -1).T, columns, targets, strict=True
    ):
        unknown = codes == -1
        if target.classes and len(codes) and unknown.mean() > 0.5:
            shown = _shown(column.iloc[int(np.argmax(unknown))])
            found.append(
                f"The target {target.name!r} has labels never seen in {unknown.mean():.0%} of the "
                f"rows, such as {shown}."
            )
    return found


def _shown(value: Any) -> str:
    """A value as a person would write it."""
    return repr(value.item() if isinstance(value, np.generic) else value)


def numeric_target(column: pd.Series, format: str | None = None) -> NDArray[np.float64]:
    """The target as numbers.

    Raises:
        TargetError: A value is no finite number, or a date.
    """
    _refuse_times(plain(column))
    numbers = as_numbers(column, format)
    bad = np.isnan(numbers)
    if bad.any():
        value = column.iloc[int(np.argmax(bad))]
        raise TargetError(
            f"A regression target holds finite numbers. {column.name!r} has {value!r}; "
            "mend those rows, or pass kind 'multiclass'."
        )
    return numbers


def encode_target(column: pd.Series, target: Target) -> NDArray[Any]:
    """Class codes or numbers, whichever the target's kind needs."""
    if target.kind == "regression":
        return numeric_target(column, target.format)
    return class_codes(column, target.classes)


def encode_targets(columns: Sequence[pd.Series], targets: Sequence[Target]) -> NDArray[Any]:
    """One target as its kind needs it (rows,); several side by side, see `Table`."""
    if len(targets) == 1:
        return encode_target(columns[0], targets[0])
    found = np.full((len(columns[0]), len(targets)), np.nan)
    for place, (column, target) in enumerate(zip(columns, targets, strict=True)):
        known = is_known(column)
        found[known, place] = encode_target(column[known], target)
    return found
