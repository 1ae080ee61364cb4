"""From a design that a search found to the net one keeps: trained on all rows, for long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from netwright.core.budget import Budget, Clock
from netwright.core.context import Context
from netwright.core.errors import NoModel
from netwright.core.folder import RunFolder
from netwright.core.progress import Progress
from netwright.core.study import Study, read_study
from netwright.core.task import Task
from netwright.core.trial import TrialRecord
from netwright.engines import get_engine
from netwright.evaluators.nets import MODEL
from netwright.evaluators.refit import SOURCE
from netwright.evaluators.retraining import RetrainEvaluator
from netwright.predictor import write_predictor
from netwright.recipes.again import again_study
from netwright.recipes.designs import judged, pick
from netwright.recipes.machine import cores, memory_bytes
from netwright.recipes.search import read_options
from netwright.recipes.search_options import SearchOptions
from netwright.spaces.lineage import PARENT, design_of
from netwright.spaces.naming import NetSpaceName

SUFFIX = "retrain"
GRACE_SHARE = 0.1
EPOCHS = 300
"""Most epochs; with a time the cosine falls over what really fits."""


def retrain(
    run: str | Path,
    design: str = "best",
    *,
    seconds: float | None = None,
    epochs: int | None = None,
    augment: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    elapsed: float = 0.0,
) -> RunFolder:
    """Trains a found design again, from scratch, on all rows; it becomes the run's predictor.

    Args:
        run: Of a search.
        design: `best`, `knee`, or the number of a trial.
        seconds: Wall time, None for none; ten minutes when neither it nor `epochs` is given.
        epochs: Most passes over the rows.
        augment: What happens to pictures, None for what the search did.
        arguments: Of the space, where the net is to be wider or deeper than in the search.
        threads: How many train it, None for every core.
        progress: Is told how it goes.
        elapsed: Seconds of the time that are already gone.

    Raises:
        RunError: There is no run of a search.
        ConfigError: The design is not one of the search's.
        NoModel: The time was over before a net was trained.
    """
    folder = RunFolder.open(run)
    options = read_options(folder)
    study, task = read_study(folder), folder.task()
    record = pick(study, design)
    if seconds is None and epochs is None:
        seconds = 600.0
    clock = Clock.start(seconds, elapsed)
    progress = progress or Progress()
    space = replace(options.space, arguments={**options.space.arguments, **(arguments or {})})
    recipe = {**options.training(task), "epochs": epochs or EPOCHS}
    evaluator = RetrainEvaluator(
        task=task,
        data=folder.data,
        space=space,
        design=design_of(record.config),
        recipe={**recipe, **({"augment": augment} if augment else {})},
        start=_inherited(folder, record, bool(arguments)),
    )
    with folder.owned():
        progress.begin(clock, out=str(run), target=task.target, level="retrain", trials=1)
        progress.stage(f"training design {record.number}")
        try:
            second = _train(folder, study, record, evaluator, options, clock, threads or cores())
        finally:
            progress.end()
        _hand_over(folder, task, study, second, record, space)
        result = folder.read_json("result.json")
        folder.write_json("result.json", result | judged(folder, options.fit.test))
    return folder


def _inherited(folder: RunFolder, record: TrialRecord, resized: bool) -> Path | None:
    """Where the weights lie that a grown design goes on from; others begin at random."""
    source = folder.trials / f"{record.number:04d}" / MODEL
    return source if PARENT in record.config and source.exists() and not resized else None


def _train(
    folder: RunFolder,
    study: Study,
    record: TrialRecord,
    evaluator: RetrainEvaluator,
    options: SearchOptions,
    clock: Clock,
    threads: int,
) -> Study:
    """One ordinary, budgeted trial of a second study."""
    fit = options.fit
    second = again_study(study, SUFFIX, fit.storage or folder.journal, fit.seed)
    second.enqueue({SOURCE: record.number})
    hand_over = 0.0 if clock.seconds is None else min(2.0, 0.05 * clock.seconds)
    grace = 0.0 if clock.seconds is None else GRACE_SHARE * clock.seconds
    return second.run(
        evaluator,
        Budget(trials=second.slots_taken() + 1),
        get_engine("inline" if fit.engine == "inline" else "processes"),
        workers=1,
        context=Context(device=fit.device, threads=threads),
        deadline=clock.deadline(hand_over),
        hard_deadline=clock.deadline(-grace),
        folder=folder.path / SUFFIX,
        logs=folder.logs,
        memory_bytes=memory_bytes(fit),
        label=SUFFIX,
    )


def _hand_over(
    folder: RunFolder,
    task: Task,
    study: Study,
    second: Study,
    record: TrialRecord,
    space: NetSpaceName,
) -> None:
    done = second.trials("complete")
    if not done:
        reasons = [str(trial.error) for trial in second.trials("failed") if trial.error]
        raise NoModel(f"The design was not trained: {reasons[-1] if reasons else 'no time'}.")
    last = done[-1]
    source = folder.path / SUFFIX / f"{last.number:04d}" / MODEL
    write_predictor(folder.predictor, task, [(source, 1.0)], 1.0, study.leaderboard())
    result = folder.read_json("result.json")
    told = {
        "number": record.number,
        "design": space.open().to_text(design_of(record.config)),
        "arguments": dict(space.arguments),
        "epochs": last.artifacts["tuned"]["epochs"],
        "trained_seconds": last.artifacts["trained_seconds"],
    }
    inside = [{"trial": record.number, "learner": "image", "weight": 1.0, "refitted": True}]
    folder.write_json("result.json", {**result, "retrained": told, "ensemble": inside})
    folder.audit.say(
        "retrain",
        f"Design {record.number} was trained on all rows for {told['epochs']} epochs.",
    )
