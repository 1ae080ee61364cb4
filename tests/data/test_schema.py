"""Finding out what columns are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from netwright.core.audit import Audit
from netwright.core.errors import ConfigError, DataError, UnknownName
from netwright.core.task import Schema
from netwright.data.schema import infer_column, infer_schema, typed

N = 60
RNG = np.random.default_rng(0)


def words(count: int) -> list[str]:
    pool = ["quick", "brown", "fox", "jumps", "over", "lazy", "dog", "moon", "river", "stone"]
    return [" ".join(RNG.choice(pool, count)) + f" {i}" for i in range(N)]


CASES: dict[str, tuple[list, str]] = {
    "floats": (RNG.normal(size=N).tolist(), "number"),
    "counts": (RNG.integers(0, 9, N).tolist(), "number"),
    "text numbers": ([f"{v:.2f}" for v in RNG.normal(size=N)], "number"),
    "numbers with blanks": (["?" if i % 9 == 0 else str(i * 1.5) for i in range(N)], "number"),
    "numbers with dashes": (["--" if i % 9 == 0 else f"{i * 1.5}" for i in range(N)], "number"),
    "numbers and unknown": (["unknown" if i % 5 == 0 else str(i) for i in range(N)], "number"),
    "money with gaps": (["n.a." if i % 9 == 0 else f"${i},000" for i in range(1, N + 1)], "number"),
    "dashes alone": (["--", "-"] * (N // 2), "category"),
    "numbers with a stray word": (["oops", *map(str, RNG.integers(0, 999, 199))], "number"),
    "few words": (RNG.choice(["red", "green"], N).tolist(), "category"),
    "mixed": ([1, "two", 3.0, None] * 15, "category"),
    "truth": ([True, False] * (N // 2), "category"),
    "sentences": (words(6), "text"),
    "codes": ([f"AB-{i:04d}" for i in range(N)], "id"),
    "row numbers": (list(range(N)), "id"),
    "one value": (["same"] * N, "constant"),
    "nothing": ([None] * N, "constant"),
    "iso dates": (pd.date_range("2024-01-01", periods=N).strftime("%Y-%m-%d").tolist(), "date"),
    "day first": (pd.date_range("2024-01-01", periods=N).strftime("%d/%m/%Y").tolist(), "date"),
    "month first": (pd.date_range("2024-01-01", periods=N).strftime("%m/%d/%Y").tolist(), "date"),
    "dotted": (pd.date_range("2024-01-01", periods=N).strftime("%d.%m.%Y").tolist(), "date"),
    "named month": (pd.date_range("2024-01-01", periods=N).strftime("%d %b %Y").tolist(), "date"),
    "stamps": (pd.date_range("2024-01-01", periods=N, freq="7h").tolist(), "date"),
    "zones": ([f"2024-01-{1 + i % 28:02d}T0{i % 9}:30:00+01:00" for i in range(N)], "date"),
    "phone like": ([f"{i:03d}-{i * 7:04d}" for i in range(N // 2)] * 2, "category"),
    "month names": (RNG.choice(["may", "june", "july"], N).tolist(), "category"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_types(case: str) -> None:
    values, expected = CASES[case]
    audit = Audit()
    column = infer_column(pd.Series(values, name="c"), audit)
    assert column.type == expected, audit.entries()
    assert "'c'" in audit.entries()[-1]["said"]


@pytest.mark.parametrize(
    ("case", "format"),
    [("day first", "%d/%m/%Y"), ("month first", "%m/%d/%Y"), ("dotted", "%d.%m.%Y")],
)
def test_the_order_of_day_and_month_is_settled_by_the_values(case: str, format: str) -> None:
    assert infer_column(pd.Series(CASES[case][0], name="c"), Audit()).format == format


def test_ambiguous_days_take_the_shorter_span() -> None:
    # The first twelve days of one month, day first; read month first they would span a year.
    values = [f"{day:02d}/03/2024" for day in range(1, 13)] * 3
    assert infer_column(pd.Series(values, name="c"), Audit()).format == "%d/%m/%Y"


def test_missing_values_make_a_column_optional() -> None:
    assert infer_column(pd.Series([1.0, None, 2.5]), Audit()).optional
    assert not infer_column(pd.Series([1.0, 3.0, 2.5]), Audit()).optional


def test_categories_are_kept_most_frequent_first() -> None:
    column = infer_column(pd.Series(["b", "a", "b", "c", "b", "a"], name="c"), Audit())
    assert column.categories == ("b", "a", "c")


def test_ids_and_constants_are_dropped_and_why_is_told() -> None:
    assert infer_column(pd.Series(CASES["codes"][0], name="k"), Audit()).dropped
    assert infer_column(pd.Series(CASES["one value"][0], name="k"), Audit()).dropped


def test_whole_numbers_that_all_differ_are_numbers_unless_named_so() -> None:
    values = RNG.permutation(10_000)[:N].tolist()
    assert infer_column(pd.Series(values, name="price"), Audit()).type == "number"
    assert infer_column(pd.Series(values, name="customer_id"), Audit()).type == "id"


@pytest.mark.parametrize("value", [[1, 2], (1, 2), {"a": 1}, {1, 2}, np.array([1])])
def test_nested_values_are_refused_by_name(value: object) -> None:
    with pytest.raises(DataError, match=r"'c' holds .*; spread it"):
        infer_column(pd.Series([value, None], name="c", dtype=object), Audit())


def test_a_person_knows_better() -> None:
    frame = pd.DataFrame({"zip": [10115, 80331] * 10, "free": ["a b c d"] * 20, "x": range(20)})
    told = {"zip": "category", "free": "ignore", "x": {"type": "number"}}
    schema = infer_schema(frame, Audit(), told)
    assert [column.type for column in schema] == ["category", "constant", "number"]
    assert schema["zip"].categories == ("10115", "80331")
    assert schema["free"].dropped == "ignored by the schema file"


def test_even_lists_may_be_ignored() -> None:
    frame = pd.DataFrame({"l": [[1], [2]], "x": [1.0, 2.5]})
    assert not infer_schema(frame, Audit(), {"l": "ignore"})["l"].used


def test_a_date_format_may_be_told() -> None:
    frame = pd.DataFrame({"d": ["24-01-05", "24-02-06"]})
    schema = infer_schema(frame, Audit(), {"d": {"type": "date", "format": "%y-%d-%m"}})
    assert typed(frame, schema)["d"].iloc[0] == pd.Timestamp("2024-05-01")


def test_wrong_overrides_are_refused() -> None:
    frame = pd.DataFrame({"price": [1.0, 2.0]})
    with pytest.raises(UnknownName, match="'price'"):
        infer_schema(frame, Audit(), {"prize": "number"})
    with pytest.raises(ConfigError, match="'colour' for 'price'"):
        infer_schema(frame, Audit(), {"price": "colour"})


# -------------------------------------------------------------------------- typed


@pytest.fixture
def raw() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "n": ["1", "?", "3"] * 10,
            "c": ["a", "b", None] * 10,
            "d": pd.date_range("2024-01-01", periods=30).strftime("%Y-%m-%d"),
            "k": [f"K{i}" for i in range(30)],
        }
    )


def schema_of(frame: pd.DataFrame) -> Schema:
    return infer_schema(frame, Audit())


def test_typed_columns(raw: pd.DataFrame) -> None:
    frame = typed(raw, schema_of(raw))
    assert list(frame.columns) == ["n", "c", "d"]
    assert frame["n"].dtype == np.float64
    assert frame["c"].cat.categories.tolist() == ["a", "b"]
    assert pd.api.types.is_datetime64_any_dtype(frame["d"])


def test_order_and_extra_columns_do_not_matter(raw: pd.DataFrame) -> None:
    schema = schema_of(raw)
    turned = raw.assign(extra=1)[["extra", "d", "k", "c", "n"]]
    pd.testing.assert_frame_equal(typed(turned, schema), typed(raw, schema))


def test_an_optional_column_may_be_absent(raw: pd.DataFrame) -> None:
    frame = typed(raw.drop(columns=["n", "k"]), schema_of(raw))
    assert frame["n"].isna().all()


def test_a_needed_column_may_not(raw: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="lacks the column 'd', which the model needs"):
        typed(raw.drop(columns="d"), schema_of(raw))


def test_unseen_categories_are_missing(raw: pd.DataFrame) -> None:
    schema = schema_of(raw)
    assert typed(raw.assign(c="new"), schema)["c"].isna().all()


def test_the_index_is_kept(raw: pd.DataFrame) -> None:
    schema = schema_of(raw)
    raw.index = [f"row{i}" for i in range(30)]
    assert typed(raw, schema).index[3] == "row3"


def test_no_rows_stay_no_rows(raw: pd.DataFrame) -> None:
    frame = typed(raw.iloc[:0], schema_of(raw))
    assert frame.shape == (0, 3)
    assert pd.api.types.is_datetime64_any_dtype(frame["d"])


def test_many_columns_are_quick() -> None:
    import time

    wide = pd.DataFrame(RNG.normal(size=(50, 3000))).rename(columns=str)
    started = time.monotonic()
    assert typed(wide, schema_of(wide)).shape == (50, 3000)
    assert time.monotonic() - started < 20
