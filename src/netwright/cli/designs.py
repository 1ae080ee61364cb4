"""Prints what an architecture search found: designs, what they cost, the best one drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from netwright.core.folder import RunFolder

ROWS = 15
UNITS = {
    "params_m": "params (M)",
    "flops_g": "multiply-adds (G)",
    "memory_mb": "memory (MB)",
    "latency_ms": "latency (ms)",
}


def print_designs(console: Console, folder: RunFolder, facts: dict[str, Any]) -> None:
    """A table of the best designs, those of the front marked, and a drawing of the best."""
    from rich.table import Table

    from netwright.report.drawing import as_text
    from netwright.report.summary import best_graphs

    ranked = {row["number"]: row for row in facts["designs"] if row["feasible"]}
    order = [number for number in facts["order"] if number in ranked][:ROWS]
    costs = [name for name in UNITS if any(name in row["costs"] for row in ranked.values())]
    goals = [name for name in facts["objectives"] if name not in costs]
    several = len(facts["objectives"]) > 1
    table = Table(title=f"{facts['task']} · {', '.join(facts['objectives'])}", title_justify="left")
    for name in ["trial", *goals, *(UNITS[name] for name in costs), "seconds"]:
        table.add_column(name, justify="right")
    if several:
        table.add_column("front")
    for number in order:
        row = ranked[number]
        cells = [str(number), *(f"{row['objectives'][name]:.4g}" for name in goals)]
        cells += [f"{row['costs'][name]:.3g}" if name in row["costs"] else "·" for name in costs]
        cells.append(f"{row['trained_seconds']:.1f}")
        table.add_row(*cells, *(["★" if row["front"] else ""] if several else []))
    console.print(table)
    if facts["best"]:
        console.print(f"design   {facts['best']['design']}", highlight=False, markup=False)
    for graph in best_graphs(folder, facts):
        console.print(as_text(graph), highlight=False, markup=False)
