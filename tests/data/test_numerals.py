"""Numbers as people write them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwright.data.numerals import Notation, find_notation

WRITTEN: dict[str, tuple[list[str], str, list[float]]] = {
    "decimal comma": (["1,5", "2,25", "10,1"], "#,#", [1.5, 2.25, 10.1]),
    "german": (["1.234,56", "2,5", "999"], "#.###,#", [1234.56, 2.5, 999]),
    "money": (["$1,234", "$56", "$7,000,000"], "$#,###.#", [1234, 56, 7e6]),
    "per cent": (["12 %", "5 %", "3.5 %"], "#.# %", [12, 5, 3.5]),
    "unit": (["5 km", "10 km", "7.5km"], "#.# km", [5, 10, 7.5]),
    "book-keeping": (["(300)", "12", "1,000"], "#,###.#", [-300, 12, 1000]),
    "thousands": (["1,234", "5,678", "999"], "#,###.#", [1234, 5678, 999]),
    "spaces": (["1 234", "5 678,5", "12"], "# ###,#", [1234, 5678.5, 12]),
    "narrow spaces": (["1\u202f234,5", "2\u202f000", "7"], "#\u202f###,#", [1234.5, 2000, 7]),
    "swiss": (["1'234.5", "7", "9"], "#'###.#", [1234.5, 7, 9]),
    "dots alone, twice": (["1.234.567", "2.000", "7"], "#.###,#", [1234567, 2000, 7]),
    "leading nought": (["0,123", "0,456", "0,789"], "#,#", [0.123, 0.456, 0.789]),
    "typographic minus": (["\u22125", "3", "2"], "#.#", [-5, 3, 2]),
    "euro behind": (["5 €", "6,50 €", "7 €"], "#,# €", [5, 6.5, 7]),
    "euro before": (["€ 5", "€ 6,50", "€ 7"], "€#,#", [5, 6.5, 7]),
    "watts": (["5.5 W", "10 W", "7.25 W"], "#.# W", [5.5, 10, 7.25]),
    "minus behind": (["12.50-", "3.00", "4.25-"], "#.#", [-12.5, 3, -4.25]),
    "minus and money": (["-$5", "$6.50", "$7"], "$#.#", [-5, 6.5, 7]),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_how_numbers_are_written_is_found_and_read(case: str) -> None:
    texts, pattern, numbers = WRITTEN[case]
    found = find_notation(pd.Series(texts))
    assert found is not None
    assert found.pattern == pattern
    np.testing.assert_allclose(found.read(pd.Series(texts)), numbers)
    assert Notation.of(pattern) == found


@pytest.mark.parametrize(
    "texts",
    [
        ["1.5", "2.5", "3.5"],
        ["007", "042", "100"],
        ["12A", "7A", "8A"],
        ["A1", "B2", "C3"],
        ["1-2", "3-4", "5-6"],
        ["192.168.0.1", "10.0.0.1", "1.1.1.1"],
        ["3 days", "1 day", "2 days"],
        ["2,5,7", "1,2", "3,4"],
        ["1,5", "2.5", "3'5"],
        ["red", "green", "1,5"],
        ["$5", "€6", "$7"],
    ],
    ids=str,
)
def test_what_is_no_number_or_a_plain_one_has_no_notation(texts: list[str]) -> None:
    assert find_notation(pd.Series(texts)) is None


def test_what_could_be_read_either_way_follows_the_other_columns() -> None:
    texts = pd.Series(["1.234", "5.678", "9.999"])
    assert find_notation(texts) is None, "a point before decimals, as everywhere"
    found = find_notation(texts, comma=True)
    assert found is not None
    np.testing.assert_allclose(found.read(texts), [1234, 5678, 9999])


def test_a_learned_notation_reads_plain_numbers_too_and_misses_the_rest() -> None:
    money = Notation.of("$#,###.#")
    assert money is not None
    found = money.read(pd.Series(["1234.5", "$1,234.50", "-3", "€5", "n/a", None]))
    np.testing.assert_allclose(found, [1234.5, 1234.5, -3, np.nan, np.nan, np.nan])


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=4, max_size=20, unique=True),
    st.sampled_from([(".", ","), (",", "."), (",", " "), (".", "'")]),
    st.sampled_from(["", "$", "€"]),
    st.sampled_from(["", "km", "%"]),
)
def test_whatever_is_written_is_read_back(
    cents: list[int], marks: tuple[str, str], prefix: str, suffix: str
) -> None:
    decimal, thousands = marks
    texts = []
    for value in cents:
        plain = f"{abs(value) / 100:,.2f}"
        body = plain.translate({ord(","): thousands, ord("."): decimal})
        texts.append(f"{'-' if value < 0 else ''}{prefix}{body}{' ' + suffix if suffix else ''}")
    found = Notation(decimal, thousands, prefix, suffix).read(pd.Series(texts))
    np.testing.assert_allclose(found, np.array(cents) / 100)
