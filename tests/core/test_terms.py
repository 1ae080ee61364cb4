"""The terms of a search travel through the storage, between clocks that never meet."""

from __future__ import annotations

import pickle
import time
from pathlib import Path

import pytest

from netwright.core.budget import from_wall, to_wall
from netwright.core.errors import RunError
from netwright.core.evaluator import FunctionEvaluator
from netwright.core.lease import Observer, lives_here, new_lease, place
from netwright.core.study import Study
from netwright.core.terms import TERMS, Terms
from netwright.core.worker import Plan
from tests import crew


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return crew.open_study(tmp_path / "study.journal")


def test_terms_come_back(study: Study) -> None:
    now = time.monotonic()
    Terms(12, now + 60, now + 70, 5.0).write(study)
    found = Terms.read(study)
    assert (found.trials, found.trial_seconds) == (12, 5.0)
    assert found.deadline == pytest.approx(now + 60, abs=0.5)
    assert found.hard_deadline == pytest.approx(now + 70, abs=0.5)
    assert not found.over()


def test_terms_without_a_clock(study: Study) -> None:
    Terms(trials=3).write(study)
    assert Terms.read(study) == Terms(trials=3)
    assert not Terms.read(study).over()


def test_the_storage_holds_seconds_that_machines_share(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    Terms(deadline=time.monotonic() + 60).write(study)
    assert study.optuna_study.user_attrs[TERMS]["deadline"] == pytest.approx(
        time.time() + 60, abs=1
    )
    here = time.monotonic()
    monkeypatch.setattr("netwright.core.budget.time.monotonic", lambda: here + 1e6)
    assert Terms.read(study).deadline == pytest.approx(here + 1e6 + 60, abs=2)


def test_nobody_has_begun(study: Study) -> None:
    with pytest.raises(RunError, match="start 'netwright fit' first"):
        Terms.read(study, wait_seconds=0.0)


def test_moments_there_and_back() -> None:
    assert to_wall(None) is None
    assert from_wall(None) is None
    now = time.monotonic()
    assert from_wall(to_wall(now + 5)) == pytest.approx(now + 5, abs=0.1)


def test_a_plan_that_travels_keeps_its_deadline(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.monotonic()
    plan = Plan(study, FunctionEvaluator(crew.Square(0.0)), trials=7, deadline=now + 30)
    packed = pickle.dumps(plan)
    assert pickle.loads(packed).deadline == pytest.approx(now + 30, abs=1)
    monkeypatch.setattr("netwright.core.budget.time.monotonic", lambda: now - 5000)
    found = pickle.loads(packed)
    assert found.deadline == pytest.approx(now - 5000 + 30, abs=1)
    assert found.trials == 7


def test_a_namesake_machine_is_not_this_one() -> None:
    lease = new_lease("w")
    assert lives_here(lease)
    namesake = {**lease, "host": place().split("/")[0] + "/another-boot/4026531836", "pid": 1}
    assert not lives_here(namesake)
    assert not Observer(patience_seconds=100).lost(1, namesake)  # judged by its beat
