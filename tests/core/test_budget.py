"""Budgets, sizes and the clock."""

from __future__ import annotations

import contextlib
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwright.core.budget import Budget, Clock, parse_bytes, parse_seconds
from netwright.core.errors import BudgetError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("60s", 60),
        ("10m", 600),
        ("1h", 3600),
        ("1h30m", 5400),
        ("1.5h", 5400),
        ("2d", 172800),
        (" 5 m ", 300),
        ("45", 45),
        (45, 45),
        (0.5, 0.5),
        ("1M", 60),
    ],
)
def test_times(text: str | float, seconds: float) -> None:
    assert parse_seconds(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "soon", "-5m", "0", "0s", "10x", "m", "1h 5", "nan", "inf", -3, "1..5s"]
)
def test_what_is_no_time_is_refused_with_an_example(text: str | float) -> None:
    with pytest.raises(BudgetError, match=r"must be positive, such as .* Got"):
        parse_seconds(text)


@given(st.integers(1, 10**6), st.sampled_from("smhd"))
def test_any_whole_time_with_a_unit_is_read(number: int, unit: str) -> None:
    assert (
        parse_seconds(f"{number}{unit}") == number * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit]
    )


@given(st.text(max_size=12))
def test_reading_a_time_never_fails_otherwise(text: str) -> None:
    with contextlib.suppress(BudgetError):
        assert parse_seconds(text) > 0


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4GB", 4_000_000_000),
        ("512MB", 512_000_000),
        ("1GiB", 2**30),
        ("100", 100),
        ("1.5kb", 1500),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize("text", ["", "much", "-1GB", "0", "4 elephants"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(BudgetError, match="must be positive"):
        parse_bytes(text)


@pytest.mark.parametrize("seconds", [0, -1, math.nan, math.inf])
def test_a_budget_of_no_time_is_refused(seconds: float) -> None:
    with pytest.raises(BudgetError):
        Budget(seconds=seconds)


def test_a_budget_of_no_trials_is_refused() -> None:
    with pytest.raises(BudgetError, match="at least 1"):
        Budget(trials=0)


def test_a_budget_reads_what_people_say() -> None:
    assert Budget.of("90s") == Budget(seconds=90)
    assert Budget.of(None, 5) == Budget(trials=5)
    assert Budget.of(Budget(trials=3)) == Budget(trials=3)


def test_a_clock_without_a_limit_never_ends() -> None:
    clock = Clock.start(None)
    assert clock.left() == math.inf
    assert clock.deadline() is None


def test_a_clock_counts_what_was_gone_before() -> None:
    clock = Clock.start(10.0, elapsed=4.0)
    assert 5.5 < clock.left() <= 6.0
    assert clock.elapsed() >= 4.0
    deadline = clock.deadline(reserve=2.0)
    assert deadline is not None
    assert 3.5 < deadline - time.monotonic() <= 4.0


def test_a_spent_clock_has_nothing_left() -> None:
    assert Clock.start(1.0, elapsed=5.0).left() == 0.0
