"""Brings home what workers elsewhere made: copied from a shared folder, or trained once more."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from netwright.core.audit import Audit
from netwright.core.evaluator import Evaluator
from netwright.core.folder import RunFolder
from netwright.core.strategy import derive_seed
from netwright.core.study import Study
from netwright.core.trial import TrialRecord
from netwright.evaluators.repeat import RepeatEvaluator
from netwright.evaluators.resampling import PREDICTIONS
from netwright.recipes.again import run_again
from netwright.recipes.joining import ELSEWHERE

REPEATED = 8
"""Of the best so many trials, those without a model here are trained once more."""


def kept_here(run: RunFolder, record: TrialRecord) -> bool:
    """Whether the run folder has the trial's models and predictions."""
    return (run.trials / f"{record.number:04d}" / PREDICTIONS).exists()


def collect(run: RunFolder, study: Study, audit: Audit) -> list[int]:
    """Copies what workers left in a shared folder; returns the numbers of those trials."""
    found = []
    for record in study.trials("complete"):
        source = Path(str(record.artifacts.get(ELSEWHERE, "")))
        if kept_here(run, record) or not (source / PREDICTIONS).is_file():
            continue
        target = run.trials / f"{record.number:04d}"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
        found.append(record.number)
    if found:
        audit.say("collect", f"{len(found)} trials came from a shared folder.", trials=found)
    return found


def absent(run: RunFolder, study: Study) -> list[TrialRecord]:
    """The best trials' records, less those whose models are here."""
    return [record for record in study.ranking()[:REPEATED] if not kept_here(run, record)]


def repeat(
    run: RunFolder,
    study: Study,
    winners: list[TrialRecord],
    inner: Evaluator,
    seed: int,
    audit: Audit,
    **circumstances: Any,
) -> list[int]:
    """Trains winners again that workers without a shared folder found.

    A design, its seed and its folds decide a trial, so that the models are the ones that won.

    Args:
        run: Where they go.
        study: The search.
        winners: See `absent`.
        inner: Judged the trials.
        seed: The study's.
        audit: Is told.
        circumstances: See `run_again`.

    Returns:
        Numbers of the trials that are here now; the others did not fit in the time.
    """
    evaluator = RepeatEvaluator(
        inner,
        designs={record.number: record.config for record in winners},
        seeds={record.number: derive_seed(seed, record.position) for record in winners},
        trials=run.trials,
    )
    numbers = [record.number for record in winners]
    run_again(run, study, numbers, evaluator, seed=seed, suffix="again", **circumstances)
    found = [record.number for record in winners if kept_here(run, record)]
    audit.say(
        "collect",
        f"{len(found)} of {len(winners)} winners found without a shared folder were trained "
        "once more.",
        trials=found,
    )
    return found
