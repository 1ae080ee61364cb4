"""Columns of pandas' and Arrow's other types."""

from __future__ import annotations

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from netwright.core.errors import DataError
from netwright.data.dtypes import plain


def arrow(values: list, kind: pa.DataType) -> pd.Series:
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.array(values, type=kind)), name="c")


DAY = datetime.date(2024, 1, 5)
NUMBERS = {
    "Float64": pd.Series([1.5, None], dtype="Float64"),
    "Float32": pd.Series([1.5, None], dtype="Float32"),
    "double": arrow([1.5, None], pa.float64()),
    "float16": pd.Series([1.5, np.nan], dtype="float16"),
    "decimal": arrow([Decimal("1.5"), None], pa.decimal128(5, 2)),
    "decimals": pd.Series([Decimal("1.5"), None], dtype=object),
    "sparse": pd.Series(pd.arrays.SparseArray([1.5, np.nan])),
}
DATES = {
    "date32": arrow([DAY, None], pa.date32()),
    "timestamp": arrow([datetime.datetime(2024, 1, 5), None], pa.timestamp("ms")),
    "period": pd.Series(pd.PeriodIndex(["2024-01-05", None], freq="D")),
    "periods": pd.Series([pd.Period("2024-01-05"), None], dtype=object),
}
SPANS = {
    "duration": arrow([datetime.timedelta(seconds=90), None], pa.duration("us")),
    "time": arrow([datetime.time(0, 1, 30), None], pa.time64("us")),
    "times": pd.Series([datetime.time(0, 1, 30), None], dtype=object),
    "timedeltas": pd.Series([datetime.timedelta(seconds=90), None], dtype=object),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers_become_doubles(case: str) -> None:
    found = plain(NUMBERS[case])
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, [1.5, np.nan])


@pytest.mark.parametrize("case", DATES)
def test_dates_become_timestamps(case: str) -> None:
    found = plain(DATES[case])
    assert pd.api.types.is_datetime64_any_dtype(found.dtype)
    assert found.iloc[0] == pd.Timestamp(DAY)
    assert pd.isna(found.iloc[1])


@pytest.mark.parametrize("case", SPANS)
def test_durations_and_times_of_day_become_durations(case: str) -> None:
    found = plain(SPANS[case])
    assert pd.api.types.is_timedelta64_dtype(found.dtype)
    assert found.iloc[0] == pd.Timedelta(seconds=90)
    assert pd.isna(found.iloc[1])


def test_whole_numbers_keep_every_digit() -> None:
    large = 2**60 + 1
    assert plain(arrow([large, None], pa.int64())).iloc[0] == large
    assert plain(pd.Series([large, None], dtype="Int64")).iloc[0] == large


def test_dictionaries_are_categoricals() -> None:
    encoded = pd.Series(pd.arrays.ArrowExtensionArray(pa.array(["a", None]).dictionary_encode()))
    assert isinstance(plain(encoded).dtype, pd.CategoricalDtype)


def test_categories_of_odd_types_become_plain() -> None:
    cut = pd.Series(pd.cut(pd.Series([1.0, 5.0]), [0, 2, 6]))
    assert plain(cut).tolist() == ["(0, 2]", "(2, 6]"]


@pytest.mark.parametrize(
    ("series", "what"),
    [
        (pd.Series([1 + 2j]), "complex numbers"),
        (pd.Series([b"x"], dtype=object), "bytes"),
        (arrow([b"x"], pa.binary()), "bytes"),
        (arrow([[1]], pa.list_(pa.int64())), "list<item: int64> values"),
        (arrow([{"a": 1}], pa.struct([("a", pa.int64())])), "struct<a: int64> values"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(series: pd.Series, what: str) -> None:
    with pytest.raises(DataError, match=f"Column '?.* holds {what}"):
        plain(series)


@pytest.mark.parametrize("kind", ["float64", "int8", "uint64", "bool", "datetime64[ns]"])
def test_ordinary_columns_come_back_as_they_are(kind: str) -> None:
    series = pd.Series([0, 1]).astype(kind)
    assert plain(series) is series
