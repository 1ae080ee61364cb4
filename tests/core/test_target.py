"""One target and several: widths, parts, metrics, and their way through JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from netwright.core.errors import ConfigError
from netwright.core.skill import SKILL
from netwright.core.target import Target, parts_of
from netwright.core.task import Schema, Task

TOWN = Target("town", "multiclass", "accuracy", ("Lima", "Oslo", "Rome"))
AGE = Target("age", "regression", "rmse")
SICK = Target("sick", "binary", "auc", ("no", "yes"))
SEVERAL = Task(
    "t", TOWN.kind, TOWN.name, Schema(()), TOWN.metric_name, TOWN.classes, further=(AGE, SICK)
)
SINGLE = replace(SEVERAL, further=())


def test_outputs_stand_side_by_side() -> None:
    assert [target.width for target in SEVERAL.targets] == [3, 1, 2]
    assert SEVERAL.parts == (slice(0, 3), slice(3, 4), slice(4, 6))
    assert SEVERAL.outputs == 6
    assert parts_of([]) == ()


def test_a_single_target_is_a_tuple_of_one() -> None:
    assert SINGLE.targets == (TOWN,)
    assert SINGLE.parts == (slice(0, 3),)
    assert SINGLE.outputs == 3


@pytest.mark.parametrize("task", [SINGLE, SEVERAL])
def test_tasks_survive_json(task: Task) -> None:
    assert Task.from_json(json.loads(json.dumps(task.to_json()))) == task


def test_a_task_written_before_there_were_several_is_read() -> None:
    written = SINGLE.to_json()
    del written["further"]
    assert Task.from_json(written) == SINGLE


def test_a_single_target_keeps_its_metrics_under_their_own_names() -> None:
    assert SINGLE.metric.name == "accuracy"
    assert list(SINGLE.metrics) == ["log_loss", "accuracy", "balanced_accuracy", "auc"]


def test_each_of_several_has_its_metrics_and_skill_decides() -> None:
    assert (SEVERAL.metric.name, SEVERAL.metric.maximise) == (SKILL, True)
    names = list(SEVERAL.metrics)
    assert names[:2] == [SKILL, "town.log_loss"]
    assert {"age.rmse", "sick.auc"} < set(names)
    assert SEVERAL.metrics["age.rmse"].direction() == "minimize"
    assert len(names) == 1 + 4 + 3 + 4


def test_scores_have_the_names_of_metrics() -> None:
    truth = np.array([[0, 30.0, 1], [2, 50.0, 0]])
    predicted = np.array([[1, 0, 0, 30.0, 0, 1], [0, 0, 1, 54.0, 1, 0]], dtype=float)
    scores = SEVERAL.scores(truth, predicted)
    assert list(scores) == list(SEVERAL.metrics)
    assert scores["town.accuracy"] == scores["sick.auc"] == 1
    assert scores["age.mae"] == 2
    single = SINGLE.scores(truth[:, 0].astype(np.int64), predicted[:, :3])
    assert single["log_loss"] == scores["town.log_loss"]


def test_a_target_says_what_it_is() -> None:
    assert str(AGE) == "regression 'age'"
    with pytest.raises(ConfigError, match="does not fit a regression"):
        replace(AGE, metric_name="accuracy").metric  # noqa: B018
