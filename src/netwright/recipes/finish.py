"""From finished trials to a predictor: weigh, train once more, assemble, explain."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from netwright.core.audit import Audit
from netwright.core.decision import Decision, in_words, tune_decision, with_decision
from netwright.core.errors import ConfigError, NoModel
from netwright.core.folder import RunFolder
from netwright.core.strategy import derive_seed
from netwright.core.study import Study
from netwright.core.task import Task
from netwright.core.trial import TrialRecord
from netwright.data.table import Table
from netwright.evaluators.refit import RefitEvaluator
from netwright.evaluators.resampling import PREDICTIONS
from netwright.learners.ensemble import fit_temperature, select_greedily, temper
from netwright.manifest import write_predictor
from netwright.recipes.again import again_study, run_again

LIBRARY = 30
"""Best trials an ensemble may draw from."""
KEPT = 30
"""Best trials whose models stay on disk."""
LEAST_WEIGHT = 0.02
HELD_BACK = "held_back.npy"
"""The finished model's predictions of rows its parts had not learned from."""


@dataclass(frozen=True)
class Chosen:
    """What the finished model is made of.

    Attributes:
        weights: Trial number to weight.
        temperature: Of the averaged probabilities.
        score: Out-of-fold metric of the whole, natural sign.
        calibration: Expected calibration error before and after tempering; empty for regression.
        decision: How labels are made of probabilities, see `netwright.core.decision`.
    """

    weights: dict[int, float]
    temperature: float = 1.0
    score: float = float("nan")
    calibration: dict[str, float] = field(default_factory=dict)
    decision: Decision = ()


def choose(run: RunFolder, task: Task, study: Study, ensemble: bool, audit: Audit) -> Chosen:
    """Weighs the best trials by their out-of-fold predictions.

    Raises:
        NoModel: No trial finished.
        ConfigError: No model keeps the limits.
    """
    ranking = _weighable(study, audit)
    kept = {r.number: run.trials / f"{r.number:04d}" / PREDICTIONS for r in ranking}
    library = {r.number: r for r in ranking[:LIBRARY] if kept[r.number].exists()}
    if not library:
        raise NoModel("The finished trials kept no predictions; fit again.")
    table = Table.open(run.data)
    found = {number: np.load(kept[number]) for number in library}
    judged = np.flatnonzero(
        ~np.isnan(np.stack([f.reshape(len(f), -1)[:, 0] for f in found.values()])).any(axis=0)
    )
    assert table.target is not None
    truth = table.target[judged]
    weight = None if table.weight is None else table.weight[judged]
    predictions = {number: values[judged] for number, values in found.items()}
    first = next(iter(predictions.values()))
    cut = tune_decision(task.metric, truth, first, weight)
    weights = select_greedily(
        predictions,
        truth,
        with_decision(task.metric, cut),
        weight,
        rounds=40 if ensemble else 0,
        allowed=partial(_keeps_limits, task, library),
    )
    if not weights and task.constraints:
        raise ConfigError(_no_model_fits(task, list(library.values())))
    if not weights:
        raise NoModel(f"No trial's {task.metric.name} is a finite number, so none can be chosen.")
    weights = _without_crumbs(weights)
    mean = sum(share * predictions[number] for number, share in weights.items())
    temperature, calibration = _calibrate(task, mean, truth, weight, audit)
    if temperature != 1.0:
        mean = temper(mean, temperature)
    decision = tune_decision(task.metric, truth, mean, weight)
    if decision:
        said = f"Labels: {in_words(decision, task.classes)}, tuned on held-back rows."
        audit.say("decision", said, decision=decision)
    score = with_decision(task.metric, decision).score(truth, mean, weight)
    whole = np.full_like(next(iter(found.values())), np.nan)
    whole[judged] = mean
    np.save(run.path / HELD_BACK, whole)
    audit.say(
        "ensemble",
        f"The model averages {len(weights)} of {len(library)} trials; out of fold its "
        f"{task.metric.name} is {score:.6g}.",
        weights=weights,
    )
    return Chosen(weights, temperature, float(score), calibration, decision)


def _weighable(study: Study, audit: Audit) -> list[TrialRecord]:
    """Trials that saw every fold, best first; the best of the others where there is none."""
    best = study.best()
    if best.feasible:
        return [record for record in study.ranking() if record.feasible]
    audit.say("ensemble", "No trial had time for every fold; the best of them is all there is.")
    return [best]


def _without_crumbs(weights: dict[int, float]) -> dict[int, float]:
    kept = {number: share for number, share in weights.items() if share >= LEAST_WEIGHT}
    total = sum(kept.values())
    return {number: share / total for number, share in kept.items()}


def _keeps_limits(task: Task, library: Mapping[int, TrialRecord], chosen: frozenset[int]) -> bool:
    limits = task.constraints
    for limit, name in ((limits.max_latency_ms, "latency_ms"), (limits.max_size_mb, "size_mb")):
        used = sum(float(library[number].artifacts.get(name, 0.0)) for number in chosen)
        if limit is not None and used > limit:
            return False
    return True


def _no_model_fits(task: Task, records: list[TrialRecord]) -> str:
    limits = task.constraints
    told = []
    if limits.max_latency_ms is not None:
        least = min(float(record.artifacts.get("latency_ms", 0)) for record in records)
        told.append(f"the fastest takes {least:.2f} ms, allowed are {limits.max_latency_ms:g} ms")
    if limits.max_size_mb is not None:
        least = min(float(record.artifacts.get("size_mb", 0)) for record in records)
        told.append(f"the smallest has {least:.2f} MB, allowed are {limits.max_size_mb:g} MB")
    return f"No model keeps the limits: {'; '.join(told)}. Loosen them or give more time."


def _calibrate(
    task: Task, mean: Any, truth: Any, weight: Any, audit: Audit
) -> tuple[float, dict[str, float]]:
    """Tempers probabilities where held-back rows say so, and tells how honest they are."""
    if task.kind == "regression":
        return 1.0, {}
    before = calibration_error(mean, truth, weight)
    temperature = 1.0
    if task.metric.name == "log_loss" and len(truth) >= 300:
        from netwright.core.metric import log_loss

        tried = fit_temperature(mean, truth, weight)
        sooner, later = (log_loss(truth, one, weight) for one in (mean, temper(mean, tried)))
        if later < 0.999 * sooner:
            temperature = tried
    after = calibration_error(temper(mean, temperature), truth, weight)
    said = "probabilities stay as they are" if temperature == 1.0 else f"tempered {temperature:.3f}"
    audit.say(
        "calibration",
        f"Expected calibration error out of fold is {after:.4f} ({said}).",
        before=before,
        after=after,
    )
    return temperature, {"before": before, "after": after}


def calibration_error(probabilities: Any, truth: Any, weight: Any = None, bins: int = 15) -> float:
    """Expected calibration error of the top class (Naeini et al. 2015)."""
    top = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    counts = np.ones(len(top)) if weight is None else np.asarray(weight)
    place = np.clip((top * bins).astype(int), 0, bins - 1)
    gap = np.abs(np.bincount(place, counts * (top - right), minlength=bins))
    return float(gap.sum() / counts.sum()) if len(top) else 0.0


def refit(
    run: RunFolder, task: Task, study: Study, chosen: Chosen, *, seed: int, **circumstances: Any
) -> dict[int, Path]:
    """Trains the chosen designs on all rows, as trials of the study `final`.

    Args:
        run: Where the models go.
        task: What is to be solved.
        study: The search.
        chosen: Its winners.
        seed: The study's.
        circumstances: See `run_again`.

    Returns:
        Trial number to the folder of its refitted model; those that did not fit in the time are
        absent.
    """
    records = {record.number: record for record in study.trials("complete")}
    final = again_study(study, "final", circumstances["storage"], seed)
    done = _refitted(run, final)
    wanted = [number for number in chosen.weights if number not in done]
    if not wanted:
        return done
    wanted.sort(key=lambda number: -chosen.weights[number])
    evaluator = RefitEvaluator(
        task=task.with_data(None),
        data=run.data,
        designs={number: records[number].config for number in wanted},
        tuned={number: records[number].artifacts.get("tuned", {}) for number in wanted},
        seeds={number: derive_seed(seed, records[number].position) for number in wanted},
    )
    folder = run.path / "final"
    run_again(
        run, study, wanted, evaluator, seed=seed, suffix="final", folder=folder, **circumstances
    )
    return _refitted(run, final)


def _refitted(run: RunFolder, final: Study) -> dict[int, Path]:
    found = {}
    for record in final.trials("complete"):
        folder = run.path / "final" / f"{record.number:04d}" / "full"
        if folder.exists():
            found[int(record.artifacts["source"])] = folder
    return found


def assemble(
    run: RunFolder, task: Task, study: Study, chosen: Chosen, refitted: Mapping[int, Path]
) -> None:
    """Writes the predictor: refitted models where there are any, the folds' models elsewhere."""
    members: list[tuple[Path, float]] = []
    for number, weight in chosen.weights.items():
        if number in refitted:
            members.append((refitted[number], weight))
            continue
        folds = sorted((run.trials / f"{number:04d}").glob("fold*"))
        members += [(fold, weight / len(folds)) for fold in folds]
    board = study.leaderboard(chosen.weights)
    write_predictor(
        run.predictor, task.with_data(None), members, chosen.temperature, board, chosen.decision
    )


def drop_losers(run: RunFolder, study: Study, chosen: Chosen) -> None:
    """Removes the models of trials that are neither chosen nor near the top."""
    kept = {record.number for record in study.ranking()[:KEPT]} | set(chosen.weights)
    for folder in run.trials.iterdir():
        if folder.name.isdigit() and int(folder.name) not in kept:
            shutil.rmtree(folder, ignore_errors=True)
