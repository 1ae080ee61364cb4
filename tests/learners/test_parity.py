"""Every algorithm against the library it stands on, or a closed form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.errors import ArtifactError
from netwright.features.encoder import Matrix
from netwright.learners.catboost import CatBoost
from netwright.learners.forests import Forest, ForestFitted
from netwright.learners.lightgbm import LightGBM
from netwright.learners.linear import Linear
from netwright.learners.neighbours import Neighbours
from netwright.learners.tabular import Algorithm, Rows
from netwright.learners.xgboost import XGBoost
from netwright.testing import toy_task

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 5)).astype(np.float32)
SIGNAL = X[:, 0] + X[:, 1] * X[:, 2]


def rows(outputs: int) -> Rows:
    if outputs == 1:
        target = SIGNAL.astype(np.float64)
    else:
        target = np.searchsorted(np.quantile(SIGNAL, np.linspace(0, 1, outputs + 1)[1:-1]), SIGNAL)
    return Rows(Matrix(X, list("abcde")), target, None, outputs)


def fit(algorithm: Algorithm, outputs: int, **values: object):  # type: ignore[no-untyped-def]
    kind = {1: "regression", 2: "binary"}.get(outputs, "multiclass")
    config = algorithm.space(toy_task(kind)).complete(  # type: ignore[arg-type]
        {k: v for k, v in values.items() if k not in ("rounds", "epochs")}
    )
    extra = {k: v for k, v in values.items() if k in ("rounds", "epochs")}
    return algorithm.fit(rows(outputs), None, Config({**config, **extra}), Context(seed=5))  # type: ignore[dict-item]


@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_lightgbm_is_lightgbm(outputs: int) -> None:
    import lightgbm

    found = fit(LightGBM(), outputs, rounds=25).predict(X)
    objective = {1: "regression", 2: "binary"}.get(outputs, "multiclass")
    params = {
        "objective": objective, "learning_rate": 0.05, "num_leaves": 31, "min_child_samples": 20,
        "feature_fraction": 0.6, "bagging_fraction": 0.9, "bagging_freq": 1, "lambda_l1": 1e-3,
        "lambda_l2": 1e-3, "seed": 5, "num_threads": 1, "deterministic": True,
        "force_row_wise": True, "verbose": -1, **({"num_class": 3} if outputs == 3 else {}),
    }  # fmt: skip
    data = lightgbm.Dataset(X, rows(outputs).target)
    expected = lightgbm.train(params, data, 25).predict(X)
    np.testing.assert_allclose(found[:, 1] if outputs == 2 else found, expected, rtol=1e-9)


@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_xgboost_is_xgboost(outputs: int) -> None:
    xgboost = pytest.importorskip("xgboost")
    found = fit(XGBoost(), outputs, rounds=15).predict(X)
    objective = {1: "reg:squarederror", 2: "binary:logistic"}.get(outputs, "multi:softprob")
    params = {
        "objective": objective, "eta": 0.06, "max_depth": 6, "min_child_weight": 1.0,
        "subsample": 0.9, "colsample_bytree": 0.8, "reg_lambda": 1.0, "reg_alpha": 1e-3,
        "tree_method": "hist", "nthread": 1, "seed": 5, "verbosity": 0,
        **({"num_class": 3} if outputs == 3 else {}),
    }  # fmt: skip
    data = xgboost.DMatrix(X, rows(outputs).target)
    expected = xgboost.train(params, data, 15).predict(data)
    np.testing.assert_allclose(found[:, 1] if outputs == 2 else found, expected, atol=1e-6)


@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_catboost_is_catboost(outputs: int) -> None:
    catboost = pytest.importorskip("catboost")
    found = fit(CatBoost(), outputs, rounds=10).predict(X)
    loss = {1: "RMSE", 2: "Logloss"}.get(outputs, "MultiClass")
    model = catboost.CatBoost(
        {
            "loss_function": loss, "iterations": 10, "learning_rate": 0.08, "depth": 6,
            "l2_leaf_reg": 3.0, "random_strength": 1.0, "rsm": 1.0, "one_hot_max_size": 4,
            "random_seed": 5, "thread_count": 1, "logging_level": "Silent",
            "allow_writing_files": False, "max_ctr_complexity": 2,
        }
    )  # fmt: skip
    model.fit(catboost.Pool(X, rows(outputs).target))
    kind = "RawFormulaVal" if outputs == 1 else "Probability"
    np.testing.assert_allclose(found, model.predict(X, prediction_type=kind), rtol=1e-9)


@pytest.mark.parametrize("outputs", [2, 4])
def test_logistic_regression_is_scikit_learns(outputs: int) -> None:
    found = fit(Linear(), outputs, C=0.7).predict(X)
    expected = LogisticRegression(C=0.7, max_iter=300).fit(X, rows(outputs).target)
    np.testing.assert_allclose(found, expected.predict_proba(X), atol=1e-6)


def test_elastic_net_drops_what_does_not_help() -> None:
    weak = fit(Linear(), 2, penalty="elastic_net", l1_ratio=1.0, C=0.02)
    assert (np.abs(weak.arrays["coefficients"]) < 1e-9).sum() >= 2


def test_ridge_is_the_closed_form() -> None:
    found = fit(Linear(), 1, C=2.0).predict(X)
    wide = X.astype(np.float64)
    centred, target = wide - wide.mean(axis=0), SIGNAL.astype(np.float64)
    scaled = (target - target.mean()) / target.std()
    solved = np.linalg.solve(centred.T @ centred + 0.5 * np.eye(5), centred.T @ scaled)
    expected = centred @ solved * target.std() + target.mean()
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_elastic_net_regression_follows_the_line() -> None:
    found = fit(Linear(), 1, penalty="elastic_net", C=1000.0, l1_ratio=0.5).predict(X)
    assert np.corrcoef(found, SIGNAL)[0, 1] > 0.6


@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_neighbours_are_scikit_learns(weights: str) -> None:
    found = fit(Neighbours(), 3, n_neighbors=7, weights=weights)
    new = RNG.normal(size=(50, 5)).astype(np.float32)
    theirs = KNeighborsClassifier(7, weights=weights).fit(X, rows(3).target).predict_proba(new)
    prior = np.bincount(rows(3).target) / 300
    np.testing.assert_allclose(found.predict(new), (7 * theirs + prior) / 8, atol=1e-4)


def test_extra_trees_are_scikit_learns() -> None:
    found = fit(Forest("extra_trees", "ExtraTrees"), 3, n_estimators=50, max_features=0.5)
    theirs = ExtraTreesClassifier(
        20, min_samples_leaf=3, max_features=0.5, criterion="gini", random_state=5, warm_start=True
    )
    for count in (20, 40, 50):
        theirs.n_estimators = count
        theirs.fit(X, rows(3).target)
    np.testing.assert_allclose(found.predict(X), theirs.predict_proba(X), atol=1e-9)


def test_random_forests_are_scikit_learns() -> None:
    found = fit(Forest("random_forest", "RandomForest"), 1, n_estimators=60, min_samples_leaf=2)
    theirs = RandomForestRegressor(
        20, min_samples_leaf=2, max_features=0.5, random_state=5, warm_start=True
    )
    for count in (20, 40, 60):
        theirs.n_estimators = count
        theirs.fit(X, rows(1).target)
    np.testing.assert_allclose(found.predict(X), theirs.predict(X), atol=1e-9)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("node.left_child", 10_000, "outside its tree"),
        ("node.right_child", 0, "outside its tree"),
        ("node.feature", 99, "absent feature"),
        ("node.feature", -5, "absent feature"),
    ],
)
def test_a_damaged_forest_is_refused_before_it_can_do_harm(
    tmp_path: Path, field: str, value: int, message: str
) -> None:
    from safetensors.numpy import load_file, save_file

    fit(Forest("extra_trees", "ExtraTrees"), 2, n_estimators=50).save(tmp_path)
    path = tmp_path / "forest.safetensors"
    arrays = load_file(path)
    arrays[field] = arrays[field].copy()
    arrays[field][0] = value
    save_file(arrays, path)
    with pytest.raises(ArtifactError, match=message):
        ForestFitted.load(tmp_path)


def test_sparse_and_dense_features_learn_the_same() -> None:
    import scipy.sparse

    dense = rows(2)
    sparse = Rows(Matrix(scipy.sparse.csr_matrix(X), list("abcde")), dense.target, None, 2)
    for algorithm in (LightGBM(), Linear(), Neighbours(), Forest("extra_trees", "ExtraTrees")):
        values = algorithm.space(toy_task()).complete()
        config = Config({**values, "rounds": 10})
        first = algorithm.fit(dense, None, config, Context(seed=1)).predict(X)
        second = algorithm.fit(sparse, None, config, Context(seed=1))
        np.testing.assert_allclose(second.predict(sparse.values), first, atol=1e-5)
