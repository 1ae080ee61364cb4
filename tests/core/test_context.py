"""Circumstances and results are values."""

from __future__ import annotations

import time

import pytest

from netwright.core.context import Context
from netwright.core.engine import Job, Orders, Watch
from netwright.core.progress import Progress
from netwright.core.result import Result


def test_without_a_deadline_nothing_expires_and_no_clock_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse() -> float:
        raise AssertionError("the clock was consulted")

    monkeypatch.setattr("netwright.core.context.time.monotonic", refuse)
    context = Context()
    assert not context.expired()
    assert context.seconds_left() is None


def test_deadlines_pass() -> None:
    assert Context(deadline=time.monotonic() - 1).expired()
    assert Context(deadline=time.monotonic() - 1).seconds_left() == 0.0
    later = Context(deadline=time.monotonic() + 10)
    assert not later.expired()
    left = later.seconds_left()
    assert left is not None
    assert 9 < left <= 10


def test_other_circumstances_leave_the_first_ones_alone() -> None:
    first = Context(seed=1, threads=2)
    second = first.but(seed=5)
    assert (first.seed, second.seed, second.threads) == (1, 5, 2)
    with pytest.raises(TypeError):
        first.but(colour="red")


def test_reporting_into_the_void_goes_on() -> None:
    assert Context().report(1, 0.5) is False


def test_results_are_complete_by_default_and_failures_have_reasons() -> None:
    assert Result().state == "complete"
    failed = Result.failed("no memory", cost=2.0)
    assert (failed.state, failed.error, failed.cost) == ("failed", "no memory", 2.0)
    with pytest.raises(AttributeError):
        failed.state = "complete"  # type: ignore[misc]


def test_a_plain_watch_wants_nothing() -> None:
    watch = Watch()
    assert watch.tick() == Orders()
    assert watch.ended("w", "died") is False
    assert Job(print).workers == 1


def test_silent_progress_keeps_silent(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    progress.begin(None)  # type: ignore[arg-type]
    progress.stage("a")
    progress.tick(None)  # type: ignore[arg-type]
    progress.note("b")
    progress.end()
    captured = capsys.readouterr()
    assert captured.out + captured.err == ""
