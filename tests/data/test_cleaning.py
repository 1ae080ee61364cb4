"""Cleaning and warnings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from netwright.core.audit import Audit
from netwright.core.task import Column, Schema
from netwright.data.cleaning import drop_duplicates, warn_of_leaks
from netwright.data.table import Table

RNG = np.random.default_rng(0)


def numbers(**columns: np.ndarray) -> tuple[Table, Schema]:
    features = pd.DataFrame({n: v for n, v in columns.items() if n != "target"})
    schema = Schema(tuple(Column(name, "number") for name in features.columns))
    return Table(features, columns["target"]), schema


def test_repeated_rows_of_a_telling_table_go() -> None:
    x = RNG.normal(size=50)
    x[10] = x[3]
    target = np.zeros(50)
    table, schema = numbers(x=x, target=target)
    audit = Audit()
    assert len(drop_duplicates(table, schema, audit)) == 49
    assert "1 rows repeat" in audit.entries()[0]["said"]


def test_the_target_is_part_of_the_row() -> None:
    x = RNG.normal(size=50)
    x[10] = x[3]
    target = np.zeros(50)
    target[10] = 1
    table, schema = numbers(x=x, target=target)
    assert len(drop_duplicates(table, schema, Audit())) == 50


def test_repeats_among_few_categories_are_honest_observations() -> None:
    table, schema = numbers(x=RNG.integers(0, 3, 100).astype(float), target=np.zeros(100))
    assert len(drop_duplicates(table, schema, Audit())) == 100


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_a_column_that_gives_the_answer_is_named(kind: str) -> None:
    signal = RNG.normal(size=2000)
    target = (signal > 0).astype(np.int64) if kind == "binary" else signal
    leak = target * 7.0 + 1
    table, schema = numbers(noise=RNG.normal(size=2000), leak=leak, target=target)
    audit = Audit()
    assert warn_of_leaks(table, schema, [kind], audit) == ["leak"]  # type: ignore[arg-type]
    assert "'leak' alone predicts the target" in audit.entries()[0]["said"]


def test_a_category_may_give_the_answer_too() -> None:
    codes = RNG.integers(0, 4, 500)
    features = pd.DataFrame({"c": pd.Categorical.from_codes(codes, categories=list("abcd"))})
    table = Table(features, codes.astype(np.int64))
    schema = Schema((Column("c", "category", categories=tuple("abcd")),))
    assert warn_of_leaks(table, schema, ["multiclass"], Audit()) == ["c"]


def test_good_but_honest_columns_raise_no_alarm() -> None:
    signal = RNG.normal(size=2000)
    target = (signal + 0.3 * RNG.normal(size=2000) > 0).astype(np.int64)
    table, schema = numbers(good=signal, target=target)
    assert warn_of_leaks(table, schema, ["binary"], Audit()) == []


def test_many_rare_categories_are_not_judged() -> None:
    names = [f"n{i}" for i in range(100)]
    features = pd.DataFrame({"c": pd.Categorical(names, categories=names)})
    table = Table(features, np.arange(100) % 2)
    schema = Schema((Column("c", "category", categories=tuple(names)),))
    assert warn_of_leaks(table, schema, ["binary"], Audit()) == []


def test_missing_values_and_constants_do_not_disturb() -> None:
    x = RNG.normal(size=200)
    x[::3] = np.nan
    table, schema = numbers(x=x, y=np.full(200, np.nan), target=RNG.normal(size=200))
    assert warn_of_leaks(table, schema, ["regression"], Audit()) == []
    table, schema = numbers(x=x, target=np.ones(200))
    assert warn_of_leaks(table, schema, ["regression"], Audit()) == []


def test_of_several_targets_each_is_part_of_the_row_and_may_be_given_away() -> None:
    x = RNG.normal(size=1000)
    x[10] = x[3]
    target = np.column_stack([RNG.integers(0, 2, 1000), x])
    target[::2, 1] = np.nan
    target[[3, 10]] = [[0, np.nan], [1, np.nan]]
    table, schema = numbers(x=x, target=target)
    assert len(drop_duplicates(table, schema, Audit())) == 1000
    assert warn_of_leaks(table, schema, ["binary", "regression"], Audit()) == ["x"]
