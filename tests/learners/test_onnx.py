"""Every learner and preparation as an ONNX file against its own `predict`."""

from __future__ import annotations

import json
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.errors import ConfigError
from netwright.core.learner import Model
from netwright.core.registry import find
from netwright.core.space import Parameters, Space
from netwright.core.task import Task
from netwright.export.graph import Graph
from netwright.export.tables import table_model
from netwright.features.preparation import MAX_DENSE
from netwright.learners import LEARNERS, NEEDS
from netwright.learners.ensemble import EnsembleModel
from netwright.learners.lightgbm import LightGBMFitted
from netwright.learners.tabular import Algorithm, Fitted, Rows, TabularLearner, TabularModel
from tests.export.tables import column_graph, odd_rows, raw_frame, run, said, table_task

KINDS = ("binary", "multiclass", "regression")
WAYS = {
    "lightgbm": [("raw", how) for how in ("codes", "target", "one_hot")],
    "catboost": [("raw", "target")],
    "xgboost": [("raw", how) for how in ("codes", "target", "one_hot")],
    "linear": [("quantile", "one_hot"), ("standard", "target")],
    "extra_trees": [("raw", "codes"), ("raw", "target")],
    "random_forest": [("raw", "codes"), ("raw", "target")],
    "net": [("quantile", "codes"), ("standard", "target")],
}
"""Learner to its ways of preparing numbers and categories."""
task_of = cache(table_task)


def fit(name: str, task: Task, numbers: str, categories: str, seed: int = 3) -> TabularModel:
    """A model of a random configuration, small."""
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    learner = find("learners", name, LEARNERS)()
    config = dict(learner.space(task).sample(np.random.default_rng(seed)))
    config |= {"numbers": numbers, "categories": categories, "n_estimators": 20}
    config |= {"rounds": 30, "epochs": 2, "fill": "median"}
    found: TabularModel = learner.fit(task, Config(config), Context(seed=seed, threads=1))
    return found


def check(model: Model, task: Task, features: pd.DataFrame, most: float = 1e-5) -> None:
    """The file says what the model says."""
    expected = model.predict(features).reshape(len(features), -1)
    found = said(model, task, features)
    assert found.dtype == np.float64
    assert found.shape == (len(features), task.outputs)
    scale = 1.0 if task.classes else max(1.0, float(np.abs(expected).max()))
    assert np.abs(found - expected).max() < most * scale
    assert (found.argmax(axis=1) == expected.argmax(axis=1)).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("name", "numbers", "categories"), [(name, *way) for name in WAYS for way in WAYS[name]]
)
def test_files_predict_what_models_predict(
    name: str, numbers: str, categories: str, kind: str
) -> None:
    task = task_of(kind)
    model = fit(name, task, numbers, categories)
    check(model, task, odd_rows(task), 1e-5 if name in ("net", "xgboost") else 1e-12)


def test_every_learner_of_tables_is_told_of() -> None:
    assert set(LEARNERS) == {*WAYS, "neighbours", "image"}


def test_categorical_splits_are_among_them() -> None:
    model = fit("lightgbm", task_of("binary"), "raw", "codes")
    assert "num_cat=1" in model.fitted.booster.model_to_string()  # type: ignore[union-attr]


@pytest.mark.parametrize("architecture", ["resnet", "residual_mlp", "mlp"])
@pytest.mark.parametrize("norm", ["batch", "layer", "none"])
def test_nets_of_any_shape(architecture: str, norm: str) -> None:
    task = task_of("multiclass")
    learner = find("learners", "net", LEARNERS)()
    activations = {"batch": "gelu", "layer": "silu", "none": "selu"}
    said_so = {"block": architecture, "norm": norm, "activation": activations[norm]}
    said_so |= {"number_embedding": "periodic" if norm == "layer" else "none"}
    config = dict(learner.space(task).complete())
    config |= {f"architecture.{key}": value for key, value in said_so.items()} | {"epochs": 1}
    config["architecture.number_width"] = 4
    check(learner.fit(task, Config(config), Context(threads=1)), task, odd_rows(task))


def test_a_model_read_from_its_folder(tmp_path: Path) -> None:
    task = task_of("binary")
    for name in ("lightgbm", "xgboost", "random_forest", "linear"):
        (tmp_path / name).mkdir()
        fit(name, task, *WAYS[name][0]).save(tmp_path / name)
        check(TabularModel.load(tmp_path / name), task, odd_rows(task))


@pytest.mark.parametrize("name", ["linear", "lightgbm", "xgboost"])
def test_wide_one_hot_rows_that_learners_saw_sparse(name: str) -> None:
    """XGBoost takes the zeros of sparse rows as missing."""
    from netwright.core.audit import Audit
    from netwright.data.prepare import Wishes, prepare

    rng = np.random.default_rng(0)
    frame = raw_frame(1600, "binary")
    frame["wide"] = frame["wide"].round() - 1  # zeros among the numbers too
    for column in ("u", "v"):
        frame[column] = [f"{column}{i}" for i in rng.integers(0, 260, len(frame))]
    task = prepare(frame, "y", Wishes(), Audit())
    model = fit(name, task, WAYS[name][0][0], "one_hot")
    assert len(model.preparation.names) > MAX_DENSE
    check(model, task, task.data.features.iloc[:200])


@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_trees_of_a_single_leaf(outputs: int) -> None:
    import lightgbm

    values = np.random.default_rng(0).normal(size=(40, 1)).astype(np.float32)
    target = np.arange(40) % outputs if outputs > 1 else values[:, 0]
    objective = {1: "regression", 2: "binary", 3: "multiclass"}[outputs]
    params = {"objective": objective, "min_data_in_leaf": 39, "verbose": -1}
    params |= {"num_class": 3} if outputs == 3 else {}
    data = lightgbm.Dataset(values, target, params={"verbose": -1})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nothing can be split, as it should be
        fitted = LightGBMFitted(lightgbm.train(params, data, 3), outputs)
    graph, x = column_graph()
    made = graph.model(fitted.onnx(graph, graph.cast(x, np.float32)), outputs)
    found = run(made, {"x": values.astype(np.float64)})
    np.testing.assert_allclose(found, fitted.predict(values).reshape(40, -1), atol=1e-12)


@pytest.mark.parametrize("temperature", [1.0, 0.6, 2.5])
def test_ensembles_are_weighted_and_tempered(temperature: float) -> None:
    task = task_of("multiclass")
    members = [fit(name, task, *WAYS[name][0]) for name in ("linear", "lightgbm", "random_forest")]
    check(EnsembleModel(members, [0.5, 0.3, 0.2], temperature), task, odd_rows(task), 1e-12)


def test_an_ensemble_of_numbers_within_an_ensemble() -> None:
    task = task_of("regression")
    inner = EnsembleModel(
        [fit("linear", task, "standard", "target", seed) for seed in (1, 2)], [0.4, 0.6]
    )
    outer = EnsembleModel([inner, fit("extra_trees", task, "raw", "codes")], [0.7, 0.3])
    check(outer, task, odd_rows(task), 1e-12)


def test_members_share_their_preparation() -> None:
    task = task_of("binary")
    models = [fit("lightgbm", task, "raw", "target", seed) for seed in (1, 2, 3)]
    alone = len(table_model(models[0], task).graph.node)
    both = len(table_model(EnsembleModel(models, [0.2, 0.3, 0.5]), task).graph.node)
    assert both < alone + 25


@pytest.mark.parametrize("name", ["linear", "lightgbm", "xgboost", "random_forest", "net"])
@pytest.mark.parametrize("absent", [(1,), (0, 2)])
def test_classes_that_a_fold_lacks_get_their_sliver(name: str, absent: tuple[int, ...]) -> None:
    task = task_of("multiclass")
    known = np.flatnonzero(~np.isin(task.data.target, absent))
    model = fit(name, task.with_data(task.data.rows(known)), *WAYS[name][0])
    assert len(model.present) == 4 - len(absent)
    check(model, task, odd_rows(task))


def test_a_fold_of_one_class() -> None:
    task = task_of("multiclass")
    known = np.flatnonzero(task.data.target == 2)
    model = fit("linear", task.with_data(task.data.rows(known)), "standard", "target")
    assert model.fitted is None
    check(model, task, odd_rows(task), 1e-12)


def test_neighbours_are_refused_by_name() -> None:
    task = task_of("binary")
    members = [
        fit("linear", task, "standard", "target"),
        fit("neighbours", task, "standard", "target"),
    ]
    with pytest.raises(ConfigError, match="no words for 'neighbours'"):
        table_model(EnsembleModel(members, [0.5, 0.5]), task)


def test_catboosts_own_codes_are_refused() -> None:
    task = task_of("binary")
    with pytest.raises(ConfigError, match="'catboost', codes categories itself"):
        table_model(fit("catboost", task, "raw", "codes"), task)


class MeanFitted(Fitted):
    """The mean of the features, as a person's own algorithm."""

    def predict(self, values: Any) -> NDArray[np.float64]:
        return np.asarray(values, dtype=np.float64).mean(axis=1)

    def onnx(self, graph: Graph, values: str) -> str:
        return graph.add("ReduceMean", graph.cast(values, np.float64), [1], keepdims=1)

    def save(self, folder: Path) -> None:
        (folder / "mean.json").write_text(json.dumps({}))

    @classmethod
    def load(cls, folder: Path) -> MeanFitted:
        return cls()


class Mean(Algorithm):
    """Makes one."""

    name = "mean"
    numbers = ("standard",)
    categories = ("target",)
    fitted = MeanFitted

    def space(self, task: Task) -> Space:
        return Parameters({})

    def fit(self, train: Rows, valid: Rows | None, config: Config, context: Context) -> Fitted:
        return MeanFitted()


class Odd(Model):
    """A model that says nothing of ONNX."""

    def predict(self, table: Any) -> NDArray[np.float64]:
        return np.zeros(len(table))

    def save(self, folder: Path) -> None: ...

    @classmethod
    def load(cls, folder: Path) -> Odd:
        return cls()


def test_a_persons_own_algorithm_offers_it_in_two_lines() -> None:
    task = task_of("regression")
    check(TabularLearner(Mean()).fit(task, Config({}), Context()), task, odd_rows(task), 1e-12)


def test_a_persons_own_model_without_it_is_named() -> None:
    with pytest.raises(ConfigError, match="Odd, has no method onnx"):
        table_model(EnsembleModel([Odd()], [1.0]), task_of("regression"))
