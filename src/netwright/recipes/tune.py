"""Tunes any function of a person's own: a space, a budget, a strategy, and nothing else."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from netwright.core.budget import Budget
from netwright.core.engine import Engine
from netwright.core.errors import ConfigError
from netwright.core.evaluator import Evaluator
from netwright.core.space import Domain, Space
from netwright.core.study import Study
from netwright.engines import get_engine
from netwright.strategies import get_strategy
from netwright.strategies.pruners import get_pruner


def tune(
    objective: Callable[..., Any] | Evaluator,
    space: Space | Mapping[str, Domain],
    *,
    budget: Budget | str | float | None = None,
    trials: int | None = None,
    strategy: Any = "tpe",
    direction: str = "minimize",
    objectives: Mapping[str, str] | None = None,
    pruner: Any = None,
    out: str | Path | None = None,
    storage: str | None = None,
    name: str = "study",
    engine: str | Engine = "inline",
    address: str | None = None,
    workers: int = 1,
    seed: int = 0,
) -> Study:
    """Tunes any function.

    Args:
        objective: function(config) or function(config, context) -> float, a mapping of
            objectives, or a Result. `context.report(step, value)` returns True when the trial
            should stop; `context.seed` is this trial's own.
        space: A Space, or a mapping such as `{"lr": Float(1e-4, 1e-1, log=True)}`.
        budget: Wall time; a hundred trials when neither it nor `trials` is given.
        trials: Number of trials.
        strategy: Name, `package:Class`, or an Optuna sampler of your own.
        direction: `minimize` or `maximize` the one objective.
        objectives: Name to direction, for several.
        pruner: Name such as `hyperband` or `none`, `package:Class`, or an Optuna pruner of your
            own; the median rule by default.
        out: Folder for the journal, so that the study can be reopened.
        storage: An Optuna storage URL instead. Whoever calls `tune` with the same storage, name
            and space, on this machine or another, works on the same study: `trials` is then the
            number of all together.
        name: The study's name, for a storage that holds many.
        engine: `inline`, `processes` (the objective must then be importable by name) or `ray`.
        address: Of a running Ray cluster, None to start Ray here.
        workers: How many, for engines that have several.
        seed: Everything random derives from it.

    Returns:
        The study: `best()`, `trials()`, `pareto_front()`; `ask()` and `tell()` go on by hand.
    """
    wanted = dict(objectives or {"score": direction})
    for one in wanted.values():
        if one not in ("minimize", "maximize"):
            raise ConfigError(f"A direction is 'minimize' or 'maximize'. Got {one!r} instead.")
    told = Budget.of(budget, trials)
    if told.seconds is None and told.trials is None:
        told = Budget(trials=100)
    where: str | Path | None = storage
    if storage is None and (out is not None or engine != "inline"):
        folder = Path(out or tempfile.mkdtemp(prefix="netwright-"))
        folder.mkdir(parents=True, exist_ok=True)
        where = folder / "study.journal"
    study = Study(
        space,
        objectives=list(wanted.items()),
        strategy=get_strategy(strategy),
        storage=where,
        name=name,
        seed=seed,
        pruner=get_pruner("median" if pruner is None else pruner),
    )
    return study.run(objective, told, get_engine(engine, address), workers=workers)
