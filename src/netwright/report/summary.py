"""The facts of a run as plain data: what `show --json` prints and the page draws."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from netwright.core.config import Config
from netwright.core.decision import in_words
from netwright.core.folder import MARK, SHARED, RunFolder
from netwright.core.study import Study, read_study
from netwright.core.task import Task
from netwright.data.grouped import is_grouped
from netwright.spaces.lineage import design_of
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import COSTS, Graph


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
        "task": f"{task.name}: {', '.join(map(str, task.targets))}",
        "metric": task.metric.name,
        "best": best,
        "trials": study.counts(),
        "seconds": result.get("seconds", round(seconds_of(study), 2)),
        "score": result.get("score"),
        "ensemble": result.get("ensemble", []),
        "folds": task.split.folds,
        "judged_on": _judged_on(task, result),
        "held_back": _held_back(task, result),
    }
    told = ("test_metrics", "measured", "calibration", "front", "retrained", "protocol")
    facts |= {name: result[name] for name in told if result.get(name)}
    if result.get("decision"):
        facts["labels"] = in_words(tuple(result["decision"]), task.classes)
    supernet = folder.path / SHARED
    if supernet.exists():
        facts["supernet"] = json.loads(supernet.read_text())
    return facts | _searched(folder, study, result, best)


def _held_back(task: Task, result: dict[str, Any]) -> str:
    if "protocol" not in result:
        return "held-back rows"
    return f"{'tasks' if is_grouped(task) else 'classes'} held back"


def _judged_on(task: Task, result: dict[str, Any]) -> str:
    if "protocol" in result:
        return f"episodes of {_held_back(task, result)}"
    folds = task.split.folds
    return "a hold-out" if folds == 1 else f"{folds}-fold cross-validation"


def _searched(
    folder: RunFolder, study: Study, result: dict[str, Any], best: dict[str, Any] | None
) -> dict[str, Any]:
    """What a search of designs tells beside: every design, and the best as the space writes it."""
    write = _writer(folder)
    if write is None:
        return {}
    told = described(study, write, result)
    texts = {row["number"]: row["design"] for row in told}
    named = None if best is None else {**best, "design": texts[best["trial"]]}
    return {
        "best": named,
        "designs": told,
        "order": [record.number for record in study.ranking()],
        "objectives": [name for name, _ in study.objectives],
    }


def _writer(folder: RunFolder) -> Callable[[Config], str] | None:
    """How a run's designs are written on one line; None where it was no search of nets."""
    space = searched_space(folder)
    if space is not None:
        opened = space.open()
        return lambda config: opened.to_text(design_of(config))
    if folder.read_json(MARK)["options"].get("level") == "architecture":
        return _table_net
    return None


def _table_net(config: Config) -> str:
    """The architecture of a net for a table, without what else its learner was told."""
    inside = config.within(f"{config['learner']}.architecture")
    return json.dumps(inside.to_json(), sort_keys=True)


def best_graphs(folder: RunFolder, facts: dict[str, Any]) -> list[Graph]:
    """Pictures of the best design, none where nothing was searched or nothing can be drawn."""
    space = searched_space(folder)
    if space is None or facts["best"] is None:
        return []
    opened = space.open()
    return opened.graphs(opened.from_text(facts["best"]["design"]))


def searched_space(folder: RunFolder) -> NetSpaceName | None:
    """The space a run searched, None where it was no search of nets."""
    facts = folder.read_json(MARK)
    if facts.get("recipe") != "search":
        return None
    return NetSpaceName(facts["options"]["space"], facts["options"]["arguments"])


def described(
    study: Study, write: Callable[[Config], str], result: dict[str, Any]
) -> list[dict[str, Any]]:
    """Every judged design as plain data: number, text, objectives, costs, if it is feasible."""
    front = set(result.get("front", []))
    rows = []
    for record in study.trials("complete", "pruned"):
        taken = record.seconds if record.state == "complete" else 0.0
        scores = record.scores
        rows.append(
            {
                "number": record.number,
                "design": write(record.config),
                "objectives": {name: scores.get(name) for name, _ in study.objectives},
                "costs": {name: scores[name] for name in COSTS if name in scores},
                "feasible": record.feasible,
                "front": record.number in front,
                "trained_seconds": record.artifacts.get("trained_seconds", taken),
            }
        )
    return rows


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
            "learner": str(records[number].config.get("learner", "design")),
            "trial": number,
        }
        for at, number in ended
    ]


def seconds_of(study: Study) -> float:
    """Seconds from the first trial's start to the last one's end."""
    told = history(study)
    return float(told[-1]["seconds"]) if told else 0.0
