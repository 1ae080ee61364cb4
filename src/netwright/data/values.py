"""Turns raw columns into typed ones: numbers, categories, dates, text. Used alike to find out
what a column is, to train and to predict, so that the three never disagree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

BLANKS = frozenset(
    {"", "?", "NA", "N/A", "n/a", "na", "NaN", "nan", "null", "NULL", "#N/A", "<NA>", "NaT"}
)
"""Spellings of 'nothing here' that count as missing in every column."""

DATE_FORMATS = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M:%S",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%m-%d-%Y",
    "%d-%m-%Y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%Y%m%d%H%M%S",
)


def is_textual(series: pd.Series) -> bool:
    """Whether values are Python or Arrow strings, or a mix of objects."""
    return (
        series.dtype == object
        or pd.api.types.is_string_dtype(series.dtype)
        or isinstance(series.dtype, pd.CategoricalDtype)
    )


def as_strings(series: pd.Series) -> pd.Series:
    """Stripped strings, blanks missing; whole numbers lose their '.0' so that 1 and 1.0 agree."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(series.cat.categories.dtype)
    if pd.api.types.is_bool_dtype(series.dtype):
        return series.map({True: "True", False: "False"}).astype("str")
    if pd.api.types.is_numeric_dtype(series.dtype):
        numbers = series.astype("float64")
        present = numbers.dropna()
        whole = bool(((present % 1 == 0) & (present.abs() < 2**53)).all())
        texts = present.astype("int64").astype("str") if whole else present.astype("str")
        return texts.reindex(series.index)
    if series.dtype == object:
        series = series.map(_scalar_text, na_action="ignore")
    texts = series.astype("str").str.strip()
    return texts.mask(texts.isin(BLANKS))


def _scalar_text(value: Any) -> str | None:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None if value is None else str(value)


def as_numbers(series: pd.Series) -> NDArray[np.float64]:
    """Float64 values; what is no number, and what is infinite, is NaN."""
    if is_textual(series):
        series = pd.to_numeric(as_strings(series), errors="coerce")
    elif pd.api.types.is_datetime64_any_dtype(series.dtype):
        series = series.astype("int64")
    numbers = series.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def as_dates(series: pd.Series, format: str | None) -> pd.Series:
    """Timestamps without zone; what cannot be read is missing."""
    if is_textual(series):
        texts = as_strings(series)
        parsed = pd.to_datetime(texts, format=format or "ISO8601", errors="coerce", utc=True)
    elif pd.api.types.is_datetime64_any_dtype(series.dtype):
        parsed = pd.to_datetime(series, utc=True)
    else:
        parsed = pd.to_datetime(as_strings(series), format=format, errors="coerce", utc=True)
    return parsed.dt.tz_localize(None).astype("datetime64[us]")


def as_categories(series: pd.Series, categories: tuple[str, ...]) -> pd.Categorical:
    """Known categories as codes; unknown ones are missing."""
    strings = as_strings(series)
    return pd.Categorical(strings.where(strings.isin(categories)), categories=list(categories))


def as_text(series: pd.Series) -> pd.Series:
    """Strings, with an empty one where nothing is there."""
    return as_strings(series).fillna("").astype("str")


def group_codes(series: pd.Series) -> NDArray[np.int64]:
    """The same number for rows of the same group, from 0; rows without one are one group."""
    return np.asarray(pd.factorize(as_strings(series).fillna("missing"))[0], dtype=np.int64)
