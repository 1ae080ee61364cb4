"""`netwright deploy`: a design for a device out of a trained supernet, without training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from netwright.cli.arguments import Json, MaxLatency, Run, writable


def deploy(
    run: Run,
    out: Annotated[Path, typer.Option(help="The file to write.")] = Path("model.onnx"),
    max_latency_ms: MaxLatency = None,
    device: Annotated[
        str, typer.Option(help="cpu for this machine, or the CSV a kit of profile made on another.")
    ] = "cpu",
    designs: Annotated[
        Path | None, typer.Option(help="The kit's folder, for another device.")
    ] = None,
    front: Annotated[
        bool, typer.Option("--front", help="List what there is to choose from, and write nothing.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Decides what is tried.")] = 0,
    as_json: Json = False,
) -> None:
    """Pick the best design of a once-for-all run within a limit and export it, untrained."""
    from netwright.recipes import deploying

    if front:
        _list(deploying.front(run), as_json)
        return
    writable(out)
    words = {"max_latency_ms": max_latency_ms, "device": device, "designs": designs, "seed": seed}
    found = deploying.deploy(run, out, **words)  # type: ignore[arg-type]
    if as_json:
        typer.echo(json.dumps(found.to_json(), indent=2))
        return
    limit = "" if found.limit_ms is None else f" of {found.limit_ms:g} allowed"
    where = limit if device == "cpu" else ""
    typer.echo(f"file      {found.file}")
    typer.echo(f"design    {found.design}")
    typer.echo(f"{found.metric:<9} {found.score:.4g} on held-back rows")
    typer.echo(f"latency   {found.latency_ms:.3g} ms a row here, one thread{where}")
    if device != "cpu":
        typer.echo(f"on device {found.predicted_ms:.3g} ms a row predicted{limit}")
    typer.echo(f"checked   same label on {found.agreement:.1%} of rows")
    typer.echo(f"found     in {found.seconds:.1f} s, from {found.designs} judged designs")


def _list(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    typer.echo("     ms   score  design")
    for row in rows:
        typer.echo(f"{row['latency_ms']:>7.3g}  {row['score']:>6.4g}  {row['design']}")
