"""Judging on held-back rows, and training once more."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.task import Constraints, Task
from netwright.data.splits import make_folds
from netwright.evaluators.refit import SOURCE, RefitEvaluator
from netwright.evaluators.resampling import ResamplingEvaluator, latency_ms
from netwright.evaluators.rows import chosen_learner, open_fold, open_table
from netwright.learners.models import load_model
from netwright.recipes.levels import build_space
from netwright.testing import check_evaluator
from tests.conftest import make_task

LINEAR = {"learner": "linear"}


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Task, Path]:
    task = make_task("binary", folds=3)
    task.data.save(tmp_path / "data")
    return task.with_data(None), tmp_path / "data"


def config_of(task: Task, **values: object) -> Config:
    return build_space(task, ["linear", "lightgbm"], "full").complete({**LINEAR, **values})


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_the_contract(tmp_path: Path, kind: str) -> None:
    task = make_task(kind, folds=2)
    task.data.save(tmp_path / "data")
    evaluator = ResamplingEvaluator(task.with_data(None), tmp_path / "data")
    check_evaluator(evaluator, config_of(task), (task.metric.name,))


def test_out_of_fold_predictions_come_from_models_that_had_not_seen_the_rows(
    tmp_path: Path, saved: tuple
) -> None:
    task, data = saved
    context = Context(seed=1, folder=tmp_path / "0000")
    context.folder.mkdir()  # type: ignore[union-attr]
    result = ResamplingEvaluator(task, data).evaluate(config_of(task), context)
    found = np.load(tmp_path / "0000" / "predictions.npy")
    table = open_table(data)
    for fold, (_, rows) in enumerate(make_folds(task, table, 0)):
        model = load_model(tmp_path / "0000" / f"fold{fold}")
        expected = model.predict(table.features.iloc[rows])
        np.testing.assert_allclose(found[rows], expected, atol=1e-6)
    assert result.predictions_path == "trials/0000/predictions.npy"
    assert result.artifacts["folds"] == 3
    assert result.scores["log_loss"] == pytest.approx(task.metric.score(table.target, found, None))
    assert set(result.scores) == {"log_loss", "accuracy", "balanced_accuracy", "auc"}


def test_a_hold_out_leaves_the_other_rows_open(tmp_path: Path) -> None:
    task = make_task("binary", folds=1)
    task.data.save(tmp_path / "data")
    context = Context(folder=tmp_path)
    ResamplingEvaluator(task.with_data(None), tmp_path / "data").evaluate(config_of(task), context)
    found = np.load(tmp_path / "predictions.npy")
    assert np.isnan(found[:, 0]).mean() == pytest.approx(0.8, abs=0.02)


def test_losses_are_reported_after_each_fold_and_may_end_the_trial(saved: tuple) -> None:
    task, data = saved
    told: list[tuple[int, float]] = []

    def report(step: int, value: float) -> bool:
        told.append((step, value))
        return step == 1

    result = ResamplingEvaluator(task, data).evaluate(config_of(task), Context(report=report))
    assert result.state == "pruned"
    assert [step for step, _ in told] == [0, 1]
    assert all(value > 0 for _, value in told)


def test_what_is_maximised_is_reported_in_its_natural_sign(tmp_path: Path) -> None:
    task = make_task("binary", folds=2, metric="auc")
    task.data.save(tmp_path / "data")
    told: list[float] = []

    def report(step: int, value: float) -> bool:
        told.append(value)
        return False

    evaluator = ResamplingEvaluator(task.with_data(None), tmp_path / "data")
    evaluator.evaluate(config_of(task), Context(report=report))
    assert 0.5 < told[0] <= 1


def test_a_deadline_between_folds_leaves_what_there_is_behind_all_else(
    saved: tuple, tmp_path: Path
) -> None:
    task, data = saved
    context = Context(deadline=time.monotonic() - 1, folder=tmp_path)
    result = ResamplingEvaluator(task, data).evaluate(config_of(task), context)
    assert (result.state, result.constraints) == ("complete", {"folds_left": 2})
    assert 0.2 < np.isnan(np.load(tmp_path / "predictions.npy")).mean() < 0.8
    whole = ResamplingEvaluator(task, data).evaluate(config_of(task), Context())
    assert whole.constraints == {}


def test_limits_are_measured(tmp_path: Path) -> None:
    task = make_task("binary", constraints=Constraints(max_latency_ms=100))
    task.data.save(tmp_path / "data")
    context = Context(folder=tmp_path)
    evaluator = ResamplingEvaluator(task.with_data(None), tmp_path / "data")
    found = evaluator.evaluate(config_of(task), context).artifacts
    assert 0 < found["latency_ms"] < 1000
    assert 0 < found["size_mb"] < 10


def test_latency_is_positive() -> None:
    task = make_task()
    learner, config = chosen_learner(config_of(task))
    model = learner.fit(task, config, Context())
    assert latency_ms(model, task.data.features, repeats=3) > 0


def test_weights_reach_learning_and_judging(tmp_path: Path) -> None:
    task = make_task("binary", folds=2)
    plain = task.data
    half = np.where(np.arange(len(plain)) % 2, 1.0, 1e-9)
    weighted = type(plain)(plain.features, plain.target, half)
    weighted.save(tmp_path / "data")
    result = ResamplingEvaluator(task.with_data(None), tmp_path / "data").evaluate(
        config_of(task), Context(folder=tmp_path)
    )
    found = np.load(tmp_path / "predictions.npy")
    alone = half > 0.5
    expected = task.metric.score(plain.target[alone], found[alone], None)
    assert result.scores["log_loss"] == pytest.approx(expected, rel=1e-5)


def test_folds_are_cut_once_a_process(saved: tuple) -> None:
    task, data = saved
    assert open_fold(data, task, 0, 1) is open_fold(data, task, 0, 1)


def refit_of(task: Task, data: Path, config: Config, tuned: dict) -> RefitEvaluator:
    return RefitEvaluator(task, data, designs={4: config}, tuned={4: tuned}, seeds={4: 11})


def test_a_refit_learns_all_rows_with_what_the_search_found_out(
    tmp_path: Path, saved: tuple
) -> None:
    task, data = saved
    config = config_of(task, learner="lightgbm")
    context = Context(folder=tmp_path)
    result = refit_of(task, data, config, {"rounds": 7}).evaluate(Config({SOURCE: 4}), context)
    assert result.artifacts == {"source": 4}
    model = load_model(tmp_path / "full")
    assert model.tuned == {"rounds": 7}
    learner, chosen = chosen_learner(config)
    whole = task.with_data(open_table(data))
    expected = learner.fit(whole, Config({**chosen, "rounds": 7}), Context(seed=11))
    features = open_table(data).features
    np.testing.assert_array_equal(model.predict(features), expected.predict(features))


def test_a_refit_cut_short_does_not_count(tmp_path: Path, saved: tuple) -> None:
    task, data = saved
    context = Context(folder=tmp_path, deadline=time.monotonic() - 1)
    result = refit_of(task, data, config_of(task), {}).evaluate(Config({SOURCE: 4}), context)
    assert result.state == "failed"
    assert not (tmp_path / "full").exists()
