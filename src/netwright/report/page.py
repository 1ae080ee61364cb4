"""One self-contained page about a run: opens offline, reads well on a phone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from netwright.core.decision import decided
from netwright.core.folder import CHOICES, MARK, RunFolder
from netwright.core.study import Study, read_study
from netwright.core.task import Task
from netwright.report import plots, search_plots
from netwright.report.card import write_card
from netwright.report.drawing import as_svg
from netwright.report.rendering import Section, render
from netwright.report.summary import best_graphs, history, leaderboard, summarise

ROWS = 25


def write_report(folder: RunFolder) -> Path:
    """Writes `report.html` and `card.md`; both may be written anew at any time."""
    study = read_study(folder)
    task = folder.task()
    explained = _explanation(folder)
    facts = summarise(folder)
    board = leaderboard(folder)
    page = render(
        "page.html",
        _figures(folder, task, study, explained),
        task=task,
        facts=facts,
        run=folder.read_json(MARK),
        board=board[:ROWS],
        more=max(0, len(board) - ROWS),
        dropped=[column for column in task.schema if column.dropped],
        unfinished=study.trials("failed", "pruned"),
        audit=folder.audit.entries(),
        drawings=[(graph.name, as_svg(graph)) for graph in best_graphs(folder, facts)],
    )
    folder.report.write_text(page, encoding="utf-8")
    write_card(folder, task, facts, explained)
    return folder.report


def _explanation(folder: RunFolder) -> dict[str, Any]:
    path = folder.path / "explain.json"
    return json.loads(path.read_text()) if path.exists() else {}


def _figures(
    folder: RunFolder, task: Task, study: Study, explained: dict[str, Any]
) -> list[Section]:
    """Title, sentence and figure of every section there is something to show for."""
    found: list[Section] = []
    told = history(study)
    if told:
        said = "Every finished trial, and the best so far."
        found.append(("Score over time", said, plots.score_over_time(told, task)))
    found += _choice_figures(folder)
    found += _front_figures(study)
    found += _importance_figures(task, explained)
    found += _quality_figures(folder, task)
    return found + _search_figures(study)


def _choice_figures(folder: RunFolder) -> list[Section]:
    """Of a supernet that learned to choose, how it did."""
    path = folder.path / CHOICES
    figure = search_plots.choices(json.loads(path.read_text())) if path.exists() else None
    if figure is None:
        return []
    said = "How much each option of a decision counted in the supernet after every epoch."
    return [("How the design was chosen", said, figure)]


def _front_figures(study: Study) -> list[Section]:
    """One for each further objective."""
    found: list[Section] = []
    for place, (name, _) in list(enumerate(study.objectives))[1:]:
        figure = search_plots.front(study, place)
        if figure is not None:
            title = f"{study.objectives[0][0]} against {name}"
            said = "Nothing beats the front in every objective; at its knee it bends most."
            found.append((title, said, figure))
    return found


def _search_figures(study: Study) -> list[Section]:
    mattered = plots.parameter_importances(study)
    if not mattered:
        return []
    said = "Share of the differences between trials that each parameter explains."
    figure = plots.bars(list(mattered), list(mattered.values()), "importance")
    found: list[Section] = [("What mattered in the search", said, figure)]
    lines = search_plots.parallel_coordinates(study, mattered)
    if lines is not None:
        said = "A line is a trial; the darker, the better. Drag along an axis to pick some out."
        found.append(("Parameters and scores", said, lines))
    return found


def _importance_figures(task: Task, explained: dict[str, Any]) -> list[Section]:
    found: list[Section] = []
    rows = explained.get("importance", [])
    if rows:
        said = (
            f"How much worse {task.metric.name} gets when a column is shuffled, on rows the "
            "models had not learned from."
        )
        figure = plots.bars(
            [row["column"] for row in rows],
            [row["importance"] for row in rows],
            f"worsening of {task.metric.name}",
            [row["deviation"] for row in rows],
        )
        found.append(("What the model looks at", said, figure))
    for curve in explained.get("dependence", []):
        title = f"Effect of {curve['column']}"
        said = "Mean prediction as this column takes each value, all else unchanged."
        found.append((title, said, plots.dependence(curve, task)))
    return found


def _quality_figures(folder: RunFolder, task: Task) -> list[Section]:
    path = folder.path / "held_back.npy"
    if not path.exists():
        return []
    predicted = np.load(path)
    truth = np.load(folder.data / "target.npy")
    judged = ~np.isnan(predicted.reshape(len(predicted), -1)[:, 0])
    predicted, truth = predicted[judged], truth[judged]
    decision = tuple(folder.read_json("result.json").get("decision", ()))
    if task.kind == "regression":
        said = "Each dot is a row the models had not learned from; the line is right."
        return [("Predicted and true", said, plots.residuals(task, truth, predicted))]
    return [
        (
            "Confusion matrix",
            "Held-back rows: what was true, and what was predicted.",
            plots.confusion(task, truth, decided(predicted, decision)),
        ),
        (
            "Calibration",
            "What was promised, and how often it came true; the diagonal is honest.",
            plots.calibration(task, truth, predicted),
        ),
    ]
