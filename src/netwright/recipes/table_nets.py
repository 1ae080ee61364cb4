"""Architecture search for tables: the main job, with nets only and their architecture open."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from netwright.core.budget import Clock
from netwright.core.context import Context
from netwright.core.errors import ConfigError, NoModel, RunError
from netwright.core.folder import MARK, RunFolder
from netwright.core.machine import cores
from netwright.core.progress import Progress
from netwright.core.strategy import derive_seed
from netwright.core.study import Study, read_study
from netwright.core.task import Task
from netwright.core.trial import TrialRecord
from netwright.engines import get_engine
from netwright.evaluators.refit import RefitEvaluator
from netwright.recipes import finish, tabular
from netwright.recipes.again import run_again
from netwright.recipes.designs import judged, pick
from netwright.recipes.machine import memory_bytes
from netwright.recipes.options import DEFAULT_SECONDS, FitOptions
from netwright.recipes.search_options import SearchOptions

SPACE = "mlp"
"""The space of nets for tables."""
LEVEL = "architecture"
LEARNER = "net"
SUFFIX = "retrain"
GRACE_SHARE = 0.1


def run(source: Any, out: str | Path, options: SearchOptions, **circumstances: Any) -> RunFolder:
    """Searches the architecture of a net for a table.

    Args:
        source: A path, a query or a DataFrame.
        out: The run folder to make.
        options: What was asked for.
        circumstances: As `netwright.recipes.tabular.run` takes them.

    Raises:
        UserError: Anything a person can mend; nothing is left behind.
        NoModel: The budget ended before any design was trained.
    """
    return tabular.run(source, out, fit_options(options), **circumstances)


def fit_options(options: SearchOptions) -> FitOptions:
    """A search for a table as the main job takes it.

    Raises:
        ConfigError: Something was asked for that only nets of pictures have.
    """
    if options.one_shot:
        raise ConfigError(
            f"The strategy {options.one_shot!r} shares weights among nets of pictures; search a "
            f"table (--space {SPACE}) with another one, such as auto."
        )
    said = {
        "epochs": options.epochs,
        "objectives": options.objectives,
        "proxies": options.proxies,
        "augment": options.augment,
        "resolution": options.resolution,
        "targets": options.further,
        **dict.fromkeys((*options.space.arguments, *options.limits), True),
    }
    said.pop("max_latency_ms", None)
    odd = [name for name, value in said.items() if value]
    if odd:
        raise ConfigError(
            f"A search for a table (--space {SPACE}) takes no {', '.join(odd)}; leave it out."
        )
    limit = options.limits.get("max_latency_ms")
    return replace(options.fit, level=LEVEL, learners=(LEARNER,), max_latency_ms=limit)


def is_table_search(folder: RunFolder) -> bool:
    """Whether a run searched the architecture of a net for a table."""
    return bool(folder.read_json(MARK)["options"].get("level") == LEVEL)


def retrain(
    run: str | Path,
    design: str = "best",
    *,
    seconds: float | None = None,
    epochs: int | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    elapsed: float = 0.0,
    **others: Any,
) -> RunFolder:
    """Trains a design that was found for a table again, on all rows; it becomes the predictor.

    Args:
        run: Of a search for a table.
        design: `best`, or the number of a trial.
        seconds: Wall time, None for none; ten minutes when neither it nor `epochs` is given.
        epochs: Passes over the rows, None for as many as the search found best.
        threads: How many train it, None for every core.
        progress: Is told how it goes.
        elapsed: Seconds of the time that are already gone.
        others: What only nets of pictures take; refused.

    Raises:
        RunError: There is no such run.
        ConfigError: The design is not one of the search's.
        NoModel: The time was over before the net was trained.
    """
    folder = RunFolder.open(run)
    if not is_table_search(folder):
        raise RunError(f"The run {str(run)!r} is no search of nets; make one with a search.")
    if others:
        raise ConfigError(f"A table's net takes no {', '.join(others)}; leave it out.")
    options = FitOptions.from_json(folder.read_json(MARK)["options"])
    study, task = read_study(folder), folder.task()
    record = pick(study, design)
    if seconds is None and epochs is None:
        seconds = DEFAULT_SECONDS
    clock, progress = Clock.start(seconds, elapsed), progress or Progress()
    evaluator = _evaluator(folder, task, options, record, epochs)
    with folder.owned():
        progress.begin(clock, out=str(run), level=SUFFIX, trials=1)
        progress.stage(f"training design {record.number}")
        try:
            done = _train(folder, study, options, evaluator, clock, threads or cores())
        finally:
            progress.end()
        _hand_over(folder, task, study, record, done)
        result = folder.read_json("result.json")
        folder.write_json("result.json", result | judged(folder, options.test))
    return folder


def _evaluator(
    folder: RunFolder, task: Task, options: FitOptions, record: TrialRecord, epochs: int | None
) -> RefitEvaluator:
    tuned = dict(record.artifacts.get("tuned", {}))
    return RefitEvaluator(
        task=task,
        data=folder.data,
        designs={record.number: record.config},
        tuned={record.number: tuned if epochs is None else {**tuned, "epochs": epochs}},
        seeds={record.number: derive_seed(options.seed, record.position)},
    )


def _train(
    folder: RunFolder,
    study: Study,
    options: FitOptions,
    evaluator: RefitEvaluator,
    clock: Clock,
    threads: int,
) -> TrialRecord:
    """One ordinary, budgeted trial of a second study.

    Raises:
        NoModel: It did not come to an end.
    """
    second = run_again(
        folder,
        study,
        list(evaluator.designs),
        evaluator,
        suffix=SUFFIX,
        engine=get_engine("inline" if options.engine == "inline" else "processes"),
        storage=options.storage or folder.journal,
        context=Context(device=options.device, threads=threads),
        workers=1,
        seed=options.seed,
        deadline=clock.deadline(),
        hard_deadline=clock.deadline(-GRACE_SHARE * (clock.seconds or 0.0)),
        memory_bytes=memory_bytes(options),
        folder=folder.path / SUFFIX,
    )
    ended = second.trials("complete", "failed")
    if not ended or ended[-1].state == "failed":
        raise NoModel(f"The design was not trained: {ended[-1].error if ended else 'no time'}.")
    return ended[-1]


def _hand_over(
    folder: RunFolder, task: Task, study: Study, record: TrialRecord, done: TrialRecord
) -> None:
    """Makes the trained net the run's predictor, and says so."""
    number = record.number
    chosen = finish.Chosen({number: 1.0})
    source = folder.path / SUFFIX / f"{done.number:04d}" / "full"
    finish.assemble(folder, task, study, chosen, {number: source})
    inside = {"trial": number, "learner": record.config["learner"], "weight": 1.0}
    told = {"number": number, "trained_seconds": done.seconds}
    folder.write_json(
        "result.json",
        {
            **folder.read_json("result.json"),
            "score": record.values[0],
            "retrained": told,
            "ensemble": [{**inside, "refitted": True}],
        },
    )
    folder.audit.say("retrain", f"Design {number} was trained again on all rows.")
