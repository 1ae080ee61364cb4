"""Finds out what each column is: number, category, date, text, id or constant.

Every inference is told to the audit trail in plain words, and a schema file overrides it:
`{"zip": "category", "comment": {"type": "text"}, "notes": "ignore"}` in JSON or YAML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from netwright.core.audit import Audit
from netwright.core.errors import ConfigError, DataError, unknown_name
from netwright.core.task import COLUMN_TYPES, Column, Schema
from netwright.data.column_types import (
    MAX_CATEGORIES,
    Guess,
    Surroundings,
    date_format,
    guess_type,
)
from netwright.data.dtypes import float_columns, plain
from netwright.data.images import as_cells, holds_pictures
from netwright.data.numerals import decides_for_comma, find_notation
from netwright.data.pixels import brightest_of, channels_first, common_shape, fit_shape
from netwright.data.values import (
    are_truth_values,
    as_categories,
    as_dates,
    as_numbers,
    as_strings,
    as_text,
    is_duration,
    is_textual,
)

MOST_PIXELS = 64
"""Longer side of the pictures nets learn from, unless a schema file gives another shape."""
DROPPED = {"id": "it only names the row", "constant": "it has one value only"}


def infer_schema(
    frame: pd.DataFrame,
    audit: Audit,
    overrides: Mapping[str, Any] | None = None,
    around: Surroundings | None = None,
) -> Schema:
    """Types every column of a frame of inputs (the target is not among them).

    Args:
        frame: Raw columns.
        audit: Is told what was found, and why.
        overrides: A person's word for some of them.
        around: What else is known.

    Raises:
        DataError: A column holds lists or other nested values.
        UnknownName: An override names a column that is not there.
    """
    told = _read_overrides(overrides or {}, frame)
    ready = _plain_numbers(frame.drop(columns=list(told)))
    others = [name for name in frame.columns if name not in ready]
    around = replace(around or Surroundings(), comma=_writes_commas(frame[others]))
    columns = []
    for name in frame.columns:
        if name in ready:
            audit.say("schema", f"Column {name!r} is number: it holds numbers.", column=name)
            columns.append(ready[name])
        else:
            columns.append(infer_column(frame[name], audit, told.get(name), around))
    return Schema(tuple(columns))


def _plain_numbers(frame: pd.DataFrame) -> dict[str, Column]:
    """Float columns without gaps that vary, all at once: thousands of columns are common."""
    floats = frame[float_columns(frame)]
    values = floats.to_numpy()
    if values.size == 0:
        return {}
    with np.errstate(invalid="ignore"):
        ready = ~np.isnan(values).any(axis=0) & (values != values[0]).any(axis=0)
        truth = ((values == 0) | (values == 1)).all(axis=0)
    return {
        name: Column(name, "number", reading="boolean" if only else None)
        for name, only in zip(floats.columns[ready], truth[ready], strict=True)
    }


def _writes_commas(frame: pd.DataFrame) -> bool:
    """Whether some column can only be read with a comma before its decimals."""
    texts = frame.select_dtypes(["object", "string", "category"])
    return any(
        not holds_pictures(texts[name]) and decides_for_comma(_some_texts(texts[name]))
        for name in texts.columns
    )


def _some_texts(series: pd.Series) -> pd.Series:
    try:
        return as_strings(series.dropna().iloc[:1000]).dropna()
    except DataError:  # nested values: refused where the column is typed, unless it is ignored
        return pd.Series(dtype="str")


def infer_column(
    series: pd.Series,
    audit: Audit,
    told: Mapping[str, Any] | None = None,
    around: Surroundings | None = None,
) -> Column:
    """Types one column; `told` is a person's word for it."""
    name = str(series.name)
    told = told or {}
    if told.get("type") == "ignore":
        return Column(name, "constant", dropped="ignored by the schema file")
    if holds_pictures(series):
        return _image_column(series, audit, told)
    series = plain(series)
    strings = as_strings(series) if is_textual(series) else None
    missing = series.isna() if strings is None else strings.isna()
    optional = bool(missing.any())
    if missing.all():
        audit.say("schema", f"Column {name!r} is empty and was dropped.", column=name)
        return Column(name, "constant", optional=True, dropped="all values are missing")
    if "type" in told:
        guess = _as_told(told, series, strings)
    else:
        guess = guess_type(series, strings, around or Surroundings())
    dropped = DROPPED.get(guess.type)
    categories = _categories(series, strings) if guess.type == "category" else ()
    audit.say(
        "schema",
        f"Column {name!r} is {guess.type}: {guess.why}."
        + (f" It was dropped: {dropped}." if dropped else "")
        + (" Pass --keep-ids if it tells something." if guess.type == "id" else "")
        + (f" {int(missing.sum())} values are missing." if optional else ""),
        column=name,
        type=guess.type,
        note=guess.note,
    )
    return Column(
        name,
        guess.type,
        guess.format,
        optional,
        dropped,
        categories,
        reading=guess.reading,
        missing=float(missing.mean()),
    )


def _as_told(told: Mapping[str, Any], series: pd.Series, strings: pd.Series | None) -> Guess:
    """A person's word for a type, with the format found where it is not told."""
    kind, format, reading = told["type"], told.get("format"), None
    present = None if strings is None else strings.dropna()
    if kind == "date" and format is None and present is not None:
        format = date_format(present)
        format = None if format == "ISO8601" else format
    if kind == "number" and present is not None and format is None:
        if is_duration(present):
            reading = "duration"
        elif (notation := find_notation(present)) is not None:
            format = notation.pattern
    if pd.api.types.is_timedelta64_dtype(series.dtype):
        reading = "duration"
    if kind == "number" and reading is None:
        numbers = as_numbers(series, format, "boolean")
        reading = "boolean" if np.isin(numbers[~np.isnan(numbers)], (0.0, 1.0)).all() else None
    if kind == "category" and are_truth_values(pd.Series(as_strings(series).dropna().unique())):
        reading = "boolean"
    return Guess(kind, "the schema file says so", format, reading)  # type: ignore[arg-type]


def _image_column(series: pd.Series, audit: Audit, told: Mapping[str, Any]) -> Column:
    name = str(series.name)
    shape = tuple(told.get("shape") or common_shape(series, MOST_PIXELS))
    if len(shape) != 3 or any(not isinstance(side, int) or side < 1 for side in shape):
        raise ConfigError(
            f"The shape of pictures is [channels, height, width]. Got {list(shape)} for {name!r}."
        )
    size = "x".join(map(str, shape[1:]))
    colour = "grey" if shape[0] == 1 else "in colour"
    shapes = {channels_first(picture).shape for picture in series}
    why = "all alike" if shapes == {shape} else "to which all are brought"
    audit.say("schema", f"Column {name!r} is image: {size} pixels, {colour}, {why}.", column=name)
    return Column(name, "image", shape=shape, brightest=brightest_of(series))


def _read_overrides(overrides: Mapping[str, Any], frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    told: dict[str, dict[str, Any]] = {}
    for name, value in overrides.items():
        if name not in frame.columns:
            raise unknown_name("column", name, map(str, frame.columns))
        entry = {"type": value} if isinstance(value, str) else dict(value)
        allowed = (*COLUMN_TYPES, "ignore")
        if entry.get("type") not in allowed:
            raise ConfigError(
                f"A column's type is one of {', '.join(allowed)}. "
                f"The schema gives {entry.get('type')!r} for {name!r}."
            )
        told[name] = entry
    return told


def _categories(series: pd.Series, strings: pd.Series | None) -> tuple[str, ...]:
    counted = (as_strings(series) if strings is None else strings).value_counts()
    ordered = sorted(counted.items(), key=lambda item: (-item[1], str(item[0])))
    return tuple(str(name) for name, _ in ordered[:MAX_CATEGORIES])


def typed(frame: pd.DataFrame, schema: Schema, index: bool = True) -> pd.DataFrame:
    """The used columns of a raw frame, typed: the one way rows reach a model.

    Extra and reordered columns do not matter; a column that had missing values in training may
    be absent; unseen categories count as missing.

    Raises:
        DataError: A needed column is absent.
    """
    absent = [c.name for c in schema.used if c.name not in frame.columns]
    needed = [name for name in absent if not schema[name].optional]
    if needed:
        raise DataError(
            f"The data lacks the column {needed[0]!r}"
            + (f" and {len(needed) - 1} others" if len(needed) > 1 else "")
            + ", which the model needs; add it."
        )
    columns: dict[str, Any] = {}
    ready = _ready_numbers(frame, schema)
    numbers = [c.name for c in schema.used if c.type == "number" and c.name in frame.columns]
    comma = _writes_commas(frame[[name for name in numbers if name not in ready]])
    for column in schema.used:
        if column.name in ready:
            columns[column.name] = ready[column.name]
            continue
        if column.name in frame.columns:
            series = frame[column.name]
        else:
            series = pd.Series(np.nan, index=frame.index, dtype="float64")
        columns[column.name] = _typed_column(series, column, comma)
    return pd.DataFrame(columns, index=frame.index if index else None)


def _ready_numbers(frame: pd.DataFrame, schema: Schema) -> dict[str, Any]:
    """Number columns that are floats already, all at once; infinities become missing."""
    wanted = set(schema.of_type("number"))
    floats = frame[[name for name in float_columns(frame) if name in wanted]]
    values = floats.to_numpy(dtype=np.float64, copy=True)
    values[~np.isfinite(values)] = np.nan
    return dict(zip(floats.columns, values.T, strict=True))


def _typed_column(series: pd.Series, column: Column, comma: bool) -> Any:
    if column.type == "number":
        return as_numbers(series, column.format, column.reading, comma)
    if column.type == "category":
        return as_categories(series, column.categories, column.reading)
    if column.type == "date":
        return as_dates(series, column.format).to_numpy()
    if column.type == "image":
        return as_cells(fit_shape(picture, column.shape, column.brightest) for picture in series)
    return as_text(series).to_numpy(dtype=object)
