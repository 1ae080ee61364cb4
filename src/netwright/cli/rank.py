"""`netwright rank`: how well shared weights rank designs."""

from __future__ import annotations

import json as jsons
from pathlib import Path
from typing import Annotated

import typer

from netwright.cli.arguments import Run, interruptible, writable

Option = typer.Option


def rank(
    run: Run,
    table: Annotated[str, Option(help="CSV, Parquet, ... (gz too) of trained designs, one a row.")],
    validation: Annotated[str, Option(help="Column of what they came to; more is better.")],
    arch: Annotated[str, Option(help="Column of the designs' text.")] = "arch_str",
    designs: Annotated[int, Option(help="How many, drawn at random.")] = 200,
    seed: Annotated[int, Option(help="Decides which.")] = 0,
    json: Annotated[Path | None, Option(help="JSON file to write.")] = None,
) -> None:
    """Compare what a supernet thinks of designs with a table of designs trained alone."""
    from netwright.cli.progress import ticker
    from netwright.recipes.ranking import rank as compare

    interruptible()
    writable(json)
    found = compare(
        run, table, validation, arch=arch, designs=designs, seed=seed, tick=ticker("designs")
    )
    told = {"Kendall's tau": "kendall_tau", "given their size": "partial_tau"}
    for words, name in {**told, "size alone": "params_tau"}.items():
        value = "none" if found[name] is None else f"{found[name]:.3f}"
        typer.echo(f"{words.ljust(16)}  {value}")
    typer.echo(f"over {found['designs']} designs, by {found['metric']}")
    if json is not None:
        json.write_text(jsons.dumps(found, indent=1) + "\n", encoding="utf-8")
