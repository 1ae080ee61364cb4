"""Values become typed the same way everywhere."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwright.data.values import (
    BLANKS,
    as_categories,
    as_dates,
    as_numbers,
    as_strings,
    as_text,
)


@pytest.mark.parametrize("blank", [*sorted(BLANKS), " ", "  ? "])
def test_every_spelling_of_nothing_is_missing(blank: str) -> None:
    assert as_strings(pd.Series([blank, "x"])).isna().tolist() == [True, False]
    assert np.isnan(as_numbers(pd.Series([blank, "1"]))).tolist() == [True, False]


def test_numbers_from_text_and_infinities() -> None:
    found = as_numbers(pd.Series(["1", " 2.5 ", "x", "1e3", "-inf"]))
    np.testing.assert_array_equal(found, [1, 2.5, np.nan, 1000, np.nan])
    assert np.isnan(as_numbers(pd.Series([np.inf, -np.inf]))).all()


@pytest.mark.parametrize(
    "series",
    [
        pd.Series([1, 2, 3]),
        pd.Series([1.0, 2.0, 3.0]),
        pd.Series(["1", "2", "3"]),
        pd.Series([1, 2, 3], dtype="Int64"),
        pd.Series(["1", "2", "3"], dtype="category"),
        pd.Series([1, 2, 3], dtype="category"),
        pd.Series([1, 2.0, "3"], dtype=object),
    ],
    ids=str,
)
def test_the_same_value_reads_the_same_in_every_dtype(series: pd.Series) -> None:
    assert as_strings(series).tolist() == ["1", "2", "3"]
    assert as_categories(series, ("3", "1")).codes.tolist() == [1, -1, 0]
    np.testing.assert_array_equal(as_numbers(series), [1, 2, 3])


def test_a_missing_value_does_not_turn_ones_into_one_point_zero() -> None:
    assert as_strings(pd.Series([1, np.nan, 2])).tolist()[::2] == ["1", "2"]


@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=True), st.text(max_size=5)), max_size=10))
def test_numbers_are_finite_or_missing(values: list) -> None:
    found = as_numbers(pd.Series(values, dtype=object))
    assert found.dtype == np.float64
    assert len(found) == len(values)
    assert (np.isfinite(found) | np.isnan(found)).all()


def test_booleans_read_as_words() -> None:
    assert as_strings(pd.Series([True, False])).tolist() == ["True", "False"]


def test_dates_lose_their_zone_and_keep_their_moment() -> None:
    found = as_dates(pd.Series(["2024-01-01T12:00:00+02:00"]), None)
    assert found.iloc[0] == pd.Timestamp("2024-01-01 10:00")
    stamps = pd.Series(pd.date_range("2024-01-01", periods=2, tz="UTC"))
    assert as_dates(stamps, None).iloc[1] == pd.Timestamp("2024-01-02")


def test_dates_follow_their_format_and_miss_what_does_not() -> None:
    found = as_dates(pd.Series(["03/04/2024", "soon"]), "%d/%m/%Y")
    assert found.iloc[0] == pd.Timestamp("2024-04-03")
    assert pd.isna(found.iloc[1])


def test_text_is_never_missing() -> None:
    assert as_text(pd.Series(["hello there", None, "NA"])).tolist() == ["hello there", "", ""]


def test_unknown_categories_are_missing() -> None:
    assert as_categories(pd.Series(["a", "z", None]), ("a", "b")).codes.tolist() == [0, -1, -1]
