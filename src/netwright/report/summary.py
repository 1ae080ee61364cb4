"""The facts of a run as plain data: what `show --json` prints and the page draws."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from netwright.core.folder import RunFolder
from netwright.core.study import Study, read_study


def read_result(folder: RunFolder) -> dict[str, Any]:
    """What handing over wrote; empty while a run is going on."""
    path = folder.path / "result.json"
    if not path.exists():
        return {}
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


def summarise(folder: RunFolder) -> dict[str, Any]:
    """Best trial, counts, seconds, ensemble, scores."""
    study = read_study(folder)
    task, result = folder.task(), read_result(folder)
    ranking = study.ranking()
    best = None
    if ranking:
        top = ranking[0]
        best = {
            "learner": top.config.get("learner"),
            "config": top.config.to_json(),
            "score": top.values[0],
            "metric": task.metric.name,
            "trial": top.number,
        }
    facts = {
        "task": f"{task.name}: {task.kind} {task.target!r}",
        "metric": task.metric.name,
        "best": best,
        "trials": study.counts(),
        "seconds": result.get("seconds", round(seconds_of(study), 2)),
        "score": result.get("score"),
        "ensemble": result.get("ensemble", []),
        "folds": task.split.folds,
    }
    told = ("test_metrics", "measured", "calibration")
    return facts | {name: result[name] for name in told if result.get(name)}


def leaderboard(folder: RunFolder) -> list[dict[str, Any]]:
    """One row a complete trial, best first, with its weight in the finished model."""
    weights = {entry["trial"]: entry["weight"] for entry in read_result(folder).get("ensemble", [])}
    return read_study(folder).leaderboard(weights)


def history(study: Study) -> list[dict[str, Any]]:
    """Every complete trial in the order they finished: seconds since the start, score."""
    frozen = study.optuna_study.get_trials(deepcopy=False)
    starts = [trial.datetime_start for trial in frozen if trial.datetime_start]
    records = {record.number: record for record in study.trials("complete")}
    ended: list[tuple[datetime, int]] = sorted(
        (trial.datetime_complete, trial.number)
        for trial in frozen
        if trial.number in records and trial.datetime_complete
    )
    return [
        {
            "seconds": (at - min(starts)).total_seconds(),
            "score": records[number].values[0],
            "learner": str(records[number].config.get("learner")),
            "trial": number,
        }
        for at, number in ended
    ]


def seconds_of(study: Study) -> float:
    """Seconds from the first trial's start to the last one's end."""
    told = history(study)
    return float(told[-1]["seconds"]) if told else 0.0
