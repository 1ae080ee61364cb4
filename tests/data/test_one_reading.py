"""A frame that was learned and the same frame in other containers, units and spellings are one."""

from __future__ import annotations

import datetime
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwright.core.audit import Audit
from netwright.core.task import Schema
from netwright.data.readers import read
from netwright.data.schema import infer_schema, typed
from netwright.data.serving import text_columns

N = 60
RNG = np.random.default_rng(3)
TRUTH = RNG.random(N) < 0.5
DAYS = pd.Series(pd.Timestamp("2024-03-01") + pd.to_timedelta(RNG.integers(0, 300, N), unit="D"))
WHOLE = RNG.integers(1, 9, N)
LEVELS = np.array(["low", "mid", "high"])[RNG.integers(0, 3, N)]
CODES = np.array(["007", "042", "100"])[RNG.integers(0, 3, N)]
WAITS = RNG.integers(1, 10**5, N)


def learn(column: object) -> Schema:
    return infer_schema(pd.DataFrame({"c": column}), Audit())


def same(learned: object, served: object) -> None:
    schema = learn(learned)
    expected = typed(pd.DataFrame({"c": learned}), schema)["c"]
    found = typed(pd.DataFrame({"c": served}), schema)["c"]
    pd.testing.assert_series_equal(found, expected)


def words(yes: str, no: str) -> np.ndarray:
    return np.where(TRUTH, yes, no)


BOOLEANS = {
    "bool": TRUTH,
    "nullable": pd.array(TRUTH, dtype="boolean"),
    "ints": TRUTH.astype(int),
    "floats": TRUTH.astype(float),
    "int8": TRUTH.astype("int8"),
    "objects": TRUTH.astype(object),
    "lower": words("true", "false"),
    "upper": words("TRUE", "FALSE"),
    "yes": words("yes", "no"),
    "y": words("Y", "N"),
    "digits": words("1", "0"),
    "one point": words("1.0", "0.0"),
    "arrow": pd.Series(TRUTH).astype("bool[pyarrow]"),
    "category": pd.Categorical(TRUTH),
}


@pytest.mark.parametrize("served", BOOLEANS)
@pytest.mark.parametrize("learned", ["bool", "objects", "lower", "yes", "y", "nullable", "ints"])
def test_truth_values(learned: str, served: str) -> None:
    same(BOOLEANS[learned], BOOLEANS[served])


NUMBERS = {
    "ints": WHOLE,
    "floats": WHOLE.astype(float),
    "texts": WHOLE.astype(str),
    "texts with a point": [f"{v}.0" for v in WHOLE],
    "Int64": pd.array(WHOLE, dtype="Int64"),
    "Float64": pd.array(WHOLE, dtype="Float64"),
    "arrow": pd.Series(WHOLE).astype("int64[pyarrow]"),
    "uint8": WHOLE.astype("uint8"),
    "objects": WHOLE.astype(object),
}


@pytest.mark.parametrize("served", NUMBERS)
@pytest.mark.parametrize("learned", NUMBERS)
def test_whole_numbers(learned: str, served: str) -> None:
    same(NUMBERS[learned], NUMBERS[served])


@pytest.mark.parametrize("served", NUMBERS)
def test_whole_numbers_as_levels(served: str) -> None:
    same(pd.Categorical(WHOLE), NUMBERS[served])


DATES: dict[str, object] = {
    "stamps": DAYS,
    "seconds": DAYS.astype("datetime64[s]"),
    "nanoseconds": DAYS.astype("datetime64[ns]"),
    "utc": DAYS.dt.tz_localize("UTC"),
    "new york": DAYS.dt.tz_localize("UTC").dt.tz_convert("America/New_York"),
    "iso": DAYS.dt.strftime("%Y-%m-%d"),
    "iso with time": DAYS.dt.strftime("%Y-%m-%dT%H:%M:%S"),
    "iso with zone": DAYS.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "slashes": DAYS.dt.strftime("%Y/%m/%d"),
    "named month": DAYS.dt.strftime("%d %b %Y"),
    "dates": [stamp.date() for stamp in DAYS],
    "datetimes": np.array([stamp.to_pydatetime() for stamp in DAYS], dtype=object),
    "periods": DAYS.dt.to_period("D"),
    "arrow": DAYS.astype("timestamp[ms][pyarrow]"),
}
EPOCHS = {
    unit: DAYS.astype(f"datetime64[{unit}]").astype("int64") for unit in ("s", "ms", "us", "ns")
} | {"yyyymmdd": DAYS.dt.strftime("%Y%m%d").astype(int), "floats": DAYS.astype("int64") / 1e6}
DAY_FIRST = {name: DAYS.dt.strftime(name) for name in ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y")}


@pytest.mark.parametrize("served", DATES)
@pytest.mark.parametrize("learned", ["stamps", "iso", "slashes", "named month", "dates", "utc"])
def test_dates(learned: str, served: str) -> None:
    same(DATES[learned], DATES[served])


@pytest.mark.parametrize("served", [*DATES, *DAY_FIRST])
@pytest.mark.parametrize("learned", DAY_FIRST)
def test_days_that_were_learned_first_and_come_in_any_way(learned: str, served: str) -> None:
    same(DAY_FIRST[learned], {**DATES, **DAY_FIRST}[served])


@pytest.mark.parametrize("served", EPOCHS)
@pytest.mark.parametrize("learned", ["stamps", "iso", "named month"])
def test_dates_that_come_as_numbers(learned: str, served: str) -> None:
    same(DATES[learned], EPOCHS[served])


def test_times_with_am_and_pm() -> None:
    times = DAYS + pd.to_timedelta(WHOLE * 97, unit="min")
    for learned in ("%H:%M", "%I:%M %p"):
        for served in ("%H:%M", "%I:%M %p", "%I:%M%p", "%H:%M:%S"):
            same(times.dt.strftime(learned), times.dt.strftime(served))


def test_case_and_truth_words_among_other_levels() -> None:
    learned = np.where(TRUTH, "true", np.where(WHOLE > 4, "false", "unknown"))
    served = [value.capitalize() for value in learned]
    same(learned, served)
    same(learned, [{"true": True, "false": False}.get(value, value) for value in learned])


LEVELLED = {
    "texts": LEVELS,
    "category": pd.Categorical(LEVELS),
    "ordered": pd.Categorical(LEVELS, categories=["low", "mid", "high"], ordered=True),
    "unused levels": pd.Categorical(LEVELS, categories=["top", "high", "mid", "low", "none"]),
    "string": pd.array(LEVELS, dtype="string"),
    "arrow": pd.Series(LEVELS).astype("string[pyarrow]"),
    "blanks": np.array([f" {value} " for value in LEVELS]),
}


@pytest.mark.parametrize("served", LEVELLED)
@pytest.mark.parametrize("learned", ["texts", "category", "ordered", "unused levels", "string"])
def test_levels(learned: str, served: str) -> None:
    same(LEVELLED[learned], LEVELLED[served])


@pytest.mark.parametrize(
    "served", [CODES, CODES.astype(int), CODES.astype(float), CODES.astype("O")]
)
def test_codes_with_leading_zeros_are_found_again(served: np.ndarray) -> None:
    assert learn(CODES)["c"].type == "category"
    same(CODES, served)


SECONDS = pd.to_timedelta(WAITS, unit="s")
WAITED = {
    "timedelta": SECONDS,
    "milliseconds": SECONDS.astype("timedelta64[ms]"),
    "seconds": WAITS,
    "texts": SECONDS.astype(str),
    "arrow": pd.Series(SECONDS).astype("duration[ms][pyarrow]"),
    "objects": np.array([datetime.timedelta(seconds=int(v)) for v in WAITS], dtype=object),
}


@pytest.mark.parametrize("served", WAITED)
@pytest.mark.parametrize("learned", ["timedelta", "texts", "arrow", "objects"])
def test_durations_are_seconds_in_any_unit(learned: str, served: str) -> None:
    same(WAITED[learned], WAITED[served])


def test_money_is_read_as_it_was_learned() -> None:
    values = RNG.integers(1000, 9999, N)
    money = np.array([f"${value:,}" for value in values])
    for served in (money, values, values.astype(float), values.astype(str)):
        same(money, served)


def test_gaps_are_no_matter() -> None:
    for cases in (BOOLEANS, NUMBERS, DATES, LEVELLED, WAITED):
        for name, values in cases.items():
            column = pd.Series(values).copy()
            schema = learn(column)
            whole = typed(pd.DataFrame({"c": column}), schema)["c"]
            holes = typed(pd.DataFrame({"c": column.where(np.arange(N) % 5 > 0)}), schema)["c"]
            kept = np.arange(N) % 5 > 0
            assert holes[~kept].isna().all(), name
            pd.testing.assert_series_equal(holes[kept], whole[kept])


# ------------------------------------------------------------------------ files of all kinds

FRAME = pd.DataFrame({"b": TRUTH, "k": WHOLE, "x": RNG.normal(size=N), "d": DAYS, "code": CODES})


def as_csv(frame: pd.DataFrame, folder: Path) -> Path:
    frame.to_csv(folder / "t.csv", index=False)
    return folder / "t.csv"


def as_german_csv(frame: pd.DataFrame, folder: Path) -> Path:
    frame.to_csv(folder / "g.csv", index=False, sep=";", decimal=",")
    return folder / "g.csv"


def as_parquet(frame: pd.DataFrame, folder: Path) -> Path:
    frame.to_parquet(folder / "t.parquet")
    return folder / "t.parquet"


def as_feather(frame: pd.DataFrame, folder: Path) -> Path:
    frame.to_feather(folder / "t.feather")
    return folder / "t.feather"


def as_json_lines(frame: pd.DataFrame, folder: Path) -> Path:
    rows = json.loads(frame.assign(d=frame["d"].astype(str)).to_json(orient="records"))
    with gzip.open(folder / "t.jsonl.gz", "wt") as file:
        file.write("\n".join(map(json.dumps, rows)))
    return folder / "t.jsonl.gz"


def as_excel(frame: pd.DataFrame, folder: Path) -> Path:
    frame.to_excel(folder / "t.xlsx", index=False)
    return folder / "t.xlsx"


FILES: list[Callable[[pd.DataFrame, Path], Path]] = [
    as_csv, as_german_csv, as_parquet, as_feather, as_json_lines, as_excel,
]  # fmt: skip


@pytest.mark.parametrize("served", FILES, ids=lambda write: write.__name__)
@pytest.mark.parametrize(
    "learned", [None, *FILES], ids=lambda write: getattr(write, "__name__", "frame")
)
def test_a_table_in_any_file(tmp_path: Path, learned: Callable | None, served: Callable) -> None:
    first = FRAME if learned is None else read(learned(FRAME, tmp_path))
    schema = infer_schema(first, Audit())
    found = read(served(FRAME, tmp_path), as_text=text_columns(schema))
    pd.testing.assert_frame_equal(typed(found, schema), typed(FRAME, schema), rtol=1e-9)


def test_large_ids_stay_apart_in_any_file(tmp_path: Path) -> None:
    ids = pd.array([2**60 + i for i in range(10)] * 2 + [None], dtype="Int64")
    frame = pd.DataFrame({"g": ids, "x": 1.0})
    for write in (as_csv, as_parquet, as_feather):
        assert typed_groups(read(write(frame, tmp_path))) == 11
    with (tmp_path / "t.jsonl").open("w") as file:
        for value in ids:
            file.write(json.dumps({"g": None if pd.isna(value) else int(value)}) + "\n")
    assert typed_groups(read(tmp_path / "t.jsonl")) == 11


def typed_groups(frame: pd.DataFrame) -> int:
    from netwright.data.values import group_codes

    return len(np.unique(group_codes(frame["g"])))


@given(st.lists(st.one_of(st.integers(-(2**70), 2**70), st.floats(allow_nan=False)), min_size=1))
def test_a_level_is_its_own_value_whatever_stands_beside_it(values: list) -> None:
    from netwright.data.values import as_strings

    together = as_strings(pd.Series(values, dtype=object)).tolist()
    alone = [as_strings(pd.Series([value], dtype=object)).iloc[0] for value in values]
    assert together == alone
