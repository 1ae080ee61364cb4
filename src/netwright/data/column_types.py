"""What the values of one column are: numbers, categories, dates, text, an id, or one value only."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from netwright.core.task import ColumnType
from netwright.data.ids import OrderTest
from netwright.data.numerals import find_notation
from netwright.data.values import (
    DATE_FORMATS,
    PLACEHOLDERS,
    are_truth_values,
    as_numbers,
    is_duration,
)

MAX_CATEGORIES = 5000
"""Categories beyond the most frequent ones count as missing."""
TEXT_WORDS = 3.0
"""Mean words a value from which distinct strings read as text."""
SAMPLE_ROWS = 5000
ID_NAME = re.compile(r"(^|[_\s.-])(id|uuid|guid|key|index)$|^unnamed: ?\d+$|[a-z]ID$", re.I)
ID_ROWS = 20
"""A column of so few rows may differ in each by chance."""


@dataclass(frozen=True)
class Guess:
    """What a column seems to be.

    Attributes:
        type: Of the column.
        why: In a few words.
        format: Of dates or numbers, see `netwright.core.task.Column`.
        reading: See there.
        note: Whether a person should see it at once.
    """

    type: ColumnType
    why: str
    format: str | None = None
    reading: Literal["boolean", "duration"] | None = None
    note: bool = False


@dataclass(frozen=True)
class Surroundings:
    """What is known beside a column.

    Attributes:
        comma: Whether other columns write decimals with a comma.
        order_test: Tells whether the order of values says something of the target; None where
            no target is known.
        keep_ids: Whether columns that only name rows are kept.
    """

    comma: bool = False
    order_test: OrderTest | None = None
    keep_ids: bool = False

    def names_rows(self, values: pd.Series) -> bool:
        """Whether values that all differ only name the rows."""
        return not self.keep_ids and not (self.order_test and self.order_test.related(values))


def guess_type(series: pd.Series, strings: pd.Series | None, around: Surroundings) -> Guess:
    """Guesses what a column is.

    Args:
        series: Of a plain dtype, with at least one value.
        strings: The same as strings, where it is textual.
        around: What is known beside it.
    """
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        return Guess("date", "it holds timestamps")
    if pd.api.types.is_timedelta64_dtype(series.dtype):
        return Guess("number", "it holds durations, read as seconds", reading="duration")
    if strings is None:
        return _guess_numeric(series, around)
    present = strings.dropna()
    distinct = present.nunique()
    if distinct == 1 and len(present) == len(series):
        return Guess("constant", "every value is the same")
    if isinstance(series.dtype, pd.CategoricalDtype):
        why = f"it is a categorical of {distinct} values"
        return Guess("category", why, reading=_truth(present))
    return _guess_texts(str(series.name), present, distinct, around)


def _truth(present: pd.Series) -> Literal["boolean"] | None:
    distinct = present.unique()
    return "boolean" if len(distinct) <= 2 and are_truth_values(pd.Series(distinct)) else None


def _guess_numeric(series: pd.Series, around: Surroundings) -> Guess:
    name, values = str(series.name), series.dropna()
    distinct = values.nunique()
    if distinct == 1 and len(values) == len(series):
        return Guess("constant", "every value is the same")
    if pd.api.types.is_bool_dtype(series.dtype):
        return Guess("category", "it holds true and false", reading="boolean")
    numbers = values.to_numpy(dtype=np.float64)
    if len(numbers) == distinct > ID_ROWS and len(values) == len(series):
        ids = _guess_row_numbers(name, values, around)
        if ids is not None:
            return ids
    truth = distinct <= 2 and np.isin(numbers, (0.0, 1.0)).all()
    return Guess("number", "it holds numbers", reading="boolean" if truth else None)


def _guess_row_numbers(name: str, values: pd.Series, around: Surroundings) -> Guess | None:
    """Whole numbers that all differ, and are counted up or called an id."""
    if not pd.api.types.is_integer_dtype(values.dtype):
        return None
    counted = bool((np.diff(values.to_numpy()) == 1).all())
    if not counted and not ID_NAME.search(name):
        return None
    if around.names_rows(values):
        why = "every row has its own whole number, unrelated to the target"
        return Guess("id", why, note=True)
    kept = "ids are kept" if around.keep_ids else "the target goes with it"
    return Guess("number", f"every row has its own whole number, and {kept}", note=True)


def _guess_texts(name: str, present: pd.Series, distinct: int, around: Surroundings) -> Guess:
    empty = present.str.lower().isin(PLACEHOLDERS)
    if 0 < empty.mean() < 0.5:
        guess = _guess_texts(name, present[~empty], present[~empty].nunique(), around)
        if guess.type == "number":
            words = ", ".join(map(repr, present[empty].unique()[:3]))
            return replace(guess, why=f"{guess.why}; {words} count as missing", note=True)
    codes = bool(present.str.fullmatch(r"0\d+").any()) and present.str.fullmatch(r"\d+").all()
    notation = None if codes else find_notation(present, around.comma)
    if notation is not None:
        why = f"its values are numbers written {notation.pattern}"
        return Guess("number", why, notation.pattern, note=True)
    if not codes:
        share = float(np.mean(~np.isnan(as_numbers(present))))
        if share == 1.0 or (share > 0.98 and distinct > 20):
            other = "" if share == 1.0 else "; the few that are not count as missing"
            return Guess("number", f"its values read as numbers{other}", reading=_zero_one(present))
    if is_duration(present.iloc[:SAMPLE_ROWS]) and is_duration(present):
        why = "its values are durations or times of day, read as seconds"
        return Guess("number", why, reading="duration", note=True)
    return _guess_strings(name, present, distinct, around)


def _zero_one(present: pd.Series) -> Literal["boolean"] | None:
    return "boolean" if present.isin(["0", "1"]).all() else None


def _guess_strings(name: str, present: pd.Series, distinct: int, around: Surroundings) -> Guess:
    sample = present.iloc[:SAMPLE_ROWS]
    format = date_format(present)
    if format is not None:
        shown = "ISO dates" if format == "ISO8601" else f"dates written {format}"
        either = _swapped(format) is not None and _reads(sample, _swapped(format) or "")
        if either:
            shown += ", though day and month could be the other way round"
        format = None if format == "ISO8601" else format
        return Guess("date", f"it holds {shown}", format, note=either)
    words = float(sample.str.count(r"\s+").mean()) + 1.0
    unique = distinct / len(present)
    if words >= TEXT_WORDS and (unique > 0.2 or distinct > MAX_CATEGORIES):
        return Guess("text", f"its values are sentences of about {words:.0f} words")
    named = ID_NAME.search(name) and unique > 0.9
    if words < 1.5 and (named or distinct == len(present) > ID_ROWS):
        return _guess_names(present, around)
    return Guess("category", f"it has {distinct} different values", reading=_truth(present))


def _guess_names(present: pd.Series, around: Surroundings) -> Guess:
    """Words that (almost) all differ: an id, or numbers where they count something."""
    if around.names_rows(present):
        return Guess("id", "almost every row has its own value, unrelated to the target", note=True)
    if present.str.fullmatch(r"\d+").all():
        return Guess("number", "its digits count up, and the target goes with them", note=True)
    return Guess("category", "almost every row has its own value, and they are kept", note=True)


def date_format(present: pd.Series) -> str | None:
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


def _swapped(format: str) -> str | None:
    """A format of numbers with day and month changed over, None where there is none."""
    other = format.translate(str.maketrans("dm", "md"))
    return other if other != format and other in DATE_FORMATS else None


def _reads(sample: pd.Series, format: str) -> bool:
    return bool(pd.to_datetime(sample, format=format, errors="coerce", utc=True).notna().all())
