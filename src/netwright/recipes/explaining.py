"""Explains and judges a finished model, in a worker that may be cut short."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from netwright.core.decision import with_decision
from netwright.core.engine import Engine, Job, Watch
from netwright.core.errors import UserError
from netwright.core.folder import RunFolder
from netwright.core.task import Task
from netwright.data.splits import make_folds
from netwright.data.table import Table
from netwright.evaluators.resampling import latency_ms
from netwright.explain.dependence import partial_dependence
from netwright.explain.importance import permutation_importance
from netwright.learners.ensemble import EnsembleModel
from netwright.learners.models import load_model
from netwright.learners.trust import trust
from netwright.predictor import Predictor

EXPLANATION = "explain.json"
DRAWN_COLUMNS = 6


def explain(
    run: RunFolder,
    weights: dict[int, float],
    test: str | None,
    engine: Engine,
    seed: int,
    deadline: float | None,
    hard_deadline: float | None,
    learners: Sequence[str] = (),
    pictures: bool = True,
) -> None:
    """Explains and judges the finished model in a worker, which writes `explain.json`."""
    drawn = weights if pictures else {}
    work = partial(_explain_job, run.path, drawn, test, seed, deadline, learners)
    job = Job(work=work, deadline=hard_deadline, logs=run.logs, label="explain")
    engine.run(job, Watch())


def _explain_job(
    path: Path,
    weights: dict[int, float],
    test: str | None,
    seed: int,
    deadline: float | None,
    learners: Sequence[str],
    worker: str,
) -> None:
    """Runs in a worker. Writes after every step, so that being cut short loses only the rest."""
    trust(learners)
    run = RunFolder.open(path)
    task, table = run.task(), Table.open(run.data)
    found: dict[str, Any] = {}
    for facts in (
        _test_metrics(run, test),
        _measured(run, task, table),
        *_pictures(run, task, table, weights, seed, deadline),
    ):
        found |= facts
        run.write_json(EXPLANATION, found)


def _test_metrics(run: RunFolder, test: str | None) -> dict[str, Any]:
    if test is None:
        return {}
    try:
        return {"test_metrics": Predictor.load(run.path).evaluate(test)}
    except UserError as error:
        return {"test_error": str(error)}


def _measured(run: RunFolder, task: Task, table: Table) -> dict[str, Any]:
    """Latency and size of the finished model itself, where there are limits."""
    if not task.constraints:
        return {}
    model = Predictor.load(run.path).model
    size = sum(file.stat().st_size for file in run.predictor.rglob("*")) / 1e6
    taken = latency_ms(model, table.features)
    return {"measured": {"latency_ms": round(taken, 4), "size_mb": round(size, 4)}}


def _pictures(
    run: RunFolder,
    task: Task,
    table: Table,
    weights: dict[int, float],
    seed: int,
    deadline: float | None,
) -> Iterator[dict[str, Any]]:
    """Importance, then one more curve at a time, of the first fold's models on the rows they were
    held back from."""
    members = [(run.trials / f"{n:04d}" / "fold0", share) for n, share in weights.items()]
    known = [(folder, share) for folder, share in members if folder.exists()]
    if not known:
        return
    model = EnsembleModel([load_model(folder) for folder, _ in known], [s for _, s in known])
    rows = make_folds(task, table, seed)[0][1]
    half = None if deadline is None else (time.monotonic() + deadline) / 2
    metric = with_decision(task.metric, Predictor.load(run.path).decision)
    importances = permutation_importance(model, table.rows(rows), metric, seed=seed, deadline=half)
    yield {"importance": [asdict(item) for item in importances]}
    curves: list[dict[str, Any]] = []
    for item in importances[:DRAWN_COLUMNS]:
        if deadline is not None and time.monotonic() > deadline:
            return
        curve = partial_dependence(model, table.features, item.column, seed)
        if curve is not None:
            curves.append(asdict(curve))
            yield {"dependence": curves}


def read_explanation(run: RunFolder) -> dict[str, Any]:
    """What the explaining worker wrote; empty when there was no time for it."""
    path = run.path / EXPLANATION
    if not path.exists():
        return {}
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded
