"""Splits never straddle what they must not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netwright.core.errors import DataError
from netwright.core.target import Target
from netwright.core.task import Schema, Split, Task
from netwright.data.splits import make_folds
from netwright.data.table import Table


def some(kind: str, split: Split, target: np.ndarray, **extras: np.ndarray) -> tuple[Task, Table]:
    table = Table(pd.DataFrame({"x": np.zeros(len(target))}), target, **extras)  # type: ignore[arg-type]
    return Task("t", kind, "y", Schema(()), "log_loss", split=split), table  # type: ignore[arg-type]


@settings(max_examples=50, deadline=None)
@given(
    rows=st.integers(12, 300),
    classes=st.integers(2, 6),
    folds=st.integers(2, 6),
    seed=st.integers(0, 99),
)
def test_folds_are_a_stratified_partition(rows: int, classes: int, folds: int, seed: int) -> None:
    target = np.random.default_rng(seed).integers(0, classes, rows)
    task, table = some("multiclass", Split(folds=folds), target)
    parts = make_folds(task, table, seed)
    judged = np.sort(np.concatenate([valid for _, valid in parts]))
    np.testing.assert_array_equal(judged, np.arange(rows))
    for train, valid in parts:
        assert not set(train) & set(valid)
        assert len(train) + len(valid) == rows
        for label in np.unique(target):
            count = (target == label).sum()
            if count >= folds:
                inside = (target[valid] == label).sum()
                assert count // folds <= inside <= -(-count // folds)


def test_the_seed_decides() -> None:
    target = np.arange(60) % 3
    task, table = some("multiclass", Split(folds=3), target)
    first, again, other = (make_folds(task, table, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first[0][1], again[0][1])
    assert not np.array_equal(first[0][1], other[0][1])


def test_a_hold_out_is_a_fifth_and_leaves_the_rarest_to_learn_from() -> None:
    target = np.array([0] * 98 + [1] * 2)
    task, table = some("binary", Split(folds=1), target)
    ((train, valid),) = make_folds(task, table, 0)
    assert len(valid) in (19, 20)
    assert (target[train] == 1).sum() == 2


def test_quantities_are_stratified_by_size() -> None:
    target = np.random.default_rng(0).lognormal(size=500)
    task, table = some("regression", Split(folds=5), target)
    means = [np.median(target[valid]) for _, valid in make_folds(task, table, 0)]
    assert max(means) / min(means) < 1.15


@settings(max_examples=30, deadline=None)
@given(groups=st.integers(5, 30), folds=st.integers(1, 5), seed=st.integers(0, 99))
def test_a_group_never_straddles(groups: int, folds: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    group = np.concatenate([np.arange(groups), rng.integers(0, groups, 100)])
    target = rng.integers(0, 2, len(group))
    task, table = some("binary", Split("group", "g", folds), target, group=group)
    for train, valid in make_folds(task, table, seed):
        assert not set(group[train]) & set(group[valid])
        assert len(valid) > 0


def test_there_are_no_more_folds_than_groups() -> None:
    group = np.array([0, 1] * 20)
    target = np.arange(40) % 4 // 2
    for folds, expected in ((3, 2), (1, 1)):
        task, table = some("binary", Split("group", "g", folds), target, group=group)
        made = make_folds(task, table, 0)
        assert len(made) == expected
        assert all(len(learn) and len(judge) for learn, judge in made)


def test_one_group_and_one_moment_cannot_be_split() -> None:
    same = np.zeros(40, dtype=np.int64)
    task, table = some("binary", Split("group", "g", 3), np.arange(40) % 2, group=same)
    with pytest.raises(DataError, match=r"at least two groups\. Got 1"):
        make_folds(task, table, 0)
    task, table = some("binary", Split("time", "t", 1), np.arange(40) % 2, time=same.astype(float))
    with pytest.raises(DataError, match="rows of different times"):
        make_folds(task, table, 0)


@settings(max_examples=50, deadline=None)
@given(rows=st.integers(10, 200), moments=st.integers(2, 12), folds=st.integers(1, 5))
def test_rows_of_one_moment_stay_on_one_side(rows: int, moments: int, folds: int) -> None:
    time = np.arange(rows) % moments * 1.0
    task, table = some("regression", Split("time", "t", folds), time, time=time)
    made = make_folds(task, table, 0)
    assert 1 <= len(made) <= folds
    for learn, judge in made:
        assert len(learn) > 0
        assert len(judge) > 0
        assert time[learn].max() < time[judge].min()


@pytest.mark.parametrize("folds", [1, 3])
def test_the_future_judges_the_past(folds: int) -> None:
    time = np.random.default_rng(0).permutation(100).astype(float)
    task, table = some("regression", Split("time", "t", folds), time, time=time)
    parts = make_folds(task, table, 0)
    assert len(parts) == folds
    for train, valid in parts:
        assert time[train].max() < time[valid].min()
    last = [time[valid].max() for _, valid in parts]
    assert last == sorted(last)


@settings(max_examples=30, deadline=None)
@given(rows=st.integers(40, 300), known=st.integers(5, 40), seed=st.integers(0, 99))
def test_each_of_several_targets_is_judged_on_its_share(rows: int, known: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    target = np.column_stack([rng.integers(0, 3, rows), rng.normal(size=rows)]).astype(float)
    target[rng.permutation(rows)[: rows - known], 1] = np.nan
    task, table = some("multiclass", Split(folds=1), target)
    task = replace(task, further=(Target("b", "regression", "rmse"),))
    ((train, valid),) = make_folds(task, table, seed)
    assert len(train) + len(valid) == rows
    assert abs((~np.isnan(target[valid, 1])).sum() - known / 5) < 1
    assert abs(len(valid) - rows / 5) < 2
