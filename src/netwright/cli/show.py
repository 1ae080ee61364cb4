"""`netwright show`: what a run found so far."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

from netwright.cli.arguments import Json, Run

if TYPE_CHECKING:
    from rich.console import Console

    from netwright.core.folder import RunFolder

ROWS = 15


def show(run: Run, as_json: Json = False) -> None:
    """Show what a run found so far: leaderboard, ensemble, scores."""
    from netwright.core.folder import RunFolder
    from netwright.report.summary import summarise

    folder = RunFolder.open(run)
    if as_json:
        typer.echo(json.dumps(summarise(folder), indent=2, default=str))
    else:
        print_outcome(folder)


def print_outcome(folder: RunFolder) -> None:
    """Prints the leaderboard and where to look further."""
    from rich.console import Console

    from netwright.report.summary import leaderboard, summarise

    facts = summarise(folder)
    console = Console(soft_wrap=True)
    if "designs" in facts:
        from netwright.cli.designs import print_designs

        print_designs(console, folder, facts)
    else:
        _print_board(console, facts, leaderboard(folder))
    for line in _closing_lines(folder, facts):
        console.print(line, highlight=False)


def _print_board(console: Console, facts: dict[str, Any], board: list[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table(title=f"{facts['task']} · {facts['metric']}", title_justify="left")
    for name, justify in (
        ("rank", "right"),
        ("learner", "left"),
        (facts["metric"], "right"),
        ("weight", "right"),
        ("seconds", "right"),
        ("trial", "right"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for row in board[:ROWS]:
        table.add_row(*_cells(row))
    console.print(table)


def _cells(row: dict[str, Any]) -> list[str]:
    weight = f"{row['weight']:.2f}" if row["weight"] else "·"
    return [
        str(row["rank"]),
        str(row["learner"]),
        f"{row['score']:.6g}",
        weight,
        f"{row['seconds']:.1f}",
        str(row["trial"]),
    ]


def _supernet(told: dict[str, Any]) -> str:
    """What a supernet came to."""
    lines = [f"{told['strategy']}, {told['epochs']} epochs in {told['seconds']:.0f} s"]
    if "chosen" in told:
        lines.append(f"it came to choose {told['chosen']}")
    if "judged" in told:
        lines.append(f"{told['judged']} designs judged with its weights")
    return "; ".join(lines)


def _closing_lines(folder: RunFolder, facts: dict[str, Any]) -> list[str]:
    trials = facts["trials"]
    counted = ", ".join(f"{count} {state}" for state, count in trials.items() if count)
    lines = [f"trials   {counted or 'none yet'} in {facts['seconds']:.0f} s"]
    if "supernet" in facts:
        lines.append(f"shared   {_supernet(facts['supernet'])}")
    if facts.get("retrained"):
        told = facts["retrained"]
        epochs = f"for {told['epochs']} epochs " if "epochs" in told else ""
        lines.append(
            f"net      design {told['number']}, trained again {epochs}"
            f"in {told['trained_seconds']:.0f} s"
        )
    if facts.get("score") is not None:
        which = "search" if facts.get("retrained") else "model "  # the score is of the net before
        lines.append(f"{which}   {facts['metric']} {facts['score']:.6g} on {facts['held_back']}")
    if "labels" in facts:
        lines.append(f"labels   {facts['labels']}")
    if "protocol" in facts:
        lines.append(f"learned  by {facts['protocol']}")
    if "test_metrics" in facts:
        told = ", ".join(f"{name} {value:.6g}" for name, value in facts["test_metrics"].items())
        lines.append(f"test     {told}")
    if folder.report.exists():
        lines.append(f"report   {folder.report}")
    if folder.predictor.exists() and "protocol" in facts:
        lines.append(f"adapt    netwright fewshot adapt {folder.path} SUPPORT --out ADAPTED")
    elif folder.predictor.exists():
        lines.append(f"predict  netwright predict {folder.path} DATA --out predictions.csv")
    return lines
