"""Greedy selection and calibration."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netwright.core.context import Context
from netwright.core.errors import ArtifactError
from netwright.core.metric import METRICS
from netwright.core.registry import find
from netwright.learners import LEARNERS
from netwright.learners.ensemble import (
    EnsembleModel,
    fit_temperature,
    select_greedily,
    temper,
)
from netwright.learners.models import load_model
from netwright.testing import toy_task

RMSE = METRICS["rmse"]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 8))
def test_never_worse_than_the_best_alone_and_weights_sum_to_one(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=60)
    library = {i: truth + rng.normal(size=60) * rng.uniform(0.2, 2) for i in range(count)}
    weights = select_greedily(library, truth, RMSE)
    assert sum(weights.values()) == pytest.approx(1)
    mean = sum(share * library[i] for i, share in weights.items())
    assert RMSE.loss(truth, mean) <= min(RMSE.loss(truth, p) for p in library.values()) + 1e-12


def test_opposite_mistakes_cancel() -> None:
    truth = np.zeros(10)
    library = {1: np.ones(10), 2: -np.ones(10), 3: np.full(10, 5.0)}
    assert select_greedily(library, truth, RMSE) == {1: 0.5, 2: 0.5}


def test_no_rounds_take_the_best_alone() -> None:
    truth = np.zeros(4)
    assert select_greedily({4: np.ones(4), 7: np.full(4, 0.5)}, truth, RMSE, rounds=0) == {7: 1.0}


def test_limits_are_kept() -> None:
    truth = np.zeros(10)
    library = {1: np.ones(10), 2: -np.ones(10), 3: np.full(10, 5.0)}
    assert select_greedily(library, truth, RMSE, allowed=lambda s: len(s) < 2) == {1: 1.0}
    assert select_greedily(library, truth, RMSE, allowed=lambda s: s <= {3}) == {3: 1.0}
    assert select_greedily(library, truth, RMSE, allowed=lambda s: False) == {}


def test_predictions_that_are_no_numbers_are_not_chosen() -> None:
    truth = np.zeros(4)
    assert select_greedily({1: np.full(4, np.nan), 2: np.ones(4)}, truth, RMSE) == {2: 1.0}


def test_row_weights_count() -> None:
    truth = np.zeros(2)
    library = {1: np.array([0.0, 9.0]), 2: np.array([1.0, 1.0])}
    assert select_greedily(library, truth, RMSE, np.array([1.0, 0.0])) == {1: 1.0}


@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 1.8])
def test_the_temperature_is_found(true_temperature: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(8000, 3)) * 1.5
    honest = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = np.array([rng.choice(3, p=p) for p in honest])
    distorted = temper(honest, 1 / true_temperature)
    assert fit_temperature(distorted, truth) == pytest.approx(true_temperature, rel=0.08)


def test_tempering_by_one_changes_nothing() -> None:
    shares = np.array([[0.2, 0.8], [0.5, 0.5]])
    np.testing.assert_allclose(temper(shares, 1.0), shares)


def test_higher_temperatures_are_less_sure() -> None:
    shares = np.array([[0.1, 0.9]])
    assert temper(shares, 2.0)[0, 1] < 0.9 < temper(shares, 0.5)[0, 1]


@pytest.fixture
def members() -> tuple[list, object]:
    task = toy_task("multiclass")
    models = []
    for name in ("linear", "extra_trees"):
        learner = find("learners", name, LEARNERS)()
        models.append(learner.fit(task, learner.space(task).complete(), Context()))
    return models, task.data.features


@pytest.mark.parametrize("temperature", [1.0, 1.3])
def test_an_ensemble_is_the_tempered_mean_and_saves(
    tmp_path: Path, members: tuple, temperature: float
) -> None:
    models, features = members
    ensemble = EnsembleModel(models, [0.25, 0.75], temperature)
    found = ensemble.predict(features)
    mean = 0.25 * models[0].predict(features) + 0.75 * models[1].predict(features)
    np.testing.assert_allclose(found, temper(mean, temperature), atol=1e-9)
    ensemble.save(tmp_path)
    np.testing.assert_array_equal(load_model(tmp_path).predict(features), found)


def test_ensembles_nest(tmp_path: Path, members: tuple) -> None:
    models, features = members
    inner = EnsembleModel(models, [0.5, 0.5])
    outer = EnsembleModel([inner, models[0]], [0.5, 0.5])
    outer.save(tmp_path)
    np.testing.assert_array_equal(load_model(tmp_path).predict(features), outer.predict(features))


@pytest.mark.parametrize("content", [None, "{", "{}", '{"format": "pickle"}'])
def test_what_is_no_model_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "model.json").write_text(content)
    with pytest.raises(ArtifactError):
        load_model(tmp_path)
