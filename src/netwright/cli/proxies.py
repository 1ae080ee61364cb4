"""`netwright proxies`: score designs that were never trained."""

from __future__ import annotations

import json as jsons
import time
from pathlib import Path
from typing import Annotated

import typer

from netwright.cli.arguments import interruptible, listed, writable

Option = typer.Option


def proxies(
    space: Annotated[str, Option(help="Space of the designs; package:Class for your own.")],
    designs: Annotated[Path, Option(help="File with a design a line, as the space writes them.")],
    data: Annotated[str, Option(help="Pictures: folder, zip, npz or table of paths.")],
    json: Annotated[Path, Option(help="JSON file to write.")],
    proxies: Annotated[
        str | None, Option(help="Names, a,b,c; package:function for your own [all there are].")
    ] = None,
    target: Annotated[
        str | None, Option(help="Column of classes [the class folder, or the array y].")
    ] = None,
    batch: Annotated[int, Option(help="Pictures that the nets are shown.")] = 64,
    seed: Annotated[int, Option(help="Of the pictures and of the first weights.")] = 0,
) -> None:
    """Score designs that were never trained; higher is better in every score."""
    from netwright.cli.progress import ticker
    from netwright.nn.allocation import keep_freed_memory
    from netwright.paradigms.nas.proxies import known_proxies
    from netwright.recipes.proxies import get_net_space, read_batch, read_designs, score_designs

    interruptible()
    keep_freed_memory()
    writable(json)
    began = time.monotonic()
    built = get_net_space(space)
    read = read_designs(designs, built)
    names = listed(proxies) or known_proxies()
    found = score_designs(
        built, read, read_batch(data, batch, seed, target), names, seed, ticker("designs")
    )
    json.write_text(jsons.dumps(found, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    seconds = time.monotonic() - began
    typer.echo(f"{len(found)} designs scored by {len(names)} proxies in {seconds:.1f} s: {json}")
