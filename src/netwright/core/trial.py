"""One trial: as a worker holds it, and as the storage remembers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, TrialState

from netwright.core.config import Config

RESULT = "netwright:result"
"""Attribute that holds what an evaluation found, beside the objective."""
CONFIG = "netwright:config"
"""Attribute that holds the design where it is not just the trial's parameters."""
STATES = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}


@dataclass(frozen=True)
class TrialRecord:
    """What the storage knows of one trial.

    Attributes:
        number: The storage's number, unique in the study.
        position: The slot it fills; a retry keeps its predecessor's.
        state: `complete`, `pruned`, `failed`, `running` or `waiting`.
        config: What was tried.
        values: The objectives in natural sign; empty unless complete.
        scores: Every measured metric.
        seconds: How long the evaluation took.
        error: Why it failed.
        artifacts: Facts about what was kept.
        predictions_path: Out-of-fold predictions, relative to the run folder.
        constraints: Measured limits, above zero is a violation.
        retried: Whether another trial took its place.
        reported: What it reported last, as (step, value); None if nothing.
    """

    number: int
    position: int
    state: str
    config: Config
    values: tuple[float, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    error: str | None = None
    artifacts: Mapping[str, Any] = field(default_factory=dict)
    predictions_path: str | None = None
    constraints: Mapping[str, float] = field(default_factory=dict)
    retried: bool = False
    reported: tuple[int, float] | None = None

    @property
    def feasible(self) -> bool:
        """Whether every measured limit is kept."""
        return all(value <= 0 for value in self.constraints.values())

    def revised(
        self,
        objectives: Sequence[str],
        scores: Mapping[str, float],
        constraints: Mapping[str, float],
    ) -> TrialRecord:
        """The same with scores that were measured anew.

        Args:
            objectives: Names of the values.
            scores: By name.
            constraints: How far limits on them are broken.
        """
        pairs = zip(objectives, self.values, strict=False)
        return replace(
            self,
            values=tuple(scores.get(name, value) for name, value in pairs),
            scores={**self.scores, **scores},
            constraints={**self.constraints, **constraints},
        )


class Trial:
    """One claimed trial: a configuration to try and a line back to the study."""

    def __init__(self, optuna_trial: optuna.Trial, config: Config, position: int, seed: int):
        self.optuna_trial = optuna_trial
        self.config = config
        self.position = position
        self.seed = seed

    @property
    def number(self) -> int:
        """The storage's number."""
        return self.optuna_trial.number

    def report(self, step: int, value: float) -> bool:
        """Reports the objective after some effort; returns whether to stop as unpromising.

        Studies with several objectives keep the curve and never stop a trial.
        """
        if len(self.optuna_trial.study.directions) > 1:
            self.optuna_trial.set_user_attr(f"netwright:curve:{step}", value)
            return False
        try:
            self.optuna_trial.report(value, step)
            return bool(self.optuna_trial.should_prune())
        except UpdateFinishedTrialError:
            return True


def record_of(trial: FrozenTrial, position: int, objectives: int) -> TrialRecord:
    """What the storage knows, read out of one of its trials."""
    told = dict(trial.user_attrs.get(RESULT, {}))
    values = trial.values if trial.state == TrialState.COMPLETE else None
    step = trial.last_step
    return TrialRecord(
        number=trial.number,
        position=position,
        state=STATES[trial.state],
        config=Config(trial.user_attrs.get(CONFIG, trial.params)),
        values=tuple(values or ())[:objectives],
        scores=told.get("scores", {}),
        seconds=told.get("seconds", 0.0),
        error=told.get("error"),
        artifacts=told.get("artifacts", {}),
        predictions_path=told.get("predictions_path"),
        constraints=told.get("constraints", {}),
        retried=told.get("retried", False),
        reported=None if step is None else (step, trial.intermediate_values[step]),
    )
