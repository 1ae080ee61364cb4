"""From a design that a search found to the net one keeps: trained on all rows, for long.

Where it stands is written down every half a minute; a training that was killed goes on from there
when the same is asked for again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from netwright.core.budget import Budget, Clock
from netwright.core.context import Context
from netwright.core.errors import NoModel, RunError, unknown_name
from netwright.core.folder import RunFolder
from netwright.core.machine import cores
from netwright.core.progress import Progress
from netwright.core.strategy import derive_seed
from netwright.core.study import Study, read_study
from netwright.core.trial import TrialRecord
from netwright.engines import get_engine
from netwright.evaluators.nets import MODEL
from netwright.evaluators.refit import SOURCE
from netwright.evaluators.retraining import RetrainEvaluator
from netwright.learners.image import AUGMENTATIONS
from netwright.manifest import write_predictor
from netwright.recipes.again import again_study, fail_lost
from netwright.recipes.designs import judged, pick
from netwright.recipes.machine import memory_bytes
from netwright.recipes.options import DEFAULT_SECONDS
from netwright.recipes.regime import Plain
from netwright.recipes.search import read_options
from netwright.recipes.search_options import SearchOptions
from netwright.spaces.lineage import PARENT, design_of
from netwright.spaces.naming import NetSpaceName

SUFFIX = "retrain"
GRACE_SHARE = 0.1
EPOCHS = 300
"""Most epochs; with a time the cosine falls over what really fits."""
CHECKPOINT_SECONDS = 30.0


@dataclass(frozen=True)
class Retraining:
    """One training in the making: of which design, and how."""

    folder: RunFolder
    options: SearchOptions
    study: Study
    record: TrialRecord
    space: NetSpaceName
    training: Mapping[str, Any]
    clock: Clock
    threads: int
    progress: Progress

    @property
    def evaluator(self) -> RetrainEvaluator:
        """Trains the design."""
        number, task = self.record.number, self.folder.task()
        return RetrainEvaluator(
            task=task,
            data=self.folder.data,
            space=self.space,
            design=design_of(self.record.config),
            recipe={**self.options.training(task), **self.training, "report_loss": True},
            checkpoints=self.folder.path / SUFFIX / "checkpoints" / f"{number:04d}",
            seed=derive_seed(self.options.fit.seed, number),
            start=self._inherited(),
        )

    def _inherited(self) -> Path | None:
        """Where the weights lie that a grown design goes on from; others begin at random."""
        source = self.folder.trials / f"{self.record.number:04d}" / MODEL
        resized = self.space != self.options.space
        known = PARENT in self.record.config and source.exists() and not resized
        return source if known else None


def retrain(
    run: str | Path,
    design: str = "best",
    *,
    seconds: float | None = None,
    epochs: int | None = None,
    augment: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    threads: int | None = None,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
    progress: Progress | None = None,
    elapsed: float = 0.0,
) -> RunFolder:
    """Trains a found design again, from scratch, on all rows; it becomes the run's predictor.

    Args:
        run: Of a search.
        design: `best`, `knee`, or the number of a trial.
        seconds: Wall time, None for none; ten minutes when neither it nor `epochs` is given. A
            training that goes on where it was killed has so much time for what is left of it.
        epochs: Most passes over the rows.
        augment: What happens to pictures, None for what the search did.
        arguments: Of the space, where the net is to be wider or deeper than in the search.
        threads: How many train it, None for every core.
        checkpoint_seconds: Least time between two checkpoints.
        progress: Is told how it goes.
        elapsed: Seconds of the time that are already gone.

    Raises:
        RunError: There is no run of a search.
        ConfigError: The design is not one of the search's, the space takes other arguments, or the
            augmentation is unknown.
        NoModel: The time was over before a net was trained.
    """
    if augment is not None and augment not in AUGMENTATIONS:
        raise unknown_name("augmentation", augment, AUGMENTATIONS)
    folder = RunFolder.open(run)
    options, study = read_options(folder), read_study(folder)
    if not isinstance(options.regime, Plain):
        raise RunError(
            f"The designs of {str(run)!r} were searched under another regime; train one by "
            f"'{options.regime.goes_on}'."
        )
    record = pick(study, design)
    space = replace(options.space, arguments={**options.space.arguments, **(arguments or {})})
    space.open().complete(design_of(record.config))  # refused before anything is trained
    if seconds is None and epochs is None:
        seconds = DEFAULT_SECONDS
    training = {"epochs": epochs or EPOCHS, "checkpoint_seconds": checkpoint_seconds}
    made = Retraining(
        folder=folder,
        options=options,
        study=study,
        record=record,
        space=space,
        training=training if augment is None else {**training, "augment": augment},
        clock=Clock.start(seconds, elapsed),
        threads=threads or cores(),
        progress=progress or Progress(),
    )
    with folder.owned():
        _hand_over(made, _train(made))
        result = folder.read_json("result.json")
        folder.write_json("result.json", result | judged(folder, options.fit.test))
    return folder


def _train(made: Retraining) -> TrialRecord:
    """One ordinary, budgeted trial of a second study.

    Raises:
        NoModel: It did not come to an end.
    """
    fit, folder, clock = made.options.fit, made.folder, made.clock
    second = again_study(made.study, SUFFIX, fit.storage or folder.journal, fit.seed)
    if fit.storage is None:
        fail_lost(second, retry=False)
    _clear(second)
    before = {trial.number for trial in second.trials("complete", "failed")}
    second.enqueue({SOURCE: made.record.number})
    hand_over = 0.0 if clock.seconds is None else min(2.0, 0.05 * clock.seconds)
    grace = 0.0 if clock.seconds is None else GRACE_SHARE * clock.seconds
    made.progress.begin(clock, out=str(folder.path), level=SUFFIX, trials=1)
    made.progress.stage(f"training design {made.record.number}")
    try:
        second.run(
            made.evaluator,
            Budget(trials=second.slots_taken() + 1),
            get_engine("inline" if fit.engine == "inline" else "processes"),
            workers=1,
            context=Context(device=fit.device, threads=made.threads),
            deadline=clock.deadline(hand_over),
            hard_deadline=clock.deadline(-grace),
            folder=folder.path / SUFFIX,
            logs=folder.logs,
            memory_bytes=memory_bytes(fit),
            label=SUFFIX,
            on_tick=made.progress.tick,
        )
    finally:
        made.progress.end()
    ended = [t for t in second.trials("complete", "failed") if t.number not in before]
    if not ended or ended[-1].state == "failed":
        why = ended[-1].error if ended else None
        raise NoModel(f"The design was not trained: {why or 'no time'}.")
    return ended[-1]


def _clear(second: Study) -> None:
    """Takes out of the queue what a call that was interrupted left there."""
    while second.trials("waiting"):
        stale = second.ask()
        assert stale is not None
        second.fail(stale.number, "asked for anew")


def _hand_over(made: Retraining, done: TrialRecord) -> None:
    """Makes the trained net the run's predictor, and says so."""
    folder, number = made.folder, made.record.number
    source = folder.path / SUFFIX / f"{done.number:04d}" / MODEL
    board = made.study.leaderboard()
    write_predictor(folder.predictor, folder.task(), [(source, 1.0)], 1.0, board)
    told = {
        "number": number,
        "design": made.space.open().to_text(design_of(made.record.config)),
        "arguments": dict(made.space.arguments),
        "epochs": done.artifacts["tuned"]["epochs"],
        "trained_seconds": done.artifacts["trained_seconds"],
    }
    inside = [{"trial": number, "learner": "image", "weight": 1.0, "refitted": True}]
    result = folder.read_json("result.json")
    folder.write_json("result.json", {**result, "retrained": told, "ensemble": inside})
    folder.audit.say(
        "retrain", f"Design {number} was trained on all rows for {told['epochs']} epochs."
    )
