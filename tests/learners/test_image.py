"""Nets of pictures keep the contract of every learner, and say what they cannot learn from."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.errors import ArtifactError
from netwright.core.task import Column, Schema, Task
from netwright.data.images import as_cells
from netwright.data.table import Table
from netwright.learners.image import (
    AUGMENTATIONS,
    ImageLearner,
    NetModel,
    descent,
    learner,
    recipe_of,
)
from netwright.learners.models import load_model
from netwright.spaces.naming import NetSpaceName
from netwright.testing import check_learner, toy_task

TINY = NetSpaceName("nasbench201", {"channels": 4, "cells": 1})
QUICK = {"epochs": 4, "augment": "none"}


def make_task(kind: str, rows: int = 48, dtype: type = np.uint8) -> Task:
    """Pictures whose brightness says it all."""
    rng = np.random.default_rng(0)
    level = rng.uniform(0, 1, rows)
    pictures = (200 * level[:, None, None, None] + rng.uniform(0, 40, (rows, 1, 5, 5))).astype(
        dtype
    )
    classes = {"binary": 2, "multiclass": 3, "regression": 0}[kind]
    target = np.minimum((level * classes).astype(np.int64), classes - 1) if classes else 9 * level
    return Task(
        name="brightness",
        kind=kind,  # type: ignore[arg-type]
        target="y",
        schema=Schema((Column("image", "image", shape=(1, 5, 5)),)),
        metric_name="log_loss" if classes else "rmse",
        classes=tuple(range(classes)),
        data=Table(pd.DataFrame({"image": as_cells(pictures)}), target),
    )


class Quick(ImageLearner):
    """Four epochs are enough for a contract."""

    def fit(self, data: Task, config: Config, context: Context) -> NetModel:
        return super().fit(data, Config({**config, **QUICK}), context)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_the_contract(kind: str) -> None:
    check_learner(Quick(TINY), make_task(kind), samples=1)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_it_learns_from_bytes_and_numbers(dtype: type) -> None:
    task = make_task("binary", 160, dtype)
    train, valid = (task.with_data(task.data.rows(rows)) for rows in (np.r_[:120], np.r_[120:160]))
    config = Config({**ImageLearner(TINY).space(task).complete(), "epochs": 12})
    model = ImageLearner(TINY).fit(train, config, Context(validation=valid))
    assert task.metric.loss(valid.data.target, model.predict(valid.data.features)) < 0.5


def test_a_net_may_see_smaller_pictures(tmp_path: Path) -> None:
    task = make_task("binary")
    config = Config({**ImageLearner(TINY).space(task).complete(), **QUICK, "resolution": 0.4})
    model = ImageLearner(TINY).fit(task, config, Context())
    assert model.built.seen == (2, 2)
    model.save(tmp_path)
    found = NetModel.load(tmp_path).predict(task.data.features)
    np.testing.assert_allclose(found, model.predict(task.data.features), rtol=1e-6)
    model.net[0].seen = None
    assert not np.allclose(model.predict(task.data.features), found)


def test_weights_matter() -> None:
    task = make_task("binary")
    weight = np.where(task.data.target == 1, 1.0, 1e-6)
    data = Table(task.data.features, task.data.target, weight)
    config = Config({**ImageLearner(TINY).space(task).complete(), "epochs": 10})
    model = ImageLearner(TINY).fit(task.with_data(data), config, Context())
    assert model.predict(task.data.features)[:, 1].mean() > 0.65


@pytest.mark.parametrize("augment", AUGMENTATIONS)
def test_every_augmentation_trains(augment: str) -> None:
    task = make_task("multiclass")
    config = Config({**ImageLearner(TINY).space(task).complete(), "epochs": 1, "augment": augment})
    predicted = ImageLearner(TINY).fit(task, config, Context()).predict(task.data.features)
    assert np.isfinite(predicted).all()


def test_small_data_is_learned_in_small_batches() -> None:
    assert recipe_of(Config({}), 40).batch_size == 5
    assert recipe_of(Config({"batch_size": 128}), 10_000).batch_size == 128


def test_plain_descent_takes_smaller_steps_in_smaller_batches() -> None:
    told = Config({**descent(0.1, 5e-4), "batch_size": 128})
    assert recipe_of(told, 10_000).lr == pytest.approx(0.1)
    assert recipe_of(told, 10_000).weight_decay == pytest.approx(5e-4)
    assert recipe_of(told, 256).lr == pytest.approx(0.025)  # in batches of 32


def test_who_learns_from_what() -> None:
    table = toy_task("binary")
    assert "column of pictures" in str(learner().unfit_for(table))
    from netwright.learners.lightgbm import learner as boosted

    assert "not from pictures" in str(boosted().unfit_for(make_task("binary")))


def make_joint_task(rows: int = 160) -> Task:
    """Brightness as a class and, in half of the rows, as a number."""
    first, second = make_task("binary", rows), make_task("regression", rows)
    target = np.column_stack([first.data.target, second.data.target]).astype(float)
    target[::2, 1] = np.nan
    table = Table(first.data.features, target)
    return replace(first, further=second.targets).with_data(table)


def test_the_contract_for_two_targets() -> None:
    check_learner(Quick(TINY), make_joint_task(48), samples=1)


def test_one_trunk_learns_two_targets(tmp_path: Path) -> None:
    task = make_joint_task()
    config = Config({**ImageLearner(TINY).space(task).complete(), "epochs": 12})
    model = ImageLearner(TINY).fit(task, config, Context())
    predicted = model.predict(task.data.features)
    assert predicted.shape == (160, 3)
    np.testing.assert_allclose(predicted[:, :2].sum(axis=1), 1)
    scores = task.scores(task.data.target, predicted)
    assert scores["y.accuracy"] > 0.9
    assert scores["y.r2"] > 0.7
    model.save(tmp_path)
    np.testing.assert_array_equal(load_model(tmp_path).predict(task.data.features), predicted)


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_a_net_written_before_there_were_heads_is_read(kind: str, tmp_path: Path) -> None:
    task = make_task(kind)
    config = Config({**ImageLearner(TINY).space(task).complete(), **QUICK})
    model = ImageLearner(TINY).fit(task, config, Context())
    model.save(tmp_path)
    path = tmp_path / "model.json"
    facts = json.loads(path.read_text())
    [head] = facts.pop("heads")
    path.write_text(json.dumps({**facts, "outputs": head.pop("width"), **head}))
    again = load_model(tmp_path).predict(task.data.features)
    np.testing.assert_array_equal(again, model.predict(task.data.features))


def test_a_saved_net_of_a_stranger_is_not_opened(tmp_path: Path) -> None:
    task = make_task("binary")
    config = Config({**ImageLearner(TINY).space(task).complete(), **QUICK})
    ImageLearner(TINY).fit(task, config, Context()).save(tmp_path)
    path = tmp_path / "model.json"
    facts = json.loads(path.read_text())
    facts["space"]["name"] = "evil:Space"
    path.write_text(json.dumps(facts))
    with pytest.raises(ArtifactError, match="evil:Space"):
        load_model(tmp_path)
