"""Judges a configuration on rows it did not learn from: a hold-out, or every fold in turn."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.decision import tune_decision, with_decision
from netwright.core.evaluator import Evaluator
from netwright.core.learner import Model
from netwright.core.result import Result
from netwright.core.task import Task
from netwright.data.splits import make_folds
from netwright.evaluators.rows import chosen_learner, open_fold, open_table

PREDICTIONS = "predictions.npy"
FOLDS_LEFT = "folds_left"
"""Limit that a trial breaks by the folds it had no time for."""


@dataclass(frozen=True)
class ResamplingEvaluator(Evaluator):
    """Hold-out (one fold) or cross-validation (several), as the task's split says.

    Writes the model of every fold and the out-of-fold predictions into the trial's folder, and
    reports the mean loss after each fold, so that a hopeless trial can be stopped. A trial whose
    time is over before its last fold is judged on the folds it has and breaks the limit
    `folds_left`: whatever saw every fold goes before it.

    Attributes:
        task: The statement, without rows.
        data: Folder of the rows.
        seed: Decides the folds; the same for all trials.
    """

    task: Task
    data: Path
    seed: int = 0

    def evaluate(self, config: Config, context: Context) -> Result:
        """Learns on each fold's training rows, judges on the others."""
        started = time.monotonic()
        count = max(1, self.task.split.folds)
        table = open_table(self.data)
        found = _empty(len(table), self.task.outputs)
        models: list[Model] = []
        losses: list[float] = []
        for fold in range(count):
            if fold and context.expired():
                break
            model, rows, predicted = self._fold(config, context, fold, count)
            found[rows] = predicted
            models.append(model)
            losses.append(self._loss(table, rows, predicted))
            if fold < count - 1 and context.report(fold, self._natural(float(np.mean(losses)))):
                return Result(state="pruned", cost=round(time.monotonic() - started, 3))
        left = count - len(models)
        limits = {FOLDS_LEFT: float(left)} if left else {}
        return replace(self._judged(table, found, models, context, started), constraints=limits)

    def _fold(
        self, config: Config, context: Context, fold: int, count: int
    ) -> tuple[Model, NDArray[np.int64], NDArray[Any]]:
        """Model, judged rows and their predictions of one fold; each gets its share of time."""
        learner, chosen = chosen_learner(config)
        train, valid = open_fold(self.data, self.task, self.seed, fold)
        deadline = context.deadline
        if deadline is not None:
            now = time.monotonic()
            deadline = now + (deadline - now) / (count - fold)
        model = learner.fit(train, chosen, context.but(validation=valid, deadline=deadline))
        if context.folder is not None:
            inside = context.folder / f"fold{fold}"
            inside.mkdir(exist_ok=True)
            model.save(inside)
        rows = make_folds(self.task, open_table(self.data), self.seed)[fold][1]
        return model, rows, model.predict(valid.data.features)

    def _loss(self, table: Any, rows: NDArray[np.int64], predicted: NDArray[Any]) -> float:
        weight = None if table.weight is None else table.weight[rows]
        metric, truth = self.task.metric, table.target[rows]
        decision = tune_decision(metric, truth, predicted, weight)
        return with_decision(metric, decision).loss(truth, predicted, weight)

    def _natural(self, loss: float) -> float:
        return -loss if self.task.metric.maximise else loss

    def _judged(
        self,
        table: Any,
        found: NDArray[Any],
        models: list[Model],
        context: Context,
        started: float,
    ) -> Result:
        judged = np.flatnonzero(~np.isnan(found.reshape(len(found), -1)[:, 0]))
        truth, predicted = table.target[judged], found[judged]
        weight = None if table.weight is None else table.weight[judged]
        decision = tune_decision(self.task.metric, truth, predicted, weight)
        scores = self.task.scores(truth, predicted, weight, decision)
        artifacts: dict[str, Any] = {"folds": len(models), "tuned": _mean_tuned(models)}
        path = None
        if context.folder is not None:
            np.save(context.folder / PREDICTIONS, found)
            path = f"trials/{context.folder.name}/{PREDICTIONS}"
            size = sum(f.stat().st_size for f in (context.folder / "fold0").rglob("*"))
            artifacts["size_mb"] = round(size / 1e6, 4)
        if self.task.constraints.max_latency_ms is not None:
            artifacts["latency_ms"] = round(latency_ms(models[0], table.features), 4)
        return Result(
            scores=scores,
            cost=round(time.monotonic() - started, 3),
            predictions_path=path,
            artifacts=artifacts,
        )


def _empty(rows: int, outputs: int) -> NDArray[np.float64]:
    return np.full((rows, outputs) if outputs > 1 else rows, np.nan)


def _mean_tuned(models: list[Model]) -> dict[str, int]:
    """What training found out, averaged over folds."""
    names = models[0].tuned if models else {}
    return {
        name: max(1, round(float(np.mean([model.tuned.get(name, 1) for model in models]))))
        for name in names
    }


def latency_ms(model: Model, features: Any, repeats: int = 15) -> float:
    """Median milliseconds to predict one row on this machine."""
    taken = []
    row = features.iloc[:1]
    model.predict(row)
    for _ in range(repeats):
        started = time.perf_counter()
        model.predict(row)
        taken.append(time.perf_counter() - started)
    return float(np.median(taken)) * 1e3
