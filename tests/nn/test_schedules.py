"""The learning rate by steps and by a clock that the test winds itself."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwright.core.context import Context
from netwright.nn.schedules import Pace, rate_at


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def context(self, seconds: float) -> Context:
        return Context(deadline=self.now + seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_the_rate_warms_up_and_falls_along_a_cosine() -> None:
    rates = [rate_at(step, 200) for step in range(200)]
    assert rates[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
    assert rates[105] == pytest.approx(0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * 0.5)))
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] < 0.011
    assert rate_at(20, 200, warmup=0.2) == pytest.approx(21 / 40)


def test_without_a_deadline_nobody_asks_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> float:
        raise AssertionError("the clock was consulted")

    monkeypatch.setattr(time, "monotonic", refuse)
    pace = Pace(Context(), 100, 0.05, validation=10)
    assert [pace.rate(step) for step in range(100)] == [rate_at(step, 100) for step in range(100)]
    pace.validated(Context().seconds_left())
    assert not pace.over()
    assert not pace.due(0)


def drive(pace: Pace, clock: Clock, seconds: float, steps: int) -> list[float]:
    """Steps of equal length until time is over."""
    rates = []
    for step in range(steps):
        rates.append(pace.rate(step))
        clock.now += seconds
        if pace.over():
            break
    return rates


def test_what_fits_goes_by_its_steps(clock: Clock) -> None:
    pace = Pace(clock.context(100), 50, 0.05, validation=0)
    assert drive(pace, clock, 1.0, 50) == [rate_at(step, 50) for step in range(50)]


def test_what_does_not_fit_still_comes_down_to_the_end(clock: Clock) -> None:
    pace = Pace(clock.context(100), 100_000, 0.05, validation=0)
    rates = drive(pace, clock, 1.0, 100_000)
    assert len(rates) == 100
    assert max(rates) > 0.99
    assert rates[-1] < 0.02
    falling = rates[rates.index(max(rates)) :]
    assert falling == sorted(falling, reverse=True)


def test_the_first_step_is_not_timed(clock: Clock) -> None:
    pace = Pace(clock.context(100), 1000, 0.05, validation=0)
    pace.rate(0)
    clock.now += 40
    pace.rate(1)
    assert pace.reached == 0
    clock.now += 30
    pace.rate(2)
    assert pace.reached == pytest.approx(0.5)


def test_time_for_a_validation_is_kept_back(clock: Clock) -> None:
    pace = Pace(clock.context(100), 1000, 0.05, validation=30)
    rates = drive(pace, clock, 1.0, 1000)  # a validation must take 30 steps' forward: 10 seconds
    assert pace.reserve == pytest.approx(10)
    assert len(rates) == 90
    assert rates[-1] < 0.02
    clock.now += 4
    pace.validated(14.0)
    assert pace.reserve == pytest.approx(14 - 6)


def test_a_faster_validation_never_turns_progress_back(clock: Clock) -> None:
    pace = Pace(clock.context(100), 10_000, 0.05, validation=150)
    drive(pace, clock, 1.0, 30)
    before = pace.reached
    begin = pace.context.seconds_left()
    clock.now += 0.1
    pace.validated(begin)
    pace.rate(30)
    assert pace.reached >= before


def test_a_resumed_training_goes_on_from_where_it_was(clock: Clock) -> None:
    pace = Pace(clock.context(50), 1000, 0.05, validation=0)
    pace.reached = 0.6
    rates = drive(pace, clock, 1.0, 1000)
    assert rates[0] == pytest.approx(rate_at(600, 1000))
    assert rates[-1] < 0.02


def test_long_epochs_are_validated_in_between(clock: Clock) -> None:
    pace = Pace(clock.context(1000), 10_000, 0.05, validation=0)
    drive(pace, clock, 1.0, 20)
    assert not pace.due(60)
    drive(pace, clock, 1.0, 60)
    assert pace.due(60)
    begin = pace.context.seconds_left()
    clock.now += 20
    pace.validated(begin)
    drive(pace, clock, 1.0, 100)
    assert not pace.due(60)  # ten times as long as the last one took
    drive(pace, clock, 1.0, 101)
    assert pace.due(60)


@given(
    st.lists(st.floats(0.01, 5), min_size=5, max_size=60),
    st.floats(5, 100),
    st.integers(5, 500),
    st.floats(0, 20),
)
def test_progress_only_goes_on_and_time_is_kept(
    lengths: list[float], seconds: float, total: int, validation: float
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock(patch)
        deadline = clock.now + seconds
        pace = Pace(clock.context(seconds), total, 0.05, validation)
        reached = []
        for step, length in enumerate(lengths):
            rate = pace.rate(step)
            assert 0 < rate <= 1
            reached.append(pace.reached)
            clock.now += length
            if pace.over():
                break
        assert reached == sorted(reached)
        assert clock.now < deadline + max(lengths)
