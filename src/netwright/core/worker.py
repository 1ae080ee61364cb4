"""The one loop every worker runs: ask, evaluate, tell - and the watch its parent keeps.

Workers are equal. Each opens the same storage; an engine, a second machine or a plain script
differ only in who starts the loop.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from optuna import TrialPruned

from netwright.core.budget import Budget, from_wall, to_wall
from netwright.core.context import Context
from netwright.core.engine import Engine, Job, Orders, Watch
from netwright.core.errors import UserError
from netwright.core.evaluator import Evaluator, FunctionEvaluator
from netwright.core.lease import BEAT_SECONDS, PATIENCE_SECONDS, Observer, crew_of, held, new_lease
from netwright.core.result import Result
from netwright.core.study import Study
from netwright.core.trial import Trial

log = logging.getLogger("netwright")

GRACE_SECONDS = 3.0
"""A trial may overrun its soft deadline by this and half the time it was given."""
WAIT_SECONDS = 0.3
"""How often a worker without a slot looks whether another's trial comes back."""


@dataclass(frozen=True)
class Plan:
    """What the workers of one study are to do, and within which bounds.

    Attributes:
        study: Pickled as words; each worker opens it anew.
        evaluator: Judges the trials.
        trials: Slots in all, None for no limit.
        deadline: `time.monotonic()` after which no trial starts and running ones wind down.
        trial_seconds: Most time for one trial, None for no limit.
        context: Circumstances shared by all trials (threads, device, memory).
        folder: Each trial writes under `folder/NNNN`, None for nowhere.
        beat_seconds: How often a worker shows that it lives.
        patience_seconds: How long a worker elsewhere may be silent before its trial is given on.
    """

    study: Study
    evaluator: Evaluator
    trials: int | None = None
    deadline: float | None = None
    trial_seconds: float | None = None
    context: Context = field(default_factory=Context)
    folder: Path | None = None
    beat_seconds: float = BEAT_SECONDS
    patience_seconds: float = PATIENCE_SECONDS

    def __getstate__(self) -> dict[str, Any]:
        """A plan may travel to a machine whose monotonic clock shows another time."""
        return {**self.__dict__, "deadline": to_wall(self.deadline)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, deadline=from_wall(state["deadline"]))


def work(plan: Plan, worker: str) -> None:
    """Runs trials until the budget is gone. This is all a worker does.

    Who finds no slot left stays while others still work: a trial whose worker dies is run again
    by whoever is there.
    """
    lease = new_lease(worker)
    observer = Observer(plan.patience_seconds, crew_of(worker))
    while plan.deadline is None or time.monotonic() < plan.deadline:
        plan.study.reap(observer)
        trial = plan.study.ask(plan.trials)
        if trial is None:
            if not plan.study.running():
                return
            time.sleep(WAIT_SECONDS)
            continue
        plan.study.lease(trial, lease)
        with held(lease, partial(plan.study.lease, trial), plan.beat_seconds):
            result = evaluate(plan, trial)
        plan.study.tell(trial, result)


def evaluate(plan: Plan, trial: Trial) -> Result:
    """Judges one trial; whatever goes wrong inside becomes a failed result."""
    started = time.monotonic()
    ends = [plan.deadline] if plan.deadline is not None else []
    if plan.trial_seconds is not None:
        ends.append(started + plan.trial_seconds)
    folder = None if plan.folder is None else plan.folder / f"{trial.number:04d}"
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    context = plan.context.but(
        seed=trial.seed,
        deadline=min(ends) if ends else None,
        report=trial.report,
        folder=folder,
    )
    try:
        result = plan.evaluator.evaluate(trial.config, context)
    except KeyboardInterrupt:
        plan.study.fail(trial.number, "interrupted", retry=True)
        raise
    except TrialPruned:
        result = Result(state="pruned")
    except UserError as error:
        result = Result.failed(str(error))
    except (Exception, SystemExit) as error:
        log.debug("trial %d failed", trial.number, exc_info=True)
        result = Result.failed(f"{type(error).__name__}: {_first_line(error)}")
    return Result(
        **{**result.__dict__, "cost": result.cost or round(time.monotonic() - started, 3)}
    )


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0][:300]


class StudyWatch(Watch):
    """Reads the storage, keeps the promises about time, and reports progress.

    Args:
        plan: What the workers do.
        on_tick: Called a few times a second with the study, for whoever shows progress.
    """

    def __init__(self, plan: Plan, on_tick: Callable[[Study], None] | None = None) -> None:
        self.plan = plan
        self.on_tick = on_tick
        self._first_seen: dict[int, float] = {}
        self._deaths = 0

    def tick(self) -> Orders:
        """Looks for trials that overrun; tells whoever shows progress."""
        if self.on_tick is not None:
            self.on_tick(self.plan.study)
        limit = self.plan.trial_seconds
        if limit is None:
            return Orders()
        now = time.monotonic()
        kill = {}
        for number, lease in self.plan.study.running():
            since = self._first_seen.setdefault(number, now)
            if lease is not None and now - since > 1.5 * limit + GRACE_SECONDS:
                kill[str(lease["worker"])] = f"time: no answer after {now - since:.0f} s"
        return Orders(kill=kill)

    def ended(self, worker: str, reason: str | None) -> bool:
        """Settles the worker's open trial, and says whether a new worker is needed."""
        for number, lease in self.plan.study.running():
            if lease is not None and lease.get("worker") == worker:
                ordered = reason is not None and reason.startswith(("time", "memory"))
                self.plan.study.fail(number, reason or "worker lost", retry=not ordered)
        if reason is None:
            return False
        self._deaths += 1
        if self._deaths > 50:
            log.warning("workers keep dying; giving up on more")
            return False
        return self.plan.deadline is None or time.monotonic() < self.plan.deadline


def run_study(
    study: Study,
    evaluator: Evaluator | Callable[..., object],
    budget: Budget,
    engine: Engine,
    *,
    workers: int = 1,
    context: Context | None = None,
    trial_seconds: float | None = None,
    deadline: float | None = None,
    hard_deadline: float | None = None,
    folder: Path | None = None,
    logs: Path | None = None,
    memory_bytes: int | None = None,
    on_tick: Callable[[Study], None] | None = None,
    label: str = "worker",
) -> None:
    """Spends a budget on a study.

    Args:
        study: The study to run.
        evaluator: An Evaluator, or a function(config[, context]) -> float.
        budget: Seconds from now (unless `deadline` is given) and slots in all.
        engine: Who starts the workers.
        workers: How many.
        context: Circumstances shared by all trials.
        trial_seconds: Most time for one trial.
        deadline: Soft end on the monotonic clock; overrides the budget's seconds.
        hard_deadline: When running workers are killed, the soft end plus a grace by default.
        folder: Where trials write.
        logs: Where workers' output goes.
        memory_bytes: Most memory of all workers together.
        on_tick: Called a few times a second.
        label: Starts the workers' names; no other crew's workers are called the same.
    """
    if not isinstance(evaluator, Evaluator):
        evaluator = FunctionEvaluator(evaluator, tuple(name for name, _ in study.objectives))
    if deadline is None and budget.seconds is not None:
        deadline = time.monotonic() + budget.seconds
    if hard_deadline is None and deadline is not None:
        hard_deadline = deadline + GRACE_SECONDS
    plan = Plan(
        study=study,
        evaluator=evaluator,
        trials=budget.trials,
        deadline=deadline,
        trial_seconds=trial_seconds,
        context=context or Context(),
        folder=folder,
    )
    job = Job(
        work=partial(work, plan),
        workers=workers,
        threads=plan.context.threads,
        deadline=hard_deadline,
        memory_bytes=memory_bytes,
        logs=logs,
        label=f"{label}-{uuid4().hex[:6]}",
    )
    engine.run(job, StudyWatch(plan, on_tick))
