"""Turns raw columns into typed ones: numbers, categories, dates, text. Used alike to find out
what a column is, to train and to predict, so that the three never disagree.

A value is read by itself, whatever stands beside it: 1, 1.0 and "1" are the same level of a
category wherever they come from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netwright.data.dtypes import plain
from netwright.data.numerals import PLAIN, Notation, find_notation

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
PLACEHOLDERS = frozenset(
    {
        "-",
        "--",
        "---",
        ".",
        "*",
        "none",
        "nil",
        "unknown",
        "missing",
        "n.a.",
        "n.a",
        "not available",
    }
)
"""Words for 'nothing here', in lower case, that are values of their own elsewhere: they count as
missing among numbers only."""
TRUE_WORDS = frozenset({"true", "t", "yes", "y", "on", "1"})
FALSE_WORDS = frozenset({"false", "f", "no", "n", "off", "0"})
"""Spellings of the two truth values, in lower case."""
CLOCK = re.compile(
    r"-?(\d{1,3}):(\d\d)(:\d\d(\.\d+)?)?( ?[AaPp]\.?[Mm]\.?)?"
    r"|-?\d+ days?( [+-]?\d\d:\d\d:\d\d(\.\d+)?)?"
)
"""A duration or a time of day: 12:30, 0:05:59.5, 3 days 04:00:00."""
WHOLE = 2.0**53
"""Floats beyond this have no fraction that could be lost, and may have lost digits already."""


def is_textual(series: pd.Series) -> bool:
    """Whether values are Python or Arrow strings, or a mix of objects."""
    return (
        series.dtype == object
        or pd.api.types.is_string_dtype(series.dtype)
        or isinstance(series.dtype, pd.CategoricalDtype)
    )


def as_strings(series: pd.Series) -> pd.Series:
    """Stripped strings, blanks missing; whole numbers lose their '.0' so that 1 and 1.0 agree."""
    series = plain(series)
    if isinstance(series.dtype, pd.CategoricalDtype):
        levels = as_strings(pd.Series(series.cat.categories))
        return _spread(series.cat.codes.to_numpy(), levels, series)
    if pd.api.types.is_bool_dtype(series.dtype):
        return series.map({True: "True", False: "False"}).astype("str").where(series.notna())
    if pd.api.types.is_integer_dtype(series.dtype):
        return series.astype("str").where(series.notna())
    if pd.api.types.is_float_dtype(series.dtype):
        return _by_value(series, _float_texts)
    if series.dtype == object:
        return _by_value(series, _object_texts)
    texts = series.astype("str").str.strip()
    return texts.mask(texts.isin(BLANKS))


def _by_value(series: pd.Series, texts: Callable[[Any], list[str | None]]) -> pd.Series:
    """Texts of the different values, put where the values stand; missing ones stay missing."""
    codes, values = pd.factorize(series)
    return _spread(codes, pd.Series(texts(values), dtype="str"), series)


def _spread(codes: NDArray[Any], levels: pd.Series, like: pd.Series) -> pd.Series:
    """The level of each code, missing for -1, in place of another column's values."""
    taken = levels.astype("str").reindex(codes)
    return pd.Series(taken.array, index=like.index, name=like.name)


def _float_texts(values: NDArray[np.floating[Any]]) -> list[str | None]:
    return [_float_text(value) for value in values]


def _float_text(value: Any) -> str:
    """The shortest digits that mean the number in its own precision, whole ones without a point."""
    whole = float(value)
    return str(int(whole)) if whole.is_integer() and abs(whole) < WHOLE else str(value)


def _object_texts(values: Any) -> list[str | None]:
    texts = [_scalar_text(value) for value in values]
    return [None if text in BLANKS else text for text in texts]


def _scalar_text(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (float, np.floating)):
        return _float_text(value)
    return str(value).strip()


# ------------------------------------------------------------------------------- numbers


def as_numbers(
    series: pd.Series,
    format: str | None = None,
    reading: str | None = None,
    comma: bool = False,
) -> NDArray[np.float64]:
    """Float64 values; what is no number, and what is infinite, is NaN.

    Args:
        series: Any column.
        format: How its numbers are written, see `netwright.data.numerals`; None for plainly.
        reading: `boolean` where words such as true and no are ones and zeros, `duration` where
            12:30 and 3 days are seconds.
        comma: Whether other columns of these rows write decimals with a comma.
    """
    series = plain(series)
    if pd.api.types.is_timedelta64_dtype(series.dtype):
        numbers = series.dt.total_seconds().to_numpy(dtype=np.float64)
    elif is_textual(series):
        codes, texts = pd.factorize(as_strings(series))
        found = _text_numbers(pd.Series(texts), format, reading, comma)
        numbers = np.append(found, np.nan)[codes]  # a code of -1 is missing
    elif pd.api.types.is_datetime64_any_dtype(series.dtype):
        numbers = np.full(len(series), np.nan)
    else:
        numbers = series.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _text_numbers(
    texts: pd.Series, format: str | None, reading: str | None, comma: bool
) -> NDArray[np.float64]:
    """Numbers of different texts; NaN where one is none.

    Texts of a column that was learned plain may come from a file that writes decimal commas.
    """
    notation = Notation() if format is None else Notation.of(format) or Notation()
    found = notation.read(texts) if len(texts) else np.empty(0)
    unread = np.isnan(found)
    if unread.any() and reading == "duration":
        found[unread] = _durations(texts[unread])
    elif unread.any() and reading == "boolean":
        words = texts[unread].str.lower()
        truth = words.isin(TRUE_WORDS).to_numpy()
        found[unread] = np.where(truth, 1.0, np.where(words.isin(FALSE_WORDS), 0.0, np.nan))
    elif (unread.any() or comma) and format is None:
        other = find_notation(texts, comma, least=1)
        found = found if other is None else other.read(texts)
    return found


def is_duration(texts: pd.Series) -> bool:
    """Whether all texts are durations or times of day, such as 12:30 or 3 days 04:00:00."""
    return len(texts) > 0 and bool(texts.str.fullmatch(CLOCK.pattern).all())


def _durations(texts: pd.Series) -> NDArray[np.float64]:
    """Seconds; NaN where a text is no duration."""
    half = texts.str.extract(r"(?i)^(.*?) ?([ap])\.?m\.?$")
    if half[1].notna().any():
        return _half_days(texts, half)
    short = texts.str.fullmatch(r"-?\d{1,3}:\d\d")
    whole = texts.where(~short.astype(bool), texts + ":00")
    found = pd.to_timedelta(whole.astype(object), errors="coerce")
    return np.asarray(found / pd.Timedelta(seconds=1), dtype=np.float64)


def _half_days(texts: pd.Series, half: pd.DataFrame) -> NDArray[np.float64]:
    """Seconds since midnight, of times that say a.m. or p.m."""
    clock = _durations(half[0].where(half[0].notna(), texts))
    hours = np.floor(clock / 3600)
    later = 12.0 * (half[1].str.lower() == "p").to_numpy() - 12.0 * (hours == 12)
    return np.where(half[1].notna(), clock + 3600 * later, clock)


# --------------------------------------------------------------------------------- dates


def as_dates(series: pd.Series, format: str | None) -> pd.Series:
    """Timestamps without zone, those with one in UTC; what cannot be read is missing.

    Text is read by the format, else as ISO, else by any known format that names day and month in
    the same order.
    """
    series = plain(series)
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        parsed = pd.to_datetime(series, utc=True)
    elif pd.api.types.is_numeric_dtype(series.dtype) and not _is_digits(format):
        parsed = _number_dates(series)
    else:
        codes, texts = pd.factorize(as_strings(series))
        found = _text_dates(pd.Series(texts, dtype="str"), format)
        parsed = pd.Series(found.reindex(codes).array, index=series.index, name=series.name)
    return parsed.dt.tz_localize(None).astype("datetime64[us]")


EPOCHS = {"s": 1e8, "ms": 1e11, "us": 1e14, "ns": 1e17}
"""Unit to the least number since 1970 that is taken to be in it: 1973 and later."""


def _number_dates(series: pd.Series) -> pd.Series:
    """Numbers as dates: 20240131, or seconds, milliseconds, ... since 1970 by their size."""
    numbers = pd.Series(as_numbers(series), index=series.index)
    typical = float(numbers.abs().median())
    if 1.9e7 <= typical < 2.2e7:
        days = numbers.astype("Int64").astype("str").where(numbers.notna())
        return pd.to_datetime(days, format="%Y%m%d", errors="coerce", utc=True)
    units = [unit for unit, least in EPOCHS.items() if typical >= least]
    if not units:
        return pd.Series(pd.NaT, index=series.index, dtype="datetime64[us, UTC]")
    unit: Any = units[-1]
    return pd.to_datetime(numbers, unit=unit, errors="coerce", utc=True)


def _is_digits(format: str | None) -> bool:
    """Whether a format writes nothing but digits, so that its dates may come as numbers."""
    return format is not None and re.fullmatch(r"(%[YmdHMSjy])+", format) is not None


def _text_dates(texts: pd.Series, format: str | None) -> pd.Series:
    found = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[us, UTC]")
    for one in (format, "ISO8601", *_same_order(format)):
        if one is None or (_is_digits(one) and one != format):
            continue
        unread = found.isna() & texts.notna()
        if not unread.any():
            break
        read = pd.to_datetime(texts[unread], format=one, errors="coerce", utc=True)
        found[unread] = read.astype("datetime64[us, UTC]")
    return found


def _same_order(format: str | None) -> list[str]:
    """Formats that do not name the month first where a date's own format names the day first, and
    the other way round; all that name it by its name."""
    if format is None or not {"%d", "%m"} <= {format[i : i + 2] for i in range(len(format))}:
        return [one for one in DATE_FORMATS if "%b" in one or "%B" in one or one[:2] == "%Y"]
    day_first = format.index("%d") < format.index("%m")
    ordered = [one for one in DATE_FORMATS if "%m" in one and "%d" in one]
    same = [one for one in ordered if (one.index("%d") < one.index("%m")) == day_first]
    return [*same, *(one for one in DATE_FORMATS if one not in ordered)]


# ---------------------------------------------------------------------------- categories


def as_categories(
    series: pd.Series, categories: tuple[str, ...], reading: str | None = None
) -> pd.Categorical:
    """Known categories as codes; unknown ones are missing.

    A value that is not spelled like any category is the one that means the same number (7, 7.0
    and 007), where the column was `boolean` the same truth value, or that differs from it in case
    only; where two are, it is missing.
    """
    series = plain(series)
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes, values = series.cat.codes.to_numpy(), pd.Series(series.cat.categories)
    elif pd.api.types.is_string_dtype(series.dtype) and series.dtype != object:
        codes, values = _factorized(series)
    else:
        codes, found = pd.factorize(series)
        values = pd.Series(found, dtype=None if len(found) else "str")
    texts = as_strings(values)
    known, like = _levels(categories), _alike(categories, reading == "boolean")
    places = [
        -1 if missing else known.get(text, _like(text, like, reading))
        for text, missing in zip(texts, texts.isna(), strict=True)
    ]
    taken = np.append(np.array(places, dtype=np.int64), -1)[codes]
    return pd.Categorical.from_codes(taken, categories=pd.Index(list(categories), dtype="str"))


def _factorized(series: pd.Series) -> tuple[NDArray[np.int64], pd.Series]:
    codes, found = pd.factorize(series)
    return codes, pd.Series(found, dtype="str")


def _like(text: str, like: Mapping[Any, int], reading: str | None) -> int:
    """The level that means the same, or differs in upper and lower case only; -1 for none."""
    return like.get(_meaning(text, reading), like.get(text.lower(), -1))


@lru_cache(maxsize=256)
def _levels(categories: tuple[str, ...]) -> Mapping[str, int]:
    return {name: place for place, name in enumerate(categories)}


@lru_cache(maxsize=256)
def _alike(categories: tuple[str, ...], boolean: bool) -> Mapping[Any, int]:
    """What categories mean, less those that several mean."""
    found: dict[Any, int] = {}
    repeated = set()
    for place, name in enumerate(categories):
        for meaning in {_meaning(name, "boolean" if boolean else None), name.lower()} - {None}:
            if meaning in found:
                repeated.add(meaning)
            found[meaning] = place
    return {meaning: place for meaning, place in found.items() if meaning not in repeated}


def _meaning(text: str, reading: str | None) -> Any:
    """The truth value or number that a text stands for; None for neither."""
    word = text.lower()
    if reading == "boolean":
        if word in ("1.0", "0.0"):
            word = word[0]
        return True if word in TRUE_WORDS else False if word in FALSE_WORDS else None
    if not PLAIN.fullmatch(text):
        return None
    if re.fullmatch(r"[+-]?\d+(\.0*)?", text):
        return ("number", int(text.partition(".")[0]))
    number = float(text)
    return ("number", int(number) if number.is_integer() else number)


def are_truth_values(texts: pd.Series) -> bool:
    """Whether distinct texts are spellings of true and false, one of each at most."""
    words = {str(text).lower() for text in texts}
    fitting = words <= TRUE_WORDS | FALSE_WORDS
    return fitting and len(words & TRUE_WORDS) <= 1 and len(words & FALSE_WORDS) <= 1


def as_text(series: pd.Series) -> pd.Series:
    """Strings, with an empty one where nothing is there."""
    return as_strings(series).fillna("").astype("str")


def group_codes(series: pd.Series) -> NDArray[np.int64]:
    """The same number for rows of the same group, from 0; rows without one are one group."""
    return np.asarray(pd.factorize(as_strings(series).fillna("missing"))[0], dtype=np.int64)
