"""Promises about time, memory and failure, kept against learners that break them."""

from __future__ import annotations

import ctypes
import os
import time
from pathlib import Path

import netwright
from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.folder import RunFolder
from netwright.core.study import read_study
from netwright.core.trial import TrialRecord
from netwright.learners.linear import Linear
from netwright.learners.tabular import Fitted, Rows, TabularLearner
from tests.conftest import make_frame

HERE = __name__


class Hanging(Linear):
    """Never comes back: a native call that keeps Python's lock, as a broken extension would."""

    name = f"{HERE}:hanging"

    def fit(self, train: Rows, valid: Rows | None, config: Config, context: Context) -> Fitted:
        ctypes.PyDLL(None).sleep(1000)
        raise AssertionError("unreachable")


class Greedy(Linear):
    """Takes all the memory it can get."""

    name = f"{HERE}:greedy"

    def fit(self, train: Rows, valid: Rows | None, config: Config, context: Context) -> Fitted:
        blocks = []
        while True:
            blocks.append(bytearray(os.urandom(1 << 20) * 16))
            time.sleep(0.01)


class Dying(Linear):
    """Takes its whole process with it."""

    name = f"{HERE}:dying"

    def fit(self, train: Rows, valid: Rows | None, config: Config, context: Context) -> Fitted:
        os.abort()


class Failing(Linear):
    """Raises."""

    name = f"{HERE}:failing"

    def fit(self, train: Rows, valid: Rows | None, config: Config, context: Context) -> Fitted:
        raise RuntimeError("no luck today")


def hanging() -> TabularLearner:
    return TabularLearner(Hanging())


def greedy() -> TabularLearner:
    return TabularLearner(Greedy())


def dying() -> TabularLearner:
    return TabularLearner(Dying())


def failing() -> TabularLearner:
    return TabularLearner(Failing())


def run(out: Path, bad: str, **options: object) -> tuple[float, list[TrialRecord]]:
    """Fits beside a good learner; returns seconds and what became of the bad one's trials."""
    options.setdefault("budget", "14s")
    started = time.monotonic()
    predictor = netwright.fit(
        make_frame(200), "y", out=out, learners=[f"{HERE}:{bad}", "linear"], **options
    )
    taken = time.monotonic() - started
    assert len(predictor.predict(make_frame(5))) == 5
    records = read_study(RunFolder.open(out)).trials()
    return taken, [record for record in records if bad in str(record.config.get("learner"))]


def test_what_does_not_come_back_is_killed_recorded_and_the_run_goes_on(tmp_path: Path) -> None:
    taken, records = run(tmp_path / "run", "hanging")
    assert taken < 14 * 1.1 + 5
    ended = [record for record in records if record.state == "failed"]
    assert ended
    assert all(str(record.error).startswith("time") for record in ended)


def test_what_takes_all_memory_is_killed_recorded_and_the_run_goes_on(tmp_path: Path) -> None:
    _, records = run(tmp_path / "run", "greedy", memory="1200MB", budget=None, trials=3)
    reasons = {str(record.error).split(":")[0] for record in records if record.state == "failed"}
    assert reasons == {"memory"}


def test_what_dies_is_tried_once_more_and_the_run_goes_on(tmp_path: Path) -> None:
    _, records = run(tmp_path / "run", "dying", budget=None, trials=4)
    ended = [record for record in records if record.state == "failed"]
    assert ended
    assert {str(record.error) for record in ended} == {"worker died (signal 6)"}
    assert {record.retried for record in ended} == {True, False}


def test_what_raises_is_a_failed_trial_with_its_reason(tmp_path: Path) -> None:
    _, records = run(tmp_path / "run", "failing", budget=None, trials=4)
    assert {record.error for record in records} == {"RuntimeError: no luck today"}
    page = (tmp_path / "run" / "report.html").read_text()
    assert "no luck today" in page


def test_no_process_outlives_a_fit(tmp_path: Path) -> None:
    import psutil

    run(tmp_path / "run", "failing", budget=None, trials=2)
    family = psutil.Process().children(recursive=True)
    workers = [p for p in family if p.is_running() and "fork" in " ".join(p.cmdline())]
    busy = [p for p in workers if p.children()]
    assert busy == []


def test_short_budgets_are_kept_too(tmp_path: Path) -> None:
    seconds = 8
    started = time.monotonic()
    netwright.fit(make_frame(400, "multiclass"), "y", budget=seconds, out=tmp_path / "run")
    assert time.monotonic() - started < seconds * 1.1 + 5
