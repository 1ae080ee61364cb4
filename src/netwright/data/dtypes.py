"""Columns of any dtype of pandas and Arrow as one of the few that the rest reads.

What comes out is numpy floats, integers (numpy's or pandas' nullable ones), booleans (alike),
`datetime64`, `timedelta64`, objects, strings, or a categorical of those.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from netwright.core.errors import DataError

NUMERIC = "biuf"
"""Kinds of numpy dtypes that hold plain numbers or booleans."""
SAMPLE = 100
"""Values of an object column that are looked at to find out what it holds."""


def float_columns(frame: pd.DataFrame) -> list[str]:
    """Names of the columns of numpy's floats, which are read all at once."""
    kinds = zip(frame.columns, frame.dtypes, strict=True)
    return [name for name, kind in kinds if isinstance(kind, np.dtype) and kind.kind == "f"]


def plain(series: pd.Series) -> pd.Series:
    """The same values in a dtype that netwright reads; ordinary columns come back as they are.

    Sparse columns become dense, periods their first moment, decimals floats, times of day
    durations since midnight, and Arrow's types the closest of pandas' own.

    Raises:
        DataError: The column holds complex numbers, bytes, or nested values.
    """
    dtype = series.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in NUMERIC + "mM":
        return series.astype("float64") if dtype == np.float16 else series
    if isinstance(dtype, pd.ArrowDtype):
        series = _from_arrow(series)
    elif isinstance(dtype, pd.SparseDtype):
        series = pd.Series(np.asarray(series), index=series.index, name=series.name)
    elif isinstance(dtype, pd.PeriodDtype):
        series = series.dt.to_timestamp()
    elif isinstance(dtype, pd.IntervalDtype):
        series = series.astype("str").where(series.notna())
    elif isinstance(dtype, pd.CategoricalDtype):
        return _with_plain_categories(series)
    if isinstance(series.dtype, (pd.Float32Dtype, pd.Float64Dtype)):
        return pd.Series(
            series.to_numpy(dtype=np.float64, na_value=np.nan), index=series.index, name=series.name
        )
    if series.dtype.kind == "c":
        raise _refused(series, "complex numbers", "spread them into real and imaginary parts")
    return _of_objects(series) if series.dtype == object else series


def _with_plain_categories(series: pd.Series) -> pd.Series:
    """A categorical whose categories are of a plain dtype; their order does not matter."""
    categories = pd.Series(series.cat.categories, name=series.name)
    readable = plain(categories)
    if readable is categories:
        return series
    codes = series.cat.codes.to_numpy()
    values = pd.Categorical.from_codes(codes, pd.Index(readable))
    return pd.Series(values, index=series.index, name=series.name)


def _from_arrow(series: pd.Series) -> pd.Series:
    import pyarrow as pa

    kind = series.dtype.pyarrow_dtype  # type: ignore[union-attr]
    types = pa.types
    if types.is_dictionary(kind):
        values: Any = series.array._pa_array.combine_chunks().to_pandas()
        found = pd.Series(values)
        return plain(pd.Series(found.array, index=series.index, name=series.name))
    if types.is_nested(kind):
        raise _refused(series, f"{kind} values", "spread it into several columns")
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        raise _refused(series, "bytes", "decode them to text or numbers")
    if types.is_boolean(kind):
        return series.astype("boolean")
    if types.is_integer(kind):
        return series.astype("UInt64" if "uint" in str(kind) else "Int64")
    if types.is_floating(kind) or types.is_decimal(kind):
        return series.astype("float64")
    if types.is_date(kind) or types.is_timestamp(kind):
        zone = f", {kind.tz}" if types.is_timestamp(kind) and kind.tz else ""
        dtype: Any = f"datetime64[us{zone}]"
        return series.astype(dtype)
    if types.is_duration(kind):
        return series.astype("timedelta64[us]")
    if types.is_time(kind):
        return series.astype(object)
    return series.astype("str").where(series.notna())


def _of_objects(series: pd.Series) -> pd.Series:
    """Objects of one kind as the dtype of that kind; texts, mixtures and arrays stay."""
    present = series.dropna()
    seen = {type(value) for value in present.iloc[:SAMPLE]}
    for odd in seen & {list, tuple, dict, set, np.ndarray, bytes, complex}:
        if odd is bytes:
            raise _refused(series, "bytes", "decode them to text or numbers")
        raise _refused(series, f"{odd.__name__} values", "spread it into several columns")
    if seen == {Decimal} and all(isinstance(value, Decimal) for value in present):
        return series.astype("float64")
    if seen == {datetime.time} and all(isinstance(value, datetime.time) for value in present):
        return pd.Series(
            pd.to_timedelta(present.map(_since_midnight), unit="s"), name=series.name
        ).reindex(series.index)
    if seen and seen <= {datetime.timedelta, pd.Timedelta, np.timedelta64}:
        return pd.Series(pd.to_timedelta(series), index=series.index, name=series.name)
    if seen == {pd.Period}:
        return series.map(lambda period: period.to_timestamp(), na_action="ignore")
    return series


def _since_midnight(time: datetime.time) -> float:
    return time.hour * 3600 + time.minute * 60 + time.second + time.microsecond / 1e6


def _refused(series: pd.Series, what: str, advice: str) -> DataError:
    return DataError(
        f"Columns must hold plain values. Column {series.name!r} holds {what}; {advice}, or set "
        "it to 'ignore' in a schema file."
    )
