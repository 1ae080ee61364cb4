"""`netwright bench`: compare strategies on a table of designs that are trained already."""

from __future__ import annotations

import json as jsons
from pathlib import Path
from typing import Annotated, Any

import typer

from netwright.cli.arguments import interruptible, listed, writable

Option = typer.Option
QUERIES = 100
SEEDS = 10


def bench(
    table: Annotated[str, typer.Argument(help="CSV, Parquet, ... (gz too) with a design a row.")],
    validation: Annotated[str, Option(help="Column that the search sees and makes good.")],
    space: Annotated[
        str | None, Option(help="Space that reads the designs' text; package:Class for your own.")
    ] = None,
    arch: Annotated[str | None, Option(help="Column of that text.")] = None,
    parameters: Annotated[
        str | None, Option(help="Instead of both: columns that are a parameter each, a,b,c.")
    ] = None,
    test: Annotated[
        str | None, Option(help="Column the found design is judged by [the validation].")
    ] = None,
    direction: Annotated[
        str, Option(help="maximize for accuracies, minimize for losses.")
    ] = "maximize",
    cost: Annotated[str | None, Option(help="Column of seconds of a full training.")] = None,
    queries: Annotated[
        int | None, Option(help=f"Designs to look up [{QUERIES}; no end under --cost-budget].")
    ] = None,
    cost_budget: Annotated[
        float | None, Option(help="Simulated seconds; what would end later does not count.")
    ] = None,
    cost_scale: Annotated[
        float, Option(help="Share of a full training that a query pays: 12 of 200 epochs, 0.06.")
    ] = 1.0,
    workers: Annotated[int, Option(help="Simulated trainings at once.")] = 1,
    cheap: Annotated[
        str | None, Option(help="Columns of cheap scores, a,b; -a where lower is better.")
    ] = None,
    minimise: Annotated[
        list[str] | None,
        Option("--minimise", "--minimize", help="Column of a further objective (repeatable)."),
    ] = None,
    limit: Annotated[
        list[str] | None, Option(help="'COLUMN<=x' or 'COLUMN>=x' (repeatable).")
    ] = None,
    strategies: Annotated[
        str, Option(help="Names, a,b,c; package:Class for your own sampler.")
    ] = "random,local_search,regularized_evolution,tpe",
    seeds: Annotated[int, Option(help="Replays of each strategy.")] = SEEDS,
    seed: Annotated[int, Option(help="The first seed.")] = 0,
    jobs: Annotated[int | None, Option(help="Processes [one a core].")] = None,
    json: Annotated[Path | None, Option(help="JSON file to write.")] = None,
    plot: Annotated[Path | None, Option(help="HTML page to write.")] = None,
) -> None:
    """Compare strategies on a table of designs, many seeds each."""
    from netwright.cli.progress import ticker
    from netwright.core.audit import Audit
    from netwright.evaluators.columns import Columns, Limit
    from netwright.evaluators.designs import read_table
    from netwright.recipes.bench import bench as compare
    from netwright.recipes.replay import Rules

    interruptible()
    writable(json, plot)
    _payable(cost, cost_budget)
    limits = tuple(map(Limit.parse, limit or ()))
    further = tuple(minimise or ())
    scores = tuple(listed(cheap))
    columns = Columns(validation, test, cost, further, limits, scores, direction)
    if queries is None and cost_budget is None:
        queries = QUERIES
    rules = Rules(queries, cost_budget, cost_scale, workers)
    audit = Audit()
    designs = read_table(
        table, columns, space=space, arch=arch, parameters=listed(parameters), audit=audit
    )
    _print_notes(audit.entries())
    which = range(seed, seed + seeds)
    found = compare(designs, listed(strategies), which, rules, jobs, ticker("replays"))
    outcome = {"table": table, "design": space or listed(parameters), **found}
    _print_standings(outcome)
    if json is not None:
        json.write_text(jsons.dumps(outcome, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    if plot is not None:
        from netwright.report.comparison import write_comparison

        write_comparison(outcome, plot)


def _payable(cost: str | None, cost_budget: float | None) -> None:
    from netwright.core.errors import ConfigError

    if cost_budget is not None and cost is None:
        raise ConfigError("A --cost-budget needs --cost, the column of seconds of a full training.")


def _print_notes(entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        if entry["step"] == "table":
            typer.echo(f"note: {entry['said']}", err=True)


def _print_standings(outcome: dict[str, Any]) -> None:
    """The best possible first, then every strategy, the best test first."""
    several = bool(outcome["columns"]["minimise"])
    best = outcome["optimum"]
    rows = [["strategy", "test", "", "validation", "regret", "ms/query"]]
    rows.append(["best possible", _said(best["test"]), "", _said(best["validation"]), "", ""])
    for name, told in outcome["strategies"].items():
        spread = "" if told["test_std"] is None else f"+- {told['test_std']:.3g}"
        means = [_said(told[key]) for key in ("validation_mean", "validation_regret")]
        speed = f"{1000 * told['seconds_per_query']:.2f}"
        rows.append([name, _said(told["test_mean"]), spread, *means, speed])
    if several:
        volumes = [f"{told['hypervolume']:.4f}" for told in outcome["strategies"].values()]
        rows = [[*row, v] for row, v in zip(rows, ["hypervolume", "1", *volumes], strict=True)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        typer.echo("  ".join([row[0].ljust(widths[0]), *cells]).rstrip())


def _said(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"
