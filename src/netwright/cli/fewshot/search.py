"""`netwright fewshot search`: search the backbone that learns new classes best."""

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
    Storage,
    Threads,
    WholeTime,
    Workers,
    interruptible,
    seconds_alive,
)
from netwright.cli.fewshot.arguments import (
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
    TrainQueries,
    TrainWays,
    Ways,
)

Option = typer.Option


def search(
    data: Data,
    out: Out,
    space: Annotated[str, Option(help="What may be built; package:Class for your own.")] = "resnet",
    cells: Annotated[int | None, Option(help="Cells a stage, for spaces of cells.")] = None,
    channels: Annotated[int | None, Option(help="Width, for spaces of cells.")] = None,
    strategy: Annotated[str | None, Option(help="How to search [auto].")] = None,
    method: Method = "protonet",
    ways: Ways = 5,
    shots: Shots = 1,
    queries: Queries = 15,
    train_ways: TrainWays = None,
    train_queries: TrainQueries = None,
    norm: Norm = "transductive",
    inner_lr: InnerRate = None,
    inner_steps: InnerSteps = None,
    full_context: FullContext = None,
    rotations: Rotations = False,
    augment: Augment = "shift",
    episodes: Annotated[
        int | None,
        Option(help="Episodes a design is trained on [300 if its method compares, else 2000]."),
    ] = None,
    time: WholeTime = None,
    trials: Annotated[
        int | None, Option(help="Number of designs; without --time no clock is consulted.")
    ] = None,
    objectives: Annotated[
        str | None, Option(help="What is to be good, such as accuracy,params_m [accuracy].")
    ] = None,
    max_latency_ms: Annotated[float | None, Option(help="Most milliseconds a picture.")] = None,
    max_params_m: Annotated[float | None, Option(help="Most million parameters.")] = None,
    max_flops_g: Annotated[float | None, Option(help="Most billion multiply-adds.")] = None,
    max_memory_mb: Annotated[float | None, Option(help="Most megabytes at the peak.")] = None,
    target: Classes = None,
    schema: PictureSchema = None,
    engine: Engine = None,
    workers: Workers = None,
    threads: Threads = None,
    seed: Seed = None,
    device: Device = None,
    memory: Memory = None,
    storage: Storage = None,
    overwrite: Overwrite = False,
    json_log: JsonLog = False,
) -> None:
    """Search the backbone that learns new classes best; 'train --backbone RUN' goes on from it."""
    said = {name: value for name, value in locals().items() if value is not None}
    for name in ("data", "out", "overwrite", "json_log", "time"):
        said.pop(name, None)
    said["arguments"] = {n: said.pop(n) for n in ("cells", "channels") if n in said}
    from netwright.cli.progress import make_progress
    from netwright.cli.show import print_outcome
    from netwright.core.folder import RunFolder
    from netwright.fewshot import search as look

    interruptible()
    look(
        data,
        out=out,
        budget=time,
        overwrite=overwrite,
        progress=make_progress(json_log),
        elapsed=seconds_alive(),
        **said,
    )
    print_outcome(RunFolder.open(out))
