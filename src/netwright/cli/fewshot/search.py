"""`netwright fewshot search`: search the backbone that learns new classes best."""

from __future__ import annotations

from typing import Annotated

import typer

from netwright.cli.arguments import (
    Data,
    Designs,
    Device,
    Engine,
    HeldWeight,
    JsonLog,
    Level,
    MaxFlops,
    MaxLatency,
    MaxMemory,
    MaxParams,
    Memory,
    Out,
    Overwrite,
    PictureSchema,
    Resolutions,
    Resting,
    Sampling,
    Seed,
    SpaceCells,
    SpaceChannels,
    Storage,
    Strategy,
    Threads,
    WholeTime,
    Workers,
    interruptible,
    seconds_alive,
    space_arguments,
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


def search(
    data: Data,
    out: Out,
    space: Annotated[str, Option(help="What may be built; package:Class for your own.")] = "resnet",
    cells: SpaceCells = None,
    channels: SpaceChannels = None,
    resolutions: Resolutions = None,
    strategy: Strategy = None,
    level: Level = None,
    held_weight: HeldWeight = None,
    resting: Resting = None,
    sampling: Sampling = None,
    method: Method = "protonet",
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
    episodes: Annotated[
        int | None,
        Option(help="Episodes a design is trained on [300 if its method compares, else 2000]."),
    ] = None,
    time: WholeTime = None,
    trials: Designs = None,
    objectives: Annotated[
        str | None, Option(help="What is to be good, such as accuracy,params_m [accuracy].")
    ] = None,
    max_latency_ms: MaxLatency = None,
    max_params_m: MaxParams = None,
    max_flops_g: MaxFlops = None,
    max_memory_mb: MaxMemory = None,
    target: Classes = None,
    tasks: Tasks = None,
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
    said["arguments"] = space_arguments(said)
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
