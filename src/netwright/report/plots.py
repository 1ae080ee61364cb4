"""Plots of a run, as Plotly figures."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import optuna
import plotly.graph_objects as go

from netwright.core.study import Study
from netwright.core.task import Task

INK = "#1d2733"
ACCENT = "#0b6e6e"
SOFT = "#9db8b8"
PALETTE = [
    "#0b6e6e", "#d1603d", "#5b5f97", "#b8a13b", "#7a9e4b", "#a23e6e", "#3d8fd1", "#6b6b6b",
]  # fmt: skip
HEIGHT = 360
LEAST_TRIALS = 8
MAX_BARS = 15


def styled(figure: Any, x: str, y: str, height: int = HEIGHT) -> Any:
    """One look for all plots."""
    figure.update_layout(
        template="plotly_white",
        height=height,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        font={"family": "system-ui, sans-serif", "size": 13, "color": INK},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        colorway=PALETTE,
    )
    figure.update_xaxes(title=x, automargin=True)
    figure.update_yaxes(title=y, automargin=True)
    return figure


def score_over_time(history: list[dict[str, Any]], task: Task) -> Any:
    """Every trial as a point, and the best so far as a line."""
    better = np.maximum if task.metric.maximise else np.minimum
    scores = np.array([row["score"] for row in history])
    seconds = [row["seconds"] for row in history]
    figure = go.Figure()
    best = better.accumulate(scores)
    line = {"color": INK, "width": 2, "shape": "hv"}
    figure.add_scatter(x=seconds, y=best, mode="lines", name="best so far", line=line)
    for learner in dict.fromkeys(row["learner"] for row in history):
        rows = [row for row in history if row["learner"] == learner]
        figure.add_scatter(
            x=[row["seconds"] for row in rows],
            y=[row["score"] for row in rows],
            mode="markers",
            name=learner,
            marker={"size": 9},
            hovertext=[f"trial {row['trial']}" for row in rows],
        )
    # A few hopeless trials would flatten all the others.
    spread = np.quantile(scores, [0.0, 0.9] if not task.metric.maximise else [0.1, 1.0])
    pad = 0.1 * float(spread[1] - spread[0]) or abs(float(spread[0])) * 0.05 or 1.0
    figure.update_yaxes(range=[spread[0] - pad, spread[1] + pad])
    return styled(figure, "seconds", task.metric.name, 420)


def bars(names: list[str], values: list[float], x: str, errors: list[float] | None = None) -> Any:
    """Horizontal bars, the biggest on top."""
    names, values = names[:MAX_BARS][::-1], values[:MAX_BARS][::-1]
    spread = None if errors is None else {"array": errors[:MAX_BARS][::-1], "color": SOFT}
    figure = go.Figure(
        go.Bar(x=values, y=names, orientation="h", marker_color=ACCENT, error_x=spread)
    )
    return styled(figure, x, "", 90 + 26 * len(names))


def parameter_importances(study: Study) -> dict[str, float]:
    """How much each parameter of the most tried learner mattered (Watanabe et al. 2023, PED-ANOVA).

    Empty when no learner was tried often enough to tell.
    """
    complete = study.trials("complete")
    learners = [record.config.get("learner") for record in complete]
    counted = {learner: learners.count(learner) for learner in learners}
    often = [learner for learner, count in counted.items() if count >= LEAST_TRIALS]
    if not often:
        return {}
    chosen = max(often, key=lambda learner: counted[learner])
    numbers = {record.number for record in complete if record.config.get("learner") == chosen}
    alone = optuna.create_study(directions=study.optuna_study.directions)
    for trial in study.optuna_study.get_trials(deepcopy=True):
        if trial.number in numbers:
            alone.add_trial(trial)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = optuna.importance.get_param_importances(
            alone, evaluator=optuna.importance.PedAnovaImportanceEvaluator()
        )
    return {name: value for name, value in found.items() if name != "learner"}


def dependence(curve: dict[str, Any], task: Task) -> Any:
    """How the mean prediction moves with one column."""
    figure = go.Figure()
    names = [str(label) for label in task.classes] or [task.target]
    curves = list(zip(names, curve["curves"], strict=True))
    what = "mean probability" if task.classes else f"mean {task.target}"
    if task.kind == "binary":
        curves = curves[1:]
        what = f"mean probability of {task.classes[1]}"
    mode = "lines+markers" if isinstance(curve["values"][0], float) else "markers"
    for name, means in curves[:8]:
        figure.add_scatter(x=curve["values"], y=means, mode=mode, name=name)
    figure.update_layout(showlegend=len(curves) > 1)
    return styled(figure, curve["column"], what, 280)


def confusion(task: Task, truth: Any, predicted: Any) -> Any:
    """Rows are what was true, columns what was predicted, shares of each row."""
    count = len(task.classes)
    table = np.zeros((count, count))
    np.add.at(table, (truth, predicted.argmax(axis=1)), 1)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    names = [str(label) for label in task.classes]
    figure = go.Figure(
        go.Heatmap(
            z=shares[::-1],
            x=names,
            y=names[::-1],
            text=table[::-1].astype(int),
            texttemplate="%{text}" if count <= 12 else None,
            colorscale=[[0, "#f4f8f8"], [1, ACCENT]],
            showscale=False,
            zmin=0,
            zmax=1,
        )
    )
    figure.update_xaxes(type="category")
    figure.update_yaxes(type="category")
    return styled(figure, "predicted", "true", 160 + min(32 * count, 480))


def calibration(task: Task, truth: Any, predicted: Any, bins: int = 10) -> Any:
    """Promised probability against what came true; the diagonal is honest."""
    if task.kind == "binary":
        promised, came = predicted[:, 1], truth == 1
        what = f"probability of {task.classes[1]}"
    else:
        promised, came = predicted.max(axis=1), predicted.argmax(axis=1) == truth
        what = "probability of the predicted class"
    order = np.argsort(promised)
    groups = [part for part in np.array_split(order, bins) if len(part)]
    x = [float(promised[part].mean()) for part in groups]
    y = [float(came[part].mean()) for part in groups]
    figure = go.Figure()
    dashed = {"dash": "dot", "color": SOFT}
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line=dashed, showlegend=False)
    figure.add_scatter(x=x, y=y, mode="lines+markers", showlegend=False, marker={"color": ACCENT})
    return styled(figure, what, "share that came true")


def residuals(task: Task, truth: Any, predicted: Any) -> Any:
    """Predicted against true values; the diagonal is right."""
    rows = np.random.default_rng(0).permutation(len(truth))[:2000]
    figure = go.Figure()
    low, high = float(truth.min()), float(truth.max())
    dashed = {"dash": "dot", "color": SOFT}
    figure.add_scatter(x=[low, high], y=[low, high], mode="lines", line=dashed, showlegend=False)
    figure.add_scatter(
        x=predicted[rows],
        y=truth[rows],
        mode="markers",
        marker={"size": 5, "opacity": 0.45, "color": ACCENT},
        showlegend=False,
    )
    return styled(figure, f"predicted {task.target}", f"true {task.target}", 420)
