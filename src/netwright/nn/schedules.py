"""How the learning rate moves, by steps and, under a deadline, by time."""

from __future__ import annotations

import math

from netwright.core.context import Context

TIMED_STEPS = 3
"""Steps that are timed before the cost of a validation is guessed."""


def rate_at(step: float, total: int, warmup: float = 0.05) -> float:
    """Share of the peak learning rate: a warm-up, then a cosine down to 1 %.

    Args:
        step: Where training stands, of `total`.
        total: Steps planned.
        warmup: Share of them in which the rate rises.
    """
    warm = max(1, int(total * warmup))
    if step < warm:
        return min(1.0, (step + 1) / warm)  # between two steps when time decides
    progress = (step - warm) / max(1, total - warm)
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress))


class Pace:
    """Where a training stands and when it must end.

    Training stands where the more advanced of two shares says: steps done of those planned, and
    time gone of what there is. So a training that fits goes by its steps, and one that does not
    still comes down the whole cosine before the deadline. Time is kept back for one validation:
    what the last one took or, before the first, what the speed of the first steps suggests. The
    very first step, in which libraries warm up, is not timed. Without a deadline nothing here
    looks at the clock.

    Args:
        context: Has the deadline.
        total: Steps planned.
        warmup: Share of them in which the learning rate rises.
        validation: Steps that go forward over as many rows as a validation does.
    """

    def __init__(self, context: Context, total: int, warmup: float, validation: float) -> None:
        self.context, self.total, self.warmup = context, total, warmup
        self.reached = 0.0
        self.reserve = 0.0
        self._validation = validation
        self._asked = 0
        # Moments are seconds left, so they count down.
        self._begin, self._start = 0.0, 0.0
        self._validated: float | None = None

    def rate(self, step: int) -> float:
        """Share of the peak learning rate for the step that comes next."""
        left = self.context.seconds_left()
        if left is not None:
            self._look(left)
        return rate_at(max(step, self.reached * self.total), self.total, self.warmup)

    def gone(self, step: int) -> float:
        """Share of the training that is over once so many steps are done."""
        return max(step / max(1, self.total), self.reached)

    def over(self) -> bool:
        """Whether what is left is needed for the last validation."""
        left = self.context.seconds_left()
        return left is not None and left <= self.reserve

    def due(self, seconds: float) -> bool:
        """Whether the last validation is so many seconds ago, and ten times what it took."""
        left = self.context.seconds_left()
        if left is None or self._asked < 2:
            return False
        since = self._begin if self._validated is None else self._validated
        return since - left >= max(seconds, 10 * self.reserve)

    def validated(self, begin: float | None) -> None:
        """Remembers what a validation took that began with so many seconds left."""
        left = self.context.seconds_left()
        if left is not None and begin is not None:
            self.reserve, self._validated = begin - left, left

    def _look(self, left: float) -> None:
        """Moves on to the moment with so many seconds left."""
        self._asked += 1
        if self._asked <= 2:
            self._begin, self._start = left, self.reached
            return
        if self._asked == 2 + TIMED_STEPS and self._validated is None:
            # Going forward takes a third of going forward and back.
            self.reserve = (self._begin - left) / TIMED_STEPS * self._validation / 3
        gone = (self._begin - left) / max(self._begin - self.reserve, 1e-9)
        self.reached = max(self.reached, self._start + (1 - self._start) * min(1.0, gone))
