"""`netwright fewshot evaluate`: how well new classes are learned."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from netwright.cli.arguments import Data, Json, Run, Seed, Trust
from netwright.cli.fewshot.arguments import Classes, Rotations

Option = typer.Option


def evaluate(
    run: Run,
    data: Data,
    ways: Annotated[int | None, Option(help="Classes of an episode [as trained].")] = None,
    shots: Annotated[int | None, Option(help="Examples to learn from [as trained].")] = None,
    queries: Annotated[int | None, Option(help="Examples to judge by [as trained].")] = None,
    episodes: Annotated[int, Option(help="How many.")] = 600,
    target: Classes = None,
    rotations: Rotations = False,
    seed: Seed = None,
    trust: Trust = None,
    as_json: Json = False,
) -> None:
    """Learn new classes of data, over and over, and say how well; with a test part, of that."""
    from netwright.fewshot import evaluate as judge
    from netwright.nn.allocation import keep_freed_memory

    keep_freed_memory()
    found = judge(
        run,
        data,
        ways=ways,
        shots=shots,
        queries=queries,
        episodes=episodes,
        target=target,
        rotations=rotations,
        seed=seed or 0,
        trust=trust or (),
    )
    if as_json:
        typer.echo(json.dumps(found.to_json()))
        return
    how = ".2%" if found.metric == "accuracy" else ".4g"
    typer.echo(f"{found.metric}  {found.score:{how}} ± {found.interval95:{how}} (95 %)")
    typer.echo(f"episodes  {found.episodes}")
    typer.echo(f"protocol  {found.protocol}")
