"""How much a person is ready to spend: seconds, trials, bytes - and the clock that watches it."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass

from netwright.core.errors import BudgetError

SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
BYTES = {"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 2**10, "mib": 2**20, "gib": 2**30}


def parse_seconds(text: str | float) -> float:
    """Reads `"90s"`, `"10m"`, `"1h30m"`, `"1.5h"` or a number of seconds.

    Raises:
        BudgetError: Not a duration, or not positive and finite.
    """
    said = f"The time must be positive, such as '60s', '10m' or '1h30m'. Got {text!r} instead."
    if isinstance(text, str):
        cleaned = text.strip().lower().replace(" ", "")
        parts = re.findall(r"([0-9]*\.?[0-9]+)([smhd])", cleaned)
        if parts and "".join(number + unit for number, unit in parts) == cleaned:
            return _positive(sum(float(number) * SECONDS[unit] for number, unit in parts), said)
    try:
        return _positive(float(text), said)
    except ValueError as error:
        raise BudgetError(said) from error


def parse_bytes(text: str | float) -> int:
    """Reads `"4GB"`, `"512MiB"` or a number of bytes.

    Raises:
        BudgetError: Not a size, or not positive and finite.
    """
    said = f"The memory must be positive, such as '4GB' or '512MB'. Got {text!r} instead."
    match = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*([kmgt]i?b)?\s*", str(text).lower())
    if match is None:
        raise BudgetError(said)
    return int(_positive(float(match[1]) * BYTES.get(match[2] or "", 1.0), said))


def _positive(value: float, said: str) -> float:
    if not math.isfinite(value) or value <= 0:
        raise BudgetError(said)
    return value


@dataclass(frozen=True)
class Budget:
    """What may be spent on one study.

    With `trials` and no `seconds` nothing consults the clock, so that a run replays exactly.

    Attributes:
        seconds: Wall time of everything, from the first line to the last; None is unlimited.
        trials: Number of trials; None is unlimited.
    """

    seconds: float | None = None
    trials: int | None = None

    def __post_init__(self) -> None:
        if self.seconds is not None and not (math.isfinite(self.seconds) and self.seconds > 0):
            raise BudgetError(
                f"The time must be positive, such as '60s' or '10m'. Got {self.seconds!r} instead."
            )
        if self.trials is not None and self.trials < 1:
            raise BudgetError(f"The number of trials must be at least 1. Got {self.trials!r}.")

    @classmethod
    def of(cls, value: Budget | str | float | None, trials: int | None = None) -> Budget:
        """Reads whatever a person may pass as a budget: a Budget, `"60s"`, seconds or None."""
        if isinstance(value, Budget):
            return value
        return cls(None if value is None else parse_seconds(value), trials)


def to_wall(moment: float | None) -> float | None:
    """A moment of this machine's monotonic clock as seconds since 1970, which machines share."""
    return None if moment is None else time.time() + (moment - time.monotonic())


def from_wall(moment: float | None) -> float | None:
    """Seconds since 1970 as a moment of this machine's monotonic clock."""
    return None if moment is None else time.monotonic() + (moment - time.time())


@dataclass(frozen=True)
class Clock:
    """The time left of a budget, on the machine's monotonic clock (shared by all processes).

    Attributes:
        seconds: Length of the budget, or None for no limit.
        started: `time.monotonic()` at the start.
    """

    seconds: float | None
    started: float

    @classmethod
    def start(cls, seconds: float | None, elapsed: float = 0.0) -> Clock:
        """Starts a clock, `elapsed` seconds of which are already gone."""
        return cls(seconds, time.monotonic() - elapsed)

    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    def left(self) -> float:
        """Seconds left, never negative; infinite without a limit."""
        if self.seconds is None:
            return math.inf
        return max(0.0, self.seconds - self.elapsed())

    def deadline(self, reserve: float = 0.0) -> float | None:
        """The monotonic time at which only `reserve` seconds are left; None without a limit."""
        return None if self.seconds is None else self.started + self.seconds - reserve
