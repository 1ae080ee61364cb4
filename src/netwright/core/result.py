"""What an evaluation hands back: a value, never an exception."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["complete", "pruned", "failed"]


@dataclass(frozen=True)
class Result:
    """The outcome of judging one configuration.

    Attributes:
        state: `complete`, `pruned` (stopped early as unpromising) or `failed`.
        scores: Every measured metric in its natural sign, the study's objectives among them.
        cost: Seconds the evaluation took.
        constraints: Measured limits; a value above zero is a violation.
        proposals: Further configurations this evaluation suggests trying.
        predictions_path: Out-of-fold predictions, relative to the run folder.
        artifacts: Facts about what was kept (model folders, sizes, latencies).
        error: Why a failed evaluation failed, in one sentence.
    """

    state: State = "complete"
    scores: Mapping[str, float] = field(default_factory=dict)
    cost: float = 0.0
    constraints: Mapping[str, float] = field(default_factory=dict)
    proposals: tuple[Mapping[str, Any], ...] = ()
    predictions_path: str | None = None
    artifacts: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None

    @classmethod
    def failed(cls, error: str, cost: float = 0.0) -> Result:
        """A failure with its reason."""
        return cls(state="failed", error=error, cost=cost)


def what_is_wrong(result: Result, objectives: Sequence[str]) -> str | None:
    """Why a complete result is no answer of a study with these objectives; None where it is."""
    absent = [name for name in objectives if name not in result.scores]
    if absent:
        return f"the answer has no {absent[0]!r}, only {sorted(result.scores)}"
    if any(result.scores[name] != result.scores[name] for name in objectives):
        return "the objective is not a number (NaN)"
    return None
