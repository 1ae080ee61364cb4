"""What a learner or evaluator may use while it works: seed, deadline, threads, a place to write."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netwright.core.task import Task


def _go_on(step: int, value: float) -> bool:
    return False


@dataclass(frozen=True)
class Context:
    """The circumstances of one evaluation or one training.

    Attributes:
        seed: Everything random draws from generators seeded by this.
        effort: Share of the full effort to spend, in (0, 1].
        deadline: Soft end on `time.monotonic()`; a learner stops early and returns what it has.
        report: Called with (step, value of the objective); returns True when it is time to stop.
        device: `auto` (a GPU where there is one), `cpu`, `cuda`, `cuda:1`, ...
        threads: Threads this worker may use.
        memory_bytes: Memory this worker may use, None for no limit.
        folder: Where files of this evaluation may be written, None for nowhere.
        validation: Rows to watch for early stopping, None for none.
    """

    seed: int = 0
    effort: float = 1.0
    deadline: float | None = None
    report: Callable[[int, float], bool] = field(default=_go_on, compare=False)
    device: str = "cpu"
    threads: int = 1
    memory_bytes: int | None = None
    folder: Path | None = None
    validation: Task | None = None

    def seconds_left(self) -> float | None:
        """Seconds until the soft deadline; None where there is none."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    def expired(self) -> bool:
        """Whether the soft deadline has passed. Never consults the clock without one."""
        return self.deadline is not None and time.monotonic() >= self.deadline

    def but(self, **changes: object) -> Context:
        """The same circumstances with some of them changed."""
        return replace(self, **changes)  # type: ignore[arg-type]
