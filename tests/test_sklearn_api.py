"""netwright inside scikit-learn."""

from __future__ import annotations

from unittest import SkipTest

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from netwright import NetwrightClassifier, NetwrightRegressor
from tests.conftest import make_frame

QUICK = {"trials": 1, "engine": "inline", "learners": ("linear",), "level": "select"}


@pytest.mark.parametrize("kind", [NetwrightClassifier, NetwrightRegressor])
def test_scikit_learns_own_checks(kind: type) -> None:
    failed = []
    for estimator, check in estimator_checks_generator(kind(**QUICK)):
        name = check.func.__name__
        try:
            check(estimator)
        except (pytest.skip.Exception, SkipTest):
            continue
        except Exception as error:
            failed.append(f"{name}: {type(error).__name__}: {str(error)[:200]}")
    assert failed == []


def test_cross_validation_and_pipelines() -> None:
    X, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), NetwrightClassifier(**QUICK))
    assert cross_val_score(pipeline, X, y, cv=3).mean() > 0.9


def test_labels_of_any_type_come_back() -> None:
    frame = make_frame(80)
    model = NetwrightClassifier(**QUICK).fit(frame.drop(columns="y"), frame["y"])
    assert model.classes_.tolist() == ["no", "yes"]
    assert set(model.predict(frame.drop(columns="y"))) <= {"no", "yes"}
    shares = model.predict_proba(frame.drop(columns="y"))
    np.testing.assert_allclose(shares.sum(axis=1), 1)


def test_frames_keep_their_column_types() -> None:
    frame = make_frame(100, "regression")
    model = NetwrightRegressor(**QUICK).fit(frame.drop(columns="y"), frame["y"])
    kinds = {column.name: column.type for column in model.predictor_.task.schema}
    assert kinds["town"] == "category"
    assert kinds["day"] == "date"
    assert model.score(frame.drop(columns="y"), frame["y"]) > 0.3


def test_weights_are_used() -> None:
    X = np.linspace(-1, 1, 80)[:, None]
    y = np.where(np.arange(80) % 2, 10.0, -10.0)
    weight = np.where(y > 0, 1.0, 1e-6)
    model = NetwrightRegressor(**QUICK).fit(X, y, sample_weight=weight)
    assert model.predict(X).mean() > 5


def test_a_run_folder_may_be_kept(tmp_path: object) -> None:
    X, y = load_diabetes(return_X_y=True)
    NetwrightRegressor(**QUICK, out=str(tmp_path / "run")).fit(X[:100], y[:100])  # type: ignore[operator]
    assert (tmp_path / "run" / "report.html").exists()  # type: ignore[operator]


def test_clones_carry_parameters() -> None:
    model = NetwrightClassifier(time="5s", learners=("linear",), random_state=4)
    assert clone(model).get_params() == model.get_params()


def test_rows_and_targets_must_agree() -> None:
    with pytest.raises(ValueError, match="make them agree"):
        NetwrightRegressor(**QUICK).fit(pd.DataFrame({"a": range(10)}), range(9))
