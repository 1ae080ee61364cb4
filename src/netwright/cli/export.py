"""`netwright export`: a finished run as a file for other runtimes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from netwright.cli.arguments import Json, Run, writable


def export(
    run: Run,
    out: Annotated[Path, typer.Option(help="The file to write.")] = Path("model.onnx"),
    format: Annotated[str, typer.Option(help="Only onnx.")] = "onnx",
    int8: Annotated[
        bool, typer.Option("--int8", help="Eight-bit numbers, for pictures: a quarter the size.")
    ] = False,
    data: Annotated[
        str | None, typer.Option(help="Data to calibrate and check with; the run's own if absent.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Export a finished run as an ONNX file, check that it predicts the same, and measure it."""
    from netwright.core.errors import unknown_name
    from netwright.recipes.exporting import export_run

    if format != "onnx":
        raise unknown_name("format", format, ["onnx"])
    writable(out)
    facts = export_run(run, out, int8=int8, data=data)
    if as_json:
        typer.echo(json.dumps(facts, indent=2))
        return
    for name, told in _lines(facts):
        typer.echo(f"{name:<10}{told}")


def _lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    checked, latency = facts["checked"], facts["latency"]
    same = f"same label on {checked['agreement']:.1%}" if facts["classes"] else "numbers"
    lines = [
        ("file", f"{facts['file']}, {facts['size_mb']:.3g} MB"),
        (
            "checked",
            f"{same} of {checked['samples']} rows, "
            f"largest difference {checked['max_difference']:.2g}",
        ),
        ("latency", f"{latency['median_ms']:.3g} ms a row, one thread"),
    ]
    if "scores" in facts:
        scores = facts["scores"]
        told = f"{scores['file']:.6g}, the predictor's {scores['predictor']:.6g}"
        lines.append((scores["metric"], f"{told}, on {scores['rows']} rows"))
    for name, one in facts["limits"].items():
        verdict = "kept" if one["kept"] else "BROKEN"
        lines.append(("limit", f"{name} {one['found']:.3g} of {one['limit']:g}: {verdict}"))
    return lines
