"""`netwright fewshot train`: one backbone, trained on many small tasks."""

from __future__ import annotations

from typing import Annotated

import typer

from netwright.cli.arguments import (
    Data,
    Device,
    Engine,
    JsonLog,
    Memory,
    Out,
    Overwrite,
    PictureSchema,
    Seed,
    WholeTime,
    interruptible,
    seconds_alive,
)
from netwright.cli.fewshot.arguments import (
    AdaptSteps,
    Augment,
    Classes,
    FullContext,
    InnerRate,
    InnerSteps,
    Method,
    Norm,
    Queries,
    Rotations,
    Shots,
    Tasks,
    TrainQueries,
    TrainWays,
    Ways,
)

Option = typer.Option


def train(
    data: Data,
    out: Out,
    method: Method = "protonet",
    backbone: Annotated[
        str | None,
        Option(
            help="conv4, mlp or any space, for its default design; a JSON file of space and "
            "design; or the run of a search, for its best [conv4; mlp with --tasks]."
        ),
    ] = None,
    ways: Ways = 5,
    shots: Shots = 1,
    queries: Queries = 15,
    train_ways: TrainWays = None,
    train_queries: TrainQueries = None,
    norm: Norm = "transductive",
    inner_lr: InnerRate = None,
    inner_steps: InnerSteps = None,
    adapt_steps: AdaptSteps = None,
    full_context: FullContext = None,
    rotations: Rotations = False,
    augment: Augment = None,
    time: WholeTime = None,
    episodes: Annotated[
        int | None, Option(help="Most episodes to learn from; without --time no clock counts.")
    ] = None,
    target: Classes = None,
    tasks: Tasks = None,
    schema: PictureSchema = None,
    engine: Engine = None,
    threads: Annotated[int | None, Option(min=1, help="Threads that train [every core].")] = None,
    seed: Seed = None,
    device: Device = None,
    memory: Memory = None,
    overwrite: Overwrite = False,
    json_log: JsonLog = False,
) -> None:
    """Train a backbone on many small tasks, so that it learns the next from a few examples."""
    said = {name: value for name, value in locals().items() if value is not None}
    for name in ("data", "out", "overwrite", "json_log", "backbone", "time"):
        said.pop(name, None)
    from netwright.cli.progress import make_progress
    from netwright.cli.show import print_outcome
    from netwright.core.folder import RunFolder
    from netwright.fewshot import train as learn

    interruptible()
    learn(
        data,
        out=out,
        backbone=backbone,
        budget=time,
        overwrite=overwrite,
        progress=make_progress(json_log),
        elapsed=seconds_alive(),
        **said,
    )
    print_outcome(RunFolder.open(out))
