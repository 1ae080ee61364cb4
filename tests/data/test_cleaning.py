"""Cleaning and warnings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from netwright.core.audit import Audit
from netwright.core.task import Column, Schema
from netwright.data.cleaning import warn_of_leaks, weighed
from netwright.data.table import Table

RNG = np.random.default_rng(0)


def numbers(**columns: np.ndarray) -> tuple[Table, Schema]:
    features = pd.DataFrame({n: v for n, v in columns.items() if n != "target"})
    schema = Schema(tuple(Column(name, "number") for name in features.columns))
    return Table(features, columns["target"]), schema


def repeated(n: int = 50, **extras: np.ndarray) -> tuple[Table, Schema]:
    """Rows of which the eleventh repeats the fourth."""
    x = np.random.default_rng(1).normal(size=n)
    x[10] = x[3]
    features = pd.DataFrame({"x": x})
    table = Table(features, np.zeros(n), **extras)
    return table, Schema((Column("x", "number"),))


def test_rows_that_repeat_become_one_of_their_summed_weight() -> None:
    table, schema = repeated()
    audit = Audit()
    found = weighed(table, schema, audit)
    assert len(found) == 49
    assert found.weight is not None
    assert found.weight.max() == pytest.approx(2 * found.weight.min())
    assert found.features["x"][int(found.weight.argmax())] == table.features["x"][3]
    assert "1 rows repeat" in audit.entries()[0]["said"]


@pytest.mark.parametrize("what", ["weight", "group", "time", "target"])
def test_rows_that_differ_beside_their_inputs_are_two_rows(what: str) -> None:
    apart = np.where(np.arange(50) == 10, 3, 1)
    table, schema = repeated()
    if what == "target":
        table = replace(table, target=apart.astype(float))
    else:
        table = replace(table, **{what: apart.astype(np.int64 if what == "group" else float)})
    found = weighed(table, schema, Audit())
    if what == "weight":
        assert found.weight is not None
        assert found.weight.max() == pytest.approx(4 * found.weight.min()), "3 and 1 add up"
        assert found.weight.mean() == pytest.approx(1)
    else:
        assert len(found) == 50


def test_weights_and_repeats_are_the_same_table() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {"a": rng.normal(size=30), "c": pd.Categorical(rng.choice(list("xy"), 30))}
    )
    target, times = rng.integers(0, 2, 30), rng.integers(0, 4, 30)
    schema = Schema((Column("a", "number"), Column("c", "category", categories=("x", "y"))))
    order = rng.permutation(30)
    repeats = np.repeat(np.arange(30), times)
    one = Table(frame, target).rows(repeats)
    other = replace(Table(frame, target, times.astype(float)).rows(order))
    found, expected = weighed(one, schema, Audit()), weighed(other, schema, Audit())
    pd.testing.assert_frame_equal(found.features, expected.features)
    np.testing.assert_array_equal(found.target, expected.target)
    np.testing.assert_allclose(found.weight, expected.weight)


def test_rows_of_weight_zero_go_and_equal_weights_are_none() -> None:
    x = np.arange(6.0)
    table, schema = numbers(x=x, target=np.zeros(6))
    audit = Audit()
    found = weighed(replace(table, weight=np.array([2.0, 0, 2, 2, 0, 2])), schema, audit)
    assert sorted(found.features["x"]) == [0, 2, 3, 5]
    assert found.weight is None
    assert "2 rows of weight zero" in audit.entries()[0]["said"]


def test_repeats_among_few_categories_are_honest_observations() -> None:
    table, schema = numbers(x=RNG.integers(0, 3, 100).astype(float), target=np.zeros(100))
    assert len(weighed(table, schema, Audit())) == 100


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
    rng = np.random.default_rng(0)
    x = rng.random(1000)
    x[10] = x[3]
    target = np.column_stack([rng.integers(0, 2, 1000), x])
    target[::2, 1] = np.nan
    target[[3, 10]] = [[0, np.nan], [1, np.nan]]
    table, schema = numbers(x=x, target=target)
    assert len(weighed(table, schema, Audit())) == 1000
    assert warn_of_leaks(table, schema, ["binary", "regression"], Audit()) == ["x"]
