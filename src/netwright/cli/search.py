"""`netwright search`: search an architecture for pictures or a table, under limits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netwright.cli.arguments import Data, JsonLog, interruptible, seconds_alive

Option = typer.Option


def search(
    data: Data,
    out: Annotated[Path, Option(help="Run folder to make.")],
    space: Annotated[
        str | None,
        Option(help="What may be built; mlp for a table, package:Class for your own [resnet]."),
    ] = None,
    cells: Annotated[int | None, Option(help="Cells a stage, for spaces of cells.")] = None,
    channels: Annotated[int | None, Option(help="Width, for spaces of cells.")] = None,
    strategy: Annotated[str | None, Option(help="How to search [auto].")] = None,
    proxies: Annotated[
        str | None, Option(help="Zero-cost scores that say what goes first, a,b,c.")
    ] = None,
    epochs: Annotated[int | None, Option(help="Passes over the rows a design gets [3].")] = None,
    time: Annotated[str | None, Option(help="Wall time of everything, such as 20m [10m].")] = None,
    trials: Annotated[
        int | None, Option(help="Number of designs; without --time no clock is consulted.")
    ] = None,
    objectives: Annotated[
        str | None, Option(help="What is to be good, such as accuracy,latency_ms [the metric].")
    ] = None,
    max_latency_ms: Annotated[float | None, Option(help="Most milliseconds a picture.")] = None,
    max_params_m: Annotated[float | None, Option(help="Most million parameters.")] = None,
    max_flops_g: Annotated[float | None, Option(help="Most billion multiply-adds.")] = None,
    max_memory_mb: Annotated[float | None, Option(help="Most megabytes at the peak.")] = None,
    target: Annotated[
        str | None, Option(help="Column to predict [the class folder, or the array y].")
    ] = None,
    metric: Annotated[str | None, Option(help="Metric that decides [accuracy].")] = None,
    augment: Annotated[
        str | None,
        Option(help="none, shift, flip, cutout, trivial or cutmix [flip in colour, else shift]."),
    ] = None,
    schema: Annotated[
        str | None, Option(help="YAML or JSON file of column types; sets the pictures' shape.")
    ] = None,
    engine: Annotated[str | None, Option(help="processes, inline or ray [processes].")] = None,
    workers: Annotated[int | None, Option(help="Worker processes [one a core].")] = None,
    threads: Annotated[int | None, Option(help="Threads a worker [1].")] = None,
    seed: Annotated[int | None, Option(help="Everything random derives from it [0].")] = None,
    device: Annotated[str | None, Option(help="auto, cpu, cuda or mps [auto].")] = None,
    memory: Annotated[str | None, Option(help="Most memory of all workers, such as 4GB.")] = None,
    storage: Annotated[
        str | None, Option(help="Optuna storage URL [a journal file in the run folder].")
    ] = None,
    overwrite: Annotated[bool, Option(help="Replace a run that is there.")] = False,
    json_log: JsonLog = False,
) -> None:
    """Search an architecture for pictures or a table: designs are trained, limits are kept."""
    said = {name: value for name, value in locals().items() if value is not None}
    for name in ("data", "out", "overwrite", "json_log"):
        said.pop(name, None)
    said["arguments"] = {n: said.pop(n) for n in ("cells", "channels") if n in said}
    from netwright.api import run_search, with_implied
    from netwright.cli.progress import make_progress
    from netwright.cli.show import print_outcome
    from netwright.recipes.search_options import make_search_options

    options = make_search_options(**with_implied(data, said))
    interruptible()
    run = run_search(data, out, options, make_progress(json_log), overwrite, seconds_alive())
    print_outcome(run)
