"""Trials of a finished search, done once more as ordinary, budgeted trials of a second study."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from netwright.core.budget import Budget
from netwright.core.context import Context
from netwright.core.engine import Engine
from netwright.core.evaluator import Evaluator
from netwright.core.folder import RunFolder
from netwright.core.lease import lives_here
from netwright.core.space import Int, Parameters
from netwright.core.strategy import StrategySpec
from netwright.core.study import Study
from netwright.evaluators.refit import SOURCE


def again_study(study: Study, suffix: str, storage: str | Path, seed: int) -> Study:
    """The second study; its one parameter is the number of a trial of the first."""
    return Study(
        Parameters({SOURCE: Int(0, 1_000_000)}),
        objectives=[(SOURCE, "minimize")],
        strategy=StrategySpec("queue", _queue),
        storage=storage,
        name=f"{study.name}-{suffix}",
        seed=seed,
    )


def _queue(seed: int, space: Any) -> Any:
    import optuna

    return optuna.samplers.RandomSampler(seed=seed)


def fail_lost(study: Study, retry: bool) -> None:
    """Marks trials failed whose workers went with a run of this folder that died.

    Args:
        study: Of a run folder that this process owns, in a storage of its own.
        retry: Whether they are tried once more, at their position.
    """
    for number, lease in study.running():
        # Nobody else works here but workers that joined; the rest was lost with its run.
        if lease is None or not lives_here(lease):
            study.fail(number, "worker lost", retry=retry)


def run_again(
    run: RunFolder,
    study: Study,
    numbers: list[int],
    evaluator: Evaluator,
    *,
    suffix: str,
    engine: Engine,
    storage: str | Path,
    context: Context,
    workers: int,
    seed: int,
    deadline: float | None,
    hard_deadline: float | None,
    memory_bytes: int | None,
    folder: Path | None = None,
) -> Study:
    """Runs an evaluator on trials of a search, in this order.

    Args:
        run: Where workers' output goes.
        study: The search.
        numbers: Its trials.
        evaluator: Is given `{SOURCE: number}`.
        suffix: Names the second study.
        engine, context, workers, deadline, hard_deadline, memory_bytes, folder: See `run_study`.
        storage: Of both studies.
        seed: The study's.
    """
    second = again_study(study, suffix, storage, seed)
    for number in numbers:
        second.enqueue({SOURCE: number})
    return second.run(
        evaluator,
        Budget(trials=second.slots_taken() + len(numbers)),
        engine,
        workers=min(workers, len(numbers)),
        context=context,
        deadline=deadline,
        hard_deadline=hard_deadline,
        folder=folder,
        logs=run.logs,
        memory_bytes=memory_bytes,
        label=suffix,
    )
