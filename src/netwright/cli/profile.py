"""`netwright profile`: what a net costs on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from netwright.cli.arguments import Json

LINES = (
    ("params_m", "parameters", "M"),
    ("flops_g", "multiply-adds", "G"),
    ("memory_mb", "memory at the peak", "MB"),
    ("size_mb", "ONNX file", "MB"),
    ("flops_based_energy_mj", "energy, FLOPs-based", "mJ"),
)
"""Key, what it is called, unit."""


def profile(
    source: Annotated[
        Path | None, typer.Argument(help="ONNX file, or run folder whose model is a net.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads; without it one, then all cores.")
    ] = None,
    kit: Annotated[
        Path | None,
        typer.Option(help="Write a script here that measures ONNX files on another device."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Profile a net: parameters, multiply-adds, memory, latency, energy; one input at a time."""
    from netwright.core.errors import ConfigError

    if (source is None) == (kit is None):
        raise ConfigError("Name an ONNX file or a run to profile, or --kit FILE.py; one of them.")
    if kit is not None:
        from netwright.recipes.profiling import write_kit

        write_kit(kit)
        typer.echo(f"Run on the device: python {kit.name} FOLDER latencies.csv")
        return
    from netwright.recipes.profiling import profile as profiled

    assert source is not None
    facts = profiled(source, (1, 0) if threads is None else (threads,))
    if as_json:
        typer.echo(json.dumps(facts, indent=2))
    else:
        _print(facts)


def _print(facts: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=facts["source"], title_justify="left", show_header=False)
    for key, name, unit in LINES:
        table.add_row(name, f"{facts[key]:.4g} {unit}")
    for one in facts["latency"]:
        threads = {0: "all cores", 1: "1 thread"}.get(one["threads"], f"{one['threads']} threads")
        name = f"latency, {one['runtime']}, {threads}"
        table.add_row(name, f"{one['median_ms']:.3f} ms ± {one['spread_ms'] / 2:.3f}")
    Console(soft_wrap=True).print(table)
