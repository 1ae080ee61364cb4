"""The designs of a search: what limits leave of a space, which to hand over, how to say them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from netwright.core.budget import Clock
from netwright.core.config import Config
from netwright.core.errors import ConfigError, NoModel, UserError
from netwright.core.folder import RunFolder
from netwright.core.study import Study
from netwright.core.task import Task
from netwright.core.trial import TrialRecord
from netwright.evaluators.costs import counted
from netwright.evaluators.nets import MODEL
from netwright.manifest import write_predictor
from netwright.predictor import Predictor
from netwright.recipes.search_options import SearchOptions
from netwright.recipes.settling import deciding, settle
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import COSTS, LATENCY

KEPT = 10
"""Best designs whose nets stay on disk, beside those of the front."""
TOLD = ("protocol",)
"""What a regime's evaluator says of its judging, for whoever reads the result."""
PROBED = 64
"""Random designs that are counted before a search under limits."""
SHRUNK = 64
"""Steps from the cheapest of them to still cheaper ones."""


def check_choices(space: NetSpaceName, trials: int | None) -> None:
    """Refuses to search where there is nothing to choose.

    Raises:
        ConfigError: The space holds one design, and more than one is to be tried.
    """
    if space.open().size() == 1 and trials != 1:
        raise ConfigError(
            f"There is nothing to choose in the space {space.name!r}: it holds one design. Put a "
            "LayerChoice, an InputChoice or a ValueChoice into it, or search with --trials 1."
        )


def check_limits(space: NetSpaceName, task: Task) -> None:
    """Refuses limits that no design can meet, as far as can be counted.

    Raises:
        ConfigError: None of many designs keeps them; says how near the nearest comes.
    """
    limits = task.constraints
    if all(asdict(limits)[f"max_{name}"] is None for name in COSTS if name != LATENCY):
        return
    opened, rng = space.open(), np.random.default_rng(0)
    best, costs = Config({}), dict[str, float]()
    for turn in range(PROBED + SHRUNK):
        drawn = opened.sample(rng) if turn < PROBED else opened.mutate(best, rng)
        found = dict(counted(space, drawn, task))
        if not limits.broken(found):
            return
        if not costs or _too_much(found, task) < _too_much(costs, task):
            best, costs = drawn, found
    raise ConfigError(
        f"No design of the space {space.name!r} keeps the limits; the nearest of "
        f"{PROBED + SHRUNK}: {', '.join(limits.broken(costs))}. Loosen them, or name a smaller "
        "space."
    )


def _too_much(costs: Mapping[str, float], task: Task) -> float:
    return sum(max(0.0, over) for over in task.constraints.over(costs).values())


def pick(study: Study, wanted: str) -> TrialRecord:
    """One finished design: `best`, `knee`, or the number of a trial.

    Raises:
        ConfigError: There is no such trial, or it was not trained.
        NoModel: No design was trained.
    """
    if wanted in ("best", "knee"):
        return study.best() if wanted == "best" else study.knee()
    records = {str(record.number): record for record in study.trials()}
    if wanted not in records:
        raise ConfigError(
            f"A design is best, knee, or the number of a trial, 0 to {len(records) - 1}. "
            f"Got {wanted!r}."
        )
    record = records[wanted]
    if record.state != "complete":
        why = f": {record.error}" if record.error else ""
        raise ConfigError(f"Trial {wanted} is {record.state}{why}; name one that is complete.")
    return record


def hand_over(
    folder: RunFolder,
    solved: Task,
    task: Task,
    study: Study,
    options: SearchOptions,
    clock: Clock,
) -> None:
    """Makes a predictor of the best design's net, and writes what the search came to.

    Args:
        folder: Of the run.
        solved: What the predictor is for, without rows.
        task: What nets were built for, without rows.
        study: The search.
        options: What was asked for.
        clock: Of the run.

    Raises:
        ConfigError: None was trained, because none keeps the limits.
        NoModel: None was trained for any other reason.
    """
    _check_kept(study, options.space)
    if options.measures_latency(task):
        measured = settle(study, options.space, task, clock)
        folder.audit.say("latency", f"The latency of {measured} designs was measured once more.")
    best = study.best()
    if not best.feasible:
        raise NoModel("No trained design keeps the limits; loosen them, or give more time.")
    source = folder.trials / f"{best.number:04d}" / MODEL
    write_predictor(folder.predictor, solved, [(source, 1.0)], 1.0, study.leaderboard())
    front = deciding(study)
    _drop_losers(folder, study, {record.number for record in front})
    folder.write_json(
        "result.json",
        {
            "metric": task.metric.name,
            "score": best.scores[task.metric.name],
            "seconds": round(clock.elapsed(), 2),
            "best": best.number,
            "front": [record.number for record in front],
            "ensemble": [
                {"trial": best.number, "learner": "image", "weight": 1.0, "refitted": False}
            ],
            **{name: best.artifacts[name] for name in TOLD if name in best.artifacts},
            **judged(folder, options.fit.test),
        },
    )
    folder.audit.say(
        "design", f"Design {best.number} is the best: {task.metric.name} {best.values[0]:.4g}."
    )


def _check_kept(study: Study, space: NetSpaceName) -> None:
    """Refuses limits that are only found out by measuring, when every design broke them.

    Raises:
        ConfigError: Says how near the nearest came.
    """
    over = study.trials("pruned")
    if not over or study.trials("complete", "failed"):
        return
    nearest = min(over, key=lambda record: sum(max(0.0, v) for v in record.constraints.values()))
    raise ConfigError(
        f"None of {len(over)} designs of the space {space.name!r} keeps the limits; the nearest is "
        f"{nearest.error}. Loosen them, or name a smaller space."
    )


def judged(folder: RunFolder, test: str | None) -> dict[str, Any]:
    """What the finished net scores on rows apart from all others, if there are any."""
    if test is None:
        return {}
    try:
        return {"test_metrics": Predictor.load(folder.path).evaluate(test)}
    except UserError as error:
        folder.audit.say("test", f"The test data could not be judged: {error}", note=True)
        return {}


def _drop_losers(folder: RunFolder, study: Study, front: set[int]) -> None:
    kept = front | {record.number for record in study.ranking()[:KEPT]}
    for trial in folder.trials.iterdir():
        if trial.name.isdigit() and int(trial.name) not in kept:
            shutil.rmtree(trial, ignore_errors=True)
