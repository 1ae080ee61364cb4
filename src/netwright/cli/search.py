"""`netwright search`: search an architecture for pictures or a table, under limits."""

from __future__ import annotations

from typing import Annotated

import typer

from netwright.cli.arguments import (
    Augment,
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
    NetMetric,
    Out,
    Overwrite,
    PictureSchema,
    Resolution,
    Resolutions,
    Resting,
    Sampling,
    Seed,
    SpaceCells,
    SpaceChannels,
    Storage,
    Target,
    Targets,
    Teaching,
    Threads,
    WholeTime,
    Workers,
    interruptible,
    seconds_alive,
    space_arguments,
)

Option = typer.Option


def search(
    data: Data,
    out: Out,
    space: Annotated[
        str | None,
        Option(help="What may be built; mlp for a table, package:Class for your own [resnet]."),
    ] = None,
    cells: SpaceCells = None,
    channels: SpaceChannels = None,
    resolutions: Resolutions = None,
    strategy: Annotated[
        str | None,
        Option(help="How to search; spos, darts, gdas, ... train all designs at once [auto]."),
    ] = None,
    level: Level = None,
    held_weight: HeldWeight = None,
    resting: Resting = None,
    sampling: Sampling = None,
    teaching: Teaching = None,
    proxies: Annotated[
        str | None, Option(help="Zero-cost scores that say what goes first, a,b,c.")
    ] = None,
    resolution: Resolution = None,
    epochs: Annotated[
        int | None,
        Option(help="Passes over the rows a design gets [by --time, else 3; spos, darts, ... 50]."),
    ] = None,
    pruner: Annotated[
        str | None,
        Option(help="What stops designs early: median, halving, hyperband, ... [none]."),
    ] = None,
    time: WholeTime = None,
    trials: Designs = None,
    objectives: Annotated[
        str | None, Option(help="What is to be good, such as accuracy,latency_ms [the metric].")
    ] = None,
    max_latency_ms: MaxLatency = None,
    max_params_m: MaxParams = None,
    max_flops_g: MaxFlops = None,
    max_memory_mb: MaxMemory = None,
    target: Target = None,
    targets: Targets = None,
    metric: NetMetric = None,
    augment: Augment = None,
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
    """Search an architecture for pictures or a table: designs are trained, limits are kept."""
    said = {name: value for name, value in locals().items() if value is not None}
    for name in ("data", "out", "overwrite", "json_log"):
        said.pop(name, None)
    said["arguments"] = space_arguments(said)
    from netwright.api import run_search, with_implied
    from netwright.cli.progress import make_progress
    from netwright.cli.show import print_outcome
    from netwright.recipes.search_options import make_search_options

    options = make_search_options(**with_implied(data, said))
    interruptible()
    run = run_search(data, out, options, make_progress(json_log), overwrite, seconds_alive())
    print_outcome(run)
