"""Plots of a search: what was chosen together with what it reached, and the front."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from netwright.core.study import Study
from netwright.core.trial import TrialRecord
from netwright.report.plots import ACCENT, INK, LEAST_TRIALS, PALETTE, SOFT, styled

MOST_AXES = 7
WIDTH = 880
PANELS, PANEL = 3, 170
"""Panels beside each other, and how high one is."""
MOST_WORDS = 12
"""Different words an axis may name; more than that cannot be read."""


def parallel_coordinates(study: Study, importances: dict[str, float]) -> Any:
    """Every complete trial as a line through its parameters to its score.

    Args:
        study: Whose trials.
        importances: Parameters that mattered; the most important ones get the axes.

    Returns:
        None when fewer than two parameters, or too few trials, have something to show.
    """
    order = sorted(importances, key=lambda name: -importances[name])
    records = [r for r in study.trials("complete") if all(name in r.config for name in order)]
    axes = [axis for name in order if (axis := _axis(name, records)) is not None][:MOST_AXES]
    if len(records) < LEAST_TRIALS or len(axes) < 2:
        return None
    name, direction = study.objectives[0]
    scores = [record.values[0] for record in records]
    low, high = np.quantile(scores, [0.1, 1.0] if direction == "maximize" else [0.0, 0.9])
    scale = [[0, SOFT], [1, ACCENT]] if direction == "maximize" else [[0, ACCENT], [1, SOFT]]
    figure = go.Figure(
        go.Parcoords(
            dimensions=[*axes, {"label": name, "values": scores}],
            line={"color": scores, "colorscale": scale, "cmin": low, "cmax": high},
            labelangle=-20,
            labelfont={"size": 11},
        )
    )
    styled(figure, "", "", 440)
    # Wide enough to be read; a phone scrolls it.
    figure.update_layout(width=WIDTH, margin={"l": 70, "r": 50, "t": 70, "b": 20})
    return figure


def choices(told: dict[str, Any]) -> Any:
    """How the options of each decision came to count, a panel a decision, a line an option.

    Args:
        told: `options` of every decision, and `strengths` (epochs, options of all decisions).

    Returns:
        None where there are not two epochs.
    """
    options, strengths = told["options"], np.array(told["strengths"])
    if len(strengths) < 2:
        return None
    rows = -(-len(options) // PANELS)
    figure = make_subplots(
        rows, PANELS, subplot_titles=list(options), shared_xaxes=True, horizontal_spacing=0.1
    )  # each on its own scale: options of one decision are compared, and differ by little
    words = list(dict.fromkeys(word for known in options.values() for word in known))
    epochs, shown, start = list(range(1, len(strengths) + 1)), set[str](), 0
    for place, known in enumerate(options.values()):
        for word in known:
            colour = PALETTE[words.index(word) % len(PALETTE)]
            figure.add_scatter(
                x=epochs, y=strengths[:, start], name=word, legendgroup=word, mode="lines",
                showlegend=word not in shown, line={"color": colour, "width": 2},
                row=place // PANELS + 1, col=place % PANELS + 1,
            )  # fmt: skip
            shown.add(word)
            start += 1
    styled(figure, "", "", 90 + PANEL * rows)
    figure.update_xaxes(title="epoch", row=rows)
    figure.update_annotations(font={"size": 12})
    gap = 40 / (PANEL * rows)
    figure.update_layout(legend={"y": 1 + gap}, margin={"t": 60})
    return figure


def _axis(name: str, records: list[TrialRecord]) -> dict[str, Any] | None:
    """One parameter's axis; None where it is always the same, or has too many words."""
    values = [record.config[name] for record in records]
    distinct = list(dict.fromkeys(values))
    label = name.rsplit(".", 1)[-1]
    if len(distinct) < 2:
        return None
    if all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in distinct):
        return _number_axis(label, np.array(values, dtype=float))
    if len(distinct) > MOST_WORDS:
        return None
    words = sorted(distinct, key=str)
    places = {word: place for place, word in enumerate(words)}
    return {
        "label": label,
        "values": [places[value] for value in values],
        "tickvals": list(places.values()),
        "ticktext": [str(word) for word in words],
    }


def _number_axis(label: str, values: np.ndarray) -> dict[str, Any]:
    """Logarithmic where the values span more than two powers of ten; few values are the ticks."""
    distinct = np.unique(values)
    if len(distinct) <= MOST_WORDS:
        return {"label": label, "values": values, "tickvals": distinct.tolist()}
    if values.min() > 0 and values.max() / values.min() > 100:
        logs = np.log10(values)
        ticks = list(range(int(np.ceil(logs.min())), int(np.floor(logs.max())) + 1))
        text = [f"{10.0**tick:g}" for tick in ticks]
        return {"label": label, "values": logs, "tickvals": ticks, "ticktext": text}
    return {"label": label, "values": values}


def front(study: Study, other: int = 1) -> Any:
    """The first objective against another: feasible or not, the front, and its knee.

    Args:
        study: One with several objectives.
        other: Which objective is on the horizontal axis.

    Returns:
        None when no trial is complete.
    """
    records = study.trials("complete")
    if not records:
        return None
    best = sorted(study.pareto_front(), key=lambda record: record.values[other])
    beaten = [record for record in records if record.feasible and record not in best]
    broken = [record for record in records if not record.feasible]
    figure = go.Figure()
    _add(figure, broken, other, "breaks a limit", {"color": PALETTE[7], "symbol": "x", "size": 6})
    _add(figure, beaten, other, "beaten", {"color": SOFT, "size": 7})
    two = len(study.objectives) == 2
    _add(figure, best, other, "front", {"color": ACCENT, "size": 9}, "lines+markers" if two else "")
    if best:
        ring = {"color": PALETTE[1], "symbol": "circle-open", "size": 17, "line": {"width": 3}}
        _add(figure, [study.knee()], other, "knee", ring)
    cheap_is_left = study.objectives[other][1] == "minimize"
    shape = "hv" if cheap_is_left else "vh"  # a step covers what its designs beat
    figure.update_traces(line={"color": INK, "width": 1, "shape": shape})
    return styled(figure, study.objectives[other][0], study.objectives[0][0], 420)


def _add(
    figure: Any,
    records: list[TrialRecord],
    other: int,
    name: str,
    marker: dict[str, Any],
    mode: str = "",
) -> None:
    if records:
        figure.add_scatter(
            x=[record.values[other] for record in records],
            y=[record.values[0] for record in records],
            mode=mode or "markers",
            name=name,
            marker=marker,
            hovertext=[f"trial {record.number}" for record in records],
        )
