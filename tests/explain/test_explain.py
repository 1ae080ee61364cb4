"""Importance and dependence against closed forms."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import partial_dependence as reference_dependence
from sklearn.inspection import permutation_importance as reference_importance
from sklearn.linear_model import LinearRegression

from netwright.core.learner import Model
from netwright.core.metric import METRICS
from netwright.data.table import Table
from netwright.explain.dependence import partial_dependence
from netwright.explain.importance import permutation_importance

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(RNG.normal(size=(500, 3)), columns=["a", "b", "c"])
TARGET = (2 * FRAME["a"] + 1 * FRAME["b"]).to_numpy()


class Line(Model):
    """2a + b."""

    def predict(self, table: Any) -> np.ndarray:
        return (2 * table["a"] + table["b"]).to_numpy()

    def save(self, folder: Path) -> None: ...

    @classmethod
    def load(cls, folder: Path) -> Line:
        return cls()


def test_importance_of_a_line_is_its_closed_form() -> None:
    """Shuffling a column of slope w adds 2 w^2 var to the squared error."""
    found = permutation_importance(Line(), Table(FRAME, TARGET), METRICS["rmse"], repeats=20)
    told = {item.column: item.importance for item in found}
    assert [item.column for item in found[:2]] == ["a", "b"]
    assert told["a"] == pytest.approx(np.sqrt(8) * FRAME["a"].std(), rel=0.05)
    assert told["b"] == pytest.approx(np.sqrt(2) * FRAME["b"].std(), rel=0.05)
    assert told["c"] == 0.0


def test_importance_agrees_with_scikit_learns() -> None:
    theirs = reference_importance(
        LinearRegression().fit(FRAME, TARGET), FRAME, TARGET,
        scoring="neg_root_mean_squared_error", n_repeats=20, random_state=0,
    )  # fmt: skip
    found = permutation_importance(Line(), Table(FRAME, TARGET), METRICS["rmse"], repeats=20)
    told = {item.column: item.importance for item in found}
    for name, expected in zip(FRAME.columns, theirs.importances_mean, strict=True):
        assert told[name] == pytest.approx(expected, abs=0.1)


def test_what_is_maximised_worsens_downwards() -> None:
    found = permutation_importance(Line(), Table(FRAME, TARGET), METRICS["r2"])
    assert found[0].column == "a"
    assert found[0].importance > 0


def test_a_deadline_leaves_columns_out() -> None:
    table = Table(FRAME, TARGET)
    assert (
        permutation_importance(Line(), table, METRICS["rmse"], deadline=time.monotonic() - 1) == []
    )


def test_large_tables_are_sampled() -> None:
    big = pd.concat([FRAME] * 10, ignore_index=True)
    found = permutation_importance(Line(), Table(big, np.tile(TARGET, 10)), METRICS["rmse"])
    assert found[0].column == "a"


def test_the_table_is_not_changed() -> None:
    before = FRAME.copy()
    permutation_importance(Line(), Table(FRAME, TARGET), METRICS["rmse"], repeats=1)
    partial_dependence(Line(), FRAME, "a")
    pd.testing.assert_frame_equal(FRAME, before)


def test_dependence_of_a_line_is_a_line() -> None:
    found = partial_dependence(Line(), FRAME, "a")
    assert found is not None
    slopes = np.diff(found.curves[0]) / np.diff(np.array(found.values, dtype=float))
    np.testing.assert_allclose(slopes, 2.0, rtol=1e-6)


def test_dependence_agrees_with_scikit_learns() -> None:
    found = partial_dependence(Line(), FRAME.head(200), "b")
    assert found is not None
    theirs = reference_dependence(
        LinearRegression().fit(FRAME, TARGET),
        FRAME.head(200),
        ["b"],
        custom_values={"b": np.array(found.values)},
    )
    np.testing.assert_allclose(found.curves[0], theirs["average"][0], atol=0.2)


class ByTown(Line):
    """Two classes; Oslo is likely to be the second."""

    def predict(self, table: Any) -> np.ndarray:
        sure = np.where(table["town"] == "Oslo", 0.9, 0.2)
        return np.column_stack([1 - sure, sure])


def test_categories_have_a_point_each_and_classes_a_curve_each() -> None:
    towns = pd.Categorical(RNG.choice(["Oslo", "Rome"], 100), categories=["Oslo", "Rome", "Bern"])
    found = partial_dependence(ByTown(), pd.DataFrame({"town": towns}), "town")
    assert found is not None
    assert set(found.values) == {"Oslo", "Rome"}
    where = list(found.values).index("Oslo")
    assert found.curves[1][where] == pytest.approx(0.9)
    assert len(found.curves) == 2


@pytest.mark.parametrize(
    "values", [["some text"] * 9, pd.date_range("2024-01-01", periods=9), [np.nan] * 9]
)
def test_what_has_no_axis_has_no_curve(values: Any) -> None:
    frame = pd.DataFrame({"a": values, "b": 1.0})
    assert partial_dependence(Line(), frame, "a") is None
