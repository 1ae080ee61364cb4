"""A page that compares strategies: curves with their errors, and how far each got."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import plotly.graph_objects as go

from netwright.report.plots import INK, PALETTE, SOFT, bars, styled
from netwright.report.rendering import Section, render

Standings = list[tuple[str, dict[str, Any]]]
"""Strategies by name, the best first."""


def write_comparison(outcome: dict[str, Any], path: Path) -> Path:
    """Writes the page.

    Args:
        outcome: What `netwright bench --json` writes.
        path: Where to.
    """
    strategies = _ranked(outcome)
    several = bool(outcome["columns"]["minimise"])
    page = render(
        "comparison.html",
        _sections(outcome, strategies, several),
        outcome=outcome,
        name=Path(outcome["table"]).name.split(".")[0],
        strategies=strategies,
        several=several,
    )
    path.write_text(page, encoding="utf-8")
    return path


def _ranked(outcome: dict[str, Any]) -> Standings:
    """Who found nothing is last."""
    sign = -1 if outcome["columns"]["direction"] == "maximize" else 1

    def key(item: tuple[str, dict[str, Any]]) -> tuple[bool, float]:
        mean = item[1]["test_mean"]
        return mean is None, sign * (mean or 0.0)

    return sorted(outcome["strategies"].items(), key=key)


def _sections(outcome: dict[str, Any], strategies: Standings, several: bool) -> list[Section]:
    judged_by = outcome["columns"]["test"] or outcome["columns"]["validation"]
    said = (
        f"Mean {judged_by} of the best design so far by {outcome['columns']['validation']}; the "
        "band is one standard error to either side, the dotted line the best possible."
    )
    found: list[Section] = [("How soon", said, curves(outcome, strategies, judged_by))]
    regrets = {name: told["validation_regret"] for name, told in strategies}
    known = {name: value for name, value in regrets.items() if value is not None}
    if known:
        said = (
            f"How far the best {outcome['columns']['validation']} found is from the table's best; "
            "shorter is better."
        )
        found.append(("What was missed", said, bars(list(known), list(known.values()), "regret")))
    moved = {name: told.get("moved", 0.0) for name, told in strategies if told.get("moved")}
    if moved:
        said = (
            "The table holds some designs of its space only. Queries of others were answered by "
            "the nearest design that it holds; so many of a replay, on average."
        )
        figure = bars(list(moved), list(moved.values()), "queries answered by a near design")
        found.append(("What the table does not hold", said, figure))
    if several:
        volumes = {name: told["hypervolume"] for name, told in strategies}
        said = "The share of the exact front's volume that the designs found cover; 1 is all of it."
        ordered = sorted(volumes, key=lambda name: -volumes[name])
        figure = bars(ordered, [volumes[name] for name in ordered], "hypervolume")
        found.append(("Fronts", said, figure))
    return found


def curves(outcome: dict[str, Any], strategies: Standings, judged_by: str) -> Any:
    """Test of the best so far by query, with bands of one standard error."""
    figure = go.Figure()
    for place, (name, told) in enumerate(strategies):
        colour = PALETTE[place % len(PALETTE)]
        known = [n for n, mean in enumerate(told["curve"]) if mean is not None]
        means = [told["curve"][n] for n in known]
        errors = [told["curve_error"][n] for n in known]
        queries = [n + 1 for n in known]
        edge = [m + e for m, e in zip(means, errors, strict=True)]
        edge += [m - e for m, e in zip(means, errors, strict=True)][::-1]
        figure.add_scatter(
            x=queries + queries[::-1], y=edge, fill="toself", fillcolor=colour, opacity=0.18,
            line={"width": 0}, mode="lines", hoverinfo="skip", showlegend=False, legendgroup=name,
        )  # fmt: skip
        line = {"color": colour, "width": 2, "dash": "solid" if place < len(PALETTE) else "dash"}
        figure.add_scatter(x=queries, y=means, mode="lines", name=name, line=line, legendgroup=name)
    best = outcome["optimum"]["test"]
    figure.add_hline(y=best, line={"color": INK, "dash": "dot", "width": 1})
    figure.update_yaxes(range=_range(strategies, best))
    figure.update_layout(hovermode="x unified", hoverlabel={"bordercolor": SOFT})
    return styled(figure, "queries", judged_by, 460)


def _range(strategies: Standings, best: float) -> list[float]:
    """The first few queries, bad for everybody, would flatten all that follows."""
    seen = [
        mean
        for _, told in strategies
        for mean in told["curve"][len(told["curve"]) // 10 :]
        if mean is not None
    ]
    low, high = min([*seen, best]), max([*seen, best])
    pad = 0.06 * (high - low) or abs(best) * 0.05 or 1.0
    return [low - pad, high + pad]
