"""Contracts of learners, their models, and evaluators."""

from __future__ import annotations

import pickle
import tempfile
import time
from pathlib import Path

import numpy as np

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.evaluator import Evaluator
from netwright.core.learner import Learner, Model
from netwright.core.task import Task

EXPIRED_SECONDS = 20.0


def check_learner(learner: Learner, task: Task, samples: int = 2) -> None:
    """Fits defaults and random configurations; the models keep every promise of the contract."""
    assert learner.unfit_for(task) is None, "the learner says it cannot take the task"
    space = learner.space(task)
    rng = np.random.default_rng(0)
    half = len(task.data) // 2
    train = task.with_data(task.data.rows(np.arange(half)))
    valid = task.with_data(task.data.rows(np.arange(half, len(task.data))))
    context = Context(seed=3, validation=valid)
    for config in [space.complete(), *(space.sample(rng) for _ in range(samples))]:
        before = train.data.features.copy(deep=True)
        model = learner.fit(train, config, context)
        assert train.data.features.equals(before), "fit changed its data"
        check_model(model, valid)
        _check_same_seed(learner, train, config, context, model, valid)
    _check_deadline(learner, train, space.complete())


def check_model(model: Model, task: Task) -> None:
    """Shapes, probabilities, no rows, one row, and the same after saving, to the last bit."""
    features = task.data.features
    predicted = model.predict(features)
    shape = (len(features), task.outputs) if task.outputs > 1 else (len(features),)
    assert predicted.shape == shape, f"predictions have shape {predicted.shape}, not {shape}"
    assert predicted.dtype == np.float64, f"predictions are {predicted.dtype}, not float64"
    assert np.isfinite(predicted).all(), "predictions are not finite"
    for target, part in zip(task.targets, task.parts, strict=True):
        if target.classes:
            assert (predicted[:, part] >= 0).all(), "probabilities are negative"
            sums = predicted[:, part].sum(axis=1)
            assert np.allclose(sums, 1), "probabilities do not sum to one"
    assert len(model.predict(features.iloc[:0])) == 0, "no rows must give no predictions"
    one = model.predict(features.iloc[:1])
    assert np.allclose(one, predicted[:1], atol=1e-5), "a row alone is predicted differently"
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder))
        assert any(Path(folder).iterdir()), "save wrote nothing"
        for path in Path(folder).rglob("*"):
            assert path.suffix not in (".pkl", ".pickle", ".joblib", ".pt"), f"{path} is a pickle"
        again = type(model).load(Path(folder)).predict(features)
    assert np.array_equal(again, predicted), "a loaded model predicts differently"


def _check_same_seed(
    learner: Learner, train: Task, config: Config, context: Context, model: Model, valid: Task
) -> None:
    again = learner.fit(train, config, context).predict(valid.data.features)
    same = np.array_equal(again, model.predict(valid.data.features))
    assert same, "the same seed gives another model"


def _check_deadline(learner: Learner, train: Task, config: Config) -> None:
    started = time.monotonic()
    model = learner.fit(train, config, Context(deadline=started - 1))
    taken = time.monotonic() - started
    assert taken < EXPIRED_SECONDS, f"fit ran {taken:.0f} s past its deadline"
    assert len(model.predict(train.data.features)) == len(train.data), "no model at the deadline"


def check_evaluator(evaluator: Evaluator, config: Config, objectives: tuple[str, ...]) -> None:
    """Survives pickling, scores every objective, and says the same twice."""
    copied = pickle.loads(pickle.dumps(evaluator))
    results = []
    for judge in (evaluator, copied):
        with tempfile.TemporaryDirectory() as folder:
            results.append(judge.evaluate(config, Context(seed=1, folder=Path(folder))))
    first, second = results
    assert first.state == "complete", f"the evaluation {first.state}: {first.error}"
    for name in objectives:
        assert name in first.scores, f"there is no score {name!r}"
        assert np.isfinite(first.scores[name]), f"the score {name!r} is not finite"
    assert dict(first.scores) == dict(second.scores), "the same seed scores differently"
