"""Latencies once more: what is measured anew, and what counts from then on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from optuna.samplers import RandomSampler

from netwright.core.budget import Clock
from netwright.core.result import Result
from netwright.core.space import Int
from netwright.core.study import Study
from netwright.core.task import Constraints
from netwright.recipes import settling
from netwright.recipes.settling import deciding, settle
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import image_task

LIMIT = 5.0
TASK = replace(
    image_task((3, 8, 8), 2), constraints=Constraints(max_latency_ms=LIMIT)
)  # designs are only handed through
SPACE = NetSpaceName("nasbench201")
BOTH = (("accuracy", "maximize"), ("latency_ms", "minimize"))


class Quiet(dict[int, float]):
    """What latencies are on a quiet machine, by the design's place; `asked` in order."""

    asked: list[int]


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> Quiet:
    told = Quiet()
    told.asked = []

    def measured(space: object, config: Mapping[str, int], task: object) -> float:
        told.asked.append(config["place"])
        return told[config["place"]]

    monkeypatch.setattr(settling, "measured_ms", measured)
    return told


def study_of(rows: list[tuple[float, float]], *, objectives: int = 2, **words: object) -> Study:
    """A finished study of designs with these accuracies and latencies."""
    space = {"place": Int(0, 99)}
    named = BOTH[:objectives]
    made = Study(space, objectives=named, strategy=RandomSampler(seed=0), **words)  # type: ignore[arg-type]
    for place, (accuracy, ms) in enumerate(rows):
        made.enqueue({"place": place})
        trial = made.ask()
        assert trial is not None
        scores = {"accuracy": accuracy, "latency_ms": ms}
        made.tell(trial, Result(scores=scores, constraints={"latency_ms": ms - LIMIT}))
    return made


def values(study: Study) -> dict[int, tuple[float, ...]]:
    return {record.number: record.values for record in study.trials()}


def test_the_front_rests_on_what_was_measured_last(quiet: Quiet) -> None:
    study = study_of([(0.9, 2.0), (0.8, 1.0), (0.7, 1.2), (0.6, 4.0)])
    quiet.update({0: 1.5, 1: 0.9, 2: 0.7})
    assert settle(study, SPACE, TASK, Clock.start(None)) == 3
    assert sorted(quiet.asked) == [0, 0, 1, 1, 2, 2]  # the last is far from the front
    assert values(study) == {0: (0.9, 1.5), 1: (0.8, 0.9), 2: (0.7, 0.7), 3: (0.6, 4.0)}
    assert {record.number for record in study.pareto_front()} == {0, 1, 2}
    assert study.trials()[0].scores["latency_ms"] == 1.5


def test_the_lower_number_counts(quiet: Quiet) -> None:
    study = study_of([(0.9, 2.0)])
    quiet[0] = 3.0
    settle(study, SPACE, TASK, Clock.start(None))
    assert values(study) == {0: (0.9, 2.0)}


def test_of_one_objective_the_best_is_measured_and_its_limit_with_it(quiet: Quiet) -> None:
    study = study_of([(0.9, 4.0), (0.8, 1.0)], objectives=1)
    quiet[0] = 3.0
    assert settle(study, SPACE, TASK, Clock.start(None)) == 1
    assert study.best().constraints == {"latency_ms": pytest.approx(3.0 / LIMIT - 1)}
    assert [record.number for record in deciding(study)] == [0]


def test_without_time_left_one_is_measured(quiet: Quiet) -> None:
    study = study_of([(0.9, 2.0), (0.8, 1.0)])
    quiet.update({0: 1.0, 1: 1.0})
    assert settle(study, SPACE, TASK, Clock.start(1.0, elapsed=2.0)) == 1


def test_what_was_measured_anew_stands_in_the_storage(quiet: Quiet, tmp_path: Path) -> None:
    words = {"storage": tmp_path / "study.journal"}
    quiet[0] = 1.0
    settle(study_of([(0.9, 2.0)], **words), SPACE, TASK, Clock.start(None))  # type: ignore[arg-type]
    assert values(study_of([], **words)) == {0: (0.9, 1.0)}  # type: ignore[arg-type]
