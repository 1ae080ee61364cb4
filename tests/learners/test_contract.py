"""A table of learners times a table of tasks: a new learner is one line."""

from __future__ import annotations

import numpy as np
import pytest

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.registry import find
from netwright.learners import LEARNERS, NEEDS, available
from netwright.testing import check_learner, toy_task

TABULAR = [name for name in LEARNERS if name != "image"]
KINDS = ("binary", "multiclass", "regression")


def learner(name: str):  # type: ignore[no-untyped-def]
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    return find("learners", name, LEARNERS)()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", TABULAR)
def test_the_contract(name: str, kind: str) -> None:
    samples = 0 if name == "catboost" else 1
    check_learner(learner(name), toy_task(kind), samples=samples)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", TABULAR)
def test_it_learns(name: str) -> None:
    task = toy_task("binary", rows=400)
    train = task.with_data(task.data.rows(np.arange(250)))
    valid = task.with_data(task.data.rows(np.arange(250, 400)))
    made = learner(name)
    model = made.fit(train, made.space(task).complete(), Context(validation=valid))
    loss = task.metric.loss(valid.data.target, model.predict(valid.data.features))
    assert loss < 0.55, "a coin gets 0.693"


@pytest.mark.parametrize("name", TABULAR)
def test_weights_matter(name: str) -> None:
    """With all weight on the rows of one class, that class is predicted."""
    task = toy_task("binary", rows=120, rich=False)
    weight = np.where(task.data.target == 1, 1.0, 1e-6)
    data = type(task.data)(task.data.features, task.data.target, weight)
    made = learner(name)
    config = Config({**made.space(task).complete(), "rounds": 20, "epochs": 20})
    model = made.fit(task.with_data(data), config, Context())
    assert model.predict(task.data.features)[:, 1].mean() > 0.65


@pytest.mark.parametrize("name", TABULAR)
def test_a_class_that_training_rows_lack_is_improbable_not_impossible(name: str) -> None:
    task = toy_task("multiclass", rows=150)
    known = np.flatnonzero(task.data.target != 1)
    train, valid = task.with_data(task.data.rows(known)), task
    made = learner(name)
    config = Config({**made.space(task).complete(), "rounds": 150, "epochs": 40})
    model = made.fit(train, config, Context(validation=valid))
    predicted = model.predict(task.data.features)
    assert predicted.shape == (150, 3)
    assert ((predicted[:, 1] > 0) & (predicted[:, 1] < 0.01)).all()


@pytest.mark.parametrize("name", TABULAR)
def test_one_class_alone_is_a_constant(name: str) -> None:
    task = toy_task("binary")
    train = task.with_data(task.data.rows(np.flatnonzero(task.data.target == 1)))
    made = learner(name)
    model = made.fit(train, made.space(task).complete(), Context())
    assert (model.predict(task.data.features)[:, 1] > 0.99).all()


@pytest.mark.parametrize("name", TABULAR)
def test_what_training_found_out_trains_as_well_without_validation_rows(name: str) -> None:
    task = toy_task("regression", rows=300)
    train = task.with_data(task.data.rows(np.arange(200)))
    valid = task.with_data(task.data.rows(np.arange(200, 300)))
    made = learner(name)
    config = made.space(task).complete()
    first = made.fit(train, config, Context(validation=valid))
    second = made.fit(train, Config({**config, **first.tuned}), Context())
    losses = [
        task.metric.loss(valid.data.target, model.predict(valid.data.features))
        for model in (first, second)
    ]
    assert losses[1] < 1.15 * losses[0]
    assert second.tuned == first.tuned


def test_missing_values_everywhere_do_not_stop_anyone() -> None:
    task = toy_task("binary")
    features = task.data.features.copy()
    for name in ("x", "noise", "day"):
        features.loc[::2, name] = None
    features.loc[::3, "colour"] = None
    features.loc[::2, "note"] = ""
    data = type(task.data)(features, task.data.target)
    for name in set(available()) & set(TABULAR):
        made = learner(name)
        config = Config({**made.space(task).complete(), "rounds": 5, "epochs": 2})
        model = made.fit(task.with_data(data), config, Context())
        assert np.isfinite(model.predict(features)).all(), name


def test_distances_in_thousands_of_columns_are_declined() -> None:
    from netwright.core.task import Column, Schema, Task

    schema = Schema(tuple(Column(f"c{i}", "number") for i in range(1000)))
    wide = Task("w", "binary", "y", schema, "log_loss", ("a", "b"))
    assert "1000 columns" in str(learner("neighbours").unfit_for(wide))
    assert learner("linear").unfit_for(wide) is None


def test_available_learners_come_in_the_order_they_are_tried() -> None:
    assert [name for name in LEARNERS if name in available()] == available()
