"""Finds out what each column is: number, category, date, text, id or constant.

Every inference is told to the audit trail in plain words, and a schema file overrides it:
`{"zip": "category", "comment": {"type": "text"}, "notes": "ignore"}` in JSON or YAML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from netwright.core.audit import Audit
from netwright.core.errors import ConfigError, DataError, unknown_name
from netwright.core.task import COLUMN_TYPES, Column, ColumnType, Schema
from netwright.data.images import (
    as_cells,
    channels_first,
    common_shape,
    fit_shape,
    holds_pictures,
)
from netwright.data.values import (
    DATE_FORMATS,
    as_categories,
    as_dates,
    as_numbers,
    as_strings,
    as_text,
    is_textual,
)

MAX_CATEGORIES = 5000
"""Categories beyond the most frequent ones count as missing."""
TEXT_WORDS = 3.0
"""Mean words a value from which distinct strings read as text."""
SAMPLE_ROWS = 5000
MOST_PIXELS = 64
"""Longer side of the pictures nets learn from, unless a schema file gives another shape."""
ID_NAME = re.compile(r"(^|[_\s.-])(id|uuid|guid|key|index)$|^unnamed: ?\d+$|[a-z]ID$", re.I)


def infer_schema(
    frame: pd.DataFrame, audit: Audit, overrides: Mapping[str, Any] | None = None
) -> Schema:
    """Types every column of a frame of inputs (the target is not among them).

    Raises:
        DataError: A column holds lists or other nested values.
        UnknownName: An override names a column that is not there.
    """
    told = _read_overrides(overrides or {}, frame)
    plain = _plain_numbers(frame.drop(columns=list(told)))
    columns = []
    for name in frame.columns:
        if name in plain:
            audit.say("schema", f"Column {name!r} is number: it holds numbers.", column=name)
            columns.append(plain[name])
        else:
            columns.append(infer_column(frame[name], audit, told.get(name)))
    return Schema(tuple(columns))


def _plain_numbers(frame: pd.DataFrame) -> dict[str, Column]:
    """Float columns without gaps that vary, all at once: thousands of columns are common."""
    floats = frame.select_dtypes(np.floating)
    values = floats.to_numpy()
    if values.size == 0:
        return {}
    with np.errstate(invalid="ignore"):
        plain = ~np.isnan(values).any(axis=0) & (values != values[0]).any(axis=0)
    return {name: Column(name, "number") for name in floats.columns[plain]}


def infer_column(series: pd.Series, audit: Audit, told: Mapping[str, Any] | None = None) -> Column:
    """Types one column; `told` is a person's word for it."""
    name = str(series.name)
    told = told or {}
    if told.get("type") == "ignore":
        return Column(name, "constant", dropped="ignored by the schema file")
    if holds_pictures(series):
        return _image_column(series, audit, told)
    _refuse_nested(series)
    strings = as_strings(series) if is_textual(series) else None
    missing = series.isna() if strings is None else strings.isna()
    optional = bool(missing.any())
    if missing.all():
        audit.say("schema", f"Column {name!r} is empty and was dropped.", column=name)
        return Column(name, "constant", optional=True, dropped="all values are missing")
    kind, format, why = _guess(series, strings)
    if "type" in told:
        kind, format, why = told["type"], told.get("format"), "the schema file says so"
    if kind == "date" and format is None and strings is not None:
        format = _date_format(strings.dropna())
    dropped = {"id": "it only names the row", "constant": "it has one value only"}.get(kind)
    categories = _categories(series, strings) if kind == "category" else ()
    audit.say(
        "schema",
        f"Column {name!r} is {kind}: {why}."
        + (f" It was dropped: {dropped}." if dropped else "")
        + (f" {int(missing.sum())} values are missing." if optional else ""),
        column=name,
        type=kind,
    )
    return Column(name, kind, format, optional, dropped, categories)


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
    return Column(name, "image", shape=shape)


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


def _refuse_nested(series: pd.Series) -> None:
    if series.dtype != object:
        if "list" in str(series.dtype) or "struct" in str(series.dtype):
            raise _nested(series, "lists")
        return
    for value in series.dropna().head(100):
        if isinstance(value, (list, tuple, dict, set, np.ndarray)):
            raise _nested(series, f"{type(value).__name__} values")


def _nested(series: pd.Series, what: str) -> DataError:
    return DataError(
        f"Columns must hold plain values. Column {series.name!r} holds {what}; spread it into "
        "several columns, or set it to 'ignore' in a schema file."
    )


def _guess(series: pd.Series, strings: pd.Series | None) -> tuple[ColumnType, str | None, str]:
    """Type, date format and reason."""
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        return "date", None, "it holds timestamps"
    if strings is None:
        return _guess_numeric(series)
    present = strings.dropna()
    distinct = present.nunique()
    if distinct == 1 and len(present) == len(series):
        return "constant", None, "every value is the same"
    numeric = pd.to_numeric(present, errors="coerce")
    share = float(numeric.notna().mean())
    if share == 1.0 or (share > 0.98 and distinct > 20):
        other = "" if share == 1.0 else "; the few that are not count as missing"
        return "number", None, f"its values read as numbers{other}"
    return _guess_strings(str(series.name), present, distinct)


def _guess_numeric(series: pd.Series) -> tuple[ColumnType, str | None, str]:
    name = str(series.name)
    if pd.api.types.is_bool_dtype(series.dtype):
        if series.nunique(dropna=False) == 1:
            return "constant", None, "every value is the same"
        return "category", None, "it holds true and false"
    values = series.dropna()
    distinct = values.nunique()
    if distinct == 1 and len(values) == len(series):
        return "constant", None, "every value is the same"
    if distinct == len(series) > 20 and pd.api.types.is_integer_dtype(series.dtype):
        steps = np.diff(values.to_numpy())
        if ID_NAME.search(name) or (steps == 1).all():
            return "id", None, "every row has its own whole number"
    return "number", None, "it holds numbers"


def _guess_strings(
    name: str, present: pd.Series, distinct: int
) -> tuple[ColumnType, str | None, str]:
    sample = present.iloc[:SAMPLE_ROWS]
    format = _date_format(present)
    if format is not None:
        shown = "ISO dates" if format == "ISO8601" else f"dates written {format}"
        return "date", None if format == "ISO8601" else format, f"it holds {shown}"
    words = float(sample.str.count(r"\s+").mean()) + 1.0
    unique = distinct / len(present)
    if words >= TEXT_WORDS and (unique > 0.2 or distinct > MAX_CATEGORIES):
        return "text", None, f"its values are sentences of about {words:.0f} words"
    if distinct == len(present) > 20 and words < 1.5:
        return "id", None, "every row has its own value"
    if ID_NAME.search(name) and unique > 0.9 and words < 1.5:
        return "id", None, "its name says id and almost every row has its own value"
    return "category", None, f"it has {distinct} different values"


def _date_format(present: pd.Series) -> str | None:
    """The format all values share: the first of `DATE_FORMATS` that reads every one of them.

    Day first against month first is settled by the values where they can; where both read all,
    by which of the two gives the shorter span of time.
    """
    sample = present.drop_duplicates().iloc[:SAMPLE_ROWS]
    if not sample.str.match(r"^(?=.*\d)[\d\sA-Za-z:/.,+-]{6,32}$").all():
        return None
    if not sample.str.contains(r"\d[-/. :]|[A-Za-z]{3}", regex=True).all():
        return None
    probe = sample.iloc[:50]
    fitting = [
        format
        for format in DATE_FORMATS
        if _reads(probe, format) and (len(sample) <= 50 or _reads(sample, format))
    ]
    if not fitting:
        return "ISO8601" if _reads(sample, "ISO8601") else None
    spans = {format: np.ptp(pd.to_datetime(sample, format=format)) for format in fitting[:2]}
    return min(spans, key=lambda format: (spans[format], fitting.index(format)))


def _reads(sample: pd.Series, format: str) -> bool:
    return bool(pd.to_datetime(sample, format=format, errors="coerce", utc=True).notna().all())


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
    for column in schema.used:
        if column.name in ready:
            columns[column.name] = ready[column.name]
            continue
        if column.name in frame.columns:
            series = frame[column.name]
        else:
            series = pd.Series(np.nan, index=frame.index, dtype="float64")
        columns[column.name] = _typed_column(series, column)
    return pd.DataFrame(columns, index=frame.index if index else None)


def _ready_numbers(frame: pd.DataFrame, schema: Schema) -> dict[str, Any]:
    """Number columns that are floats already, all at once; infinities become missing."""
    wanted = set(schema.of_type("number"))
    floats = frame.select_dtypes("float64")
    floats = floats[[name for name in floats.columns if name in wanted]]
    values = floats.to_numpy(copy=True)
    values[~np.isfinite(values)] = np.nan
    return dict(zip(floats.columns, values.T, strict=True))


def _typed_column(series: pd.Series, column: Column) -> Any:
    if column.type == "number":
        return as_numbers(series)
    if column.type == "category":
        return as_categories(series, column.categories)
    if column.type == "date":
        return as_dates(series, column.format).to_numpy()
    if column.type == "image":
        return as_cells(fit_shape(picture, column.shape) for picture in series)
    return as_text(series).to_numpy(dtype=object)
