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
    source: Annotated[Path | None, typer.Argument(help="ONNX file, or run folder.")] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads; without it one, then all cores.")
    ] = None,
    kit: Annotated[
        Path | None,
        typer.Option(help="Write a script here that measures ONNX files on another device."),
    ] = None,
    space: Annotated[
        str | None, typer.Option(help="With --kit: a space whose designs are to be measured.")
    ] = None,
    designs: Annotated[int, typer.Option(min=1, help="With --space: how many designs.")] = 100,
    shape: Annotated[
        str, typer.Option(help="With --space: channels,height,width of a picture.")
    ] = "3,32,32",
    as_json: Json = False,
) -> None:
    """Profile a net or a predictor: its size, multiply-adds, memory, latency, one input a time."""
    from netwright.core.errors import ConfigError

    if (source is None) == (kit is None):
        raise ConfigError("Name an ONNX file or a run to profile, or --kit FILE.py; one of them.")
    if kit is not None:
        _write_kit(kit, space, designs, shape)
        return
    from netwright.recipes.profiling import profile as profiled

    assert source is not None
    facts = profiled(source, (1, 0) if threads is None else (threads,))
    if as_json:
        typer.echo(json.dumps(facts, indent=2))
    else:
        _print(facts)


def _write_kit(kit: Path, space: str | None, designs: int, shape: str) -> None:
    from netwright.core.errors import ConfigError
    from netwright.recipes.profiling import write_kit

    folder = "FOLDER"
    if space is not None:
        from netwright.recipes.devices import write_designs

        sides = shape.split(",")
        if len(sides) != 3 or not all(side.isdecimal() and int(side) for side in sides):
            raise ConfigError(f"A shape is written channels,height,width. Got {shape!r}.")
        target = kit.parent / "designs"
        folder = write_designs(space, target, count=designs, shape=[int(s) for s in sides]).name
    write_kit(kit)
    typer.echo(f"Run on the device: python {kit.name} {folder} latencies.csv")


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
