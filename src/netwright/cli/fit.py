"""`netwright fit`: design and train a model for a table or for pictures."""

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
    Seed,
    Storage,
    Target,
    Threads,
    Workers,
    interruptible,
    seconds_alive,
)

Option = typer.Option


def fit(
    data: Data,
    out: Out,
    target: Target = None,
    test: Annotated[str | None, Option(help="Table to judge the finished model on.")] = None,
    kind: Annotated[str | None, Option(help="binary, multiclass or regression.")] = None,
    positive: Annotated[
        str | None, Option(help="Of two classes the one that f1, precision, ... are about.")
    ] = None,
    metric: Annotated[
        str | None, Option(help="Metric that decides; package:function for your own.")
    ] = None,
    time: Annotated[str | None, Option(help="Wall time of everything, such as 60s or 10m.")] = None,
    trials: Annotated[
        int | None, Option(help="Number of trials; without --time no clock is consulted.")
    ] = None,
    level: Annotated[
        str | None, Option(help="manual, hpo, select, architecture or full [full].")
    ] = None,
    config: Annotated[
        str | None, Option(help="YAML or JSON file with a configuration to start from.")
    ] = None,
    recipe: Annotated[
        str | None, Option(help="YAML file with any of these options; flags win over it.")
    ] = None,
    learners: Annotated[str | None, Option(help="Learners to choose from, a,b,c.")] = None,
    strategy: Annotated[
        str | None, Option(help="How to search; package:Class for your own sampler [tpe].")
    ] = None,
    pruner: Annotated[
        str | None,
        Option(help="What stops hopeless trials early, none for nothing [percentile]."),
    ] = None,
    engine: Engine = None,
    address: Annotated[
        str | None, Option(help="Ray cluster to run on [one started on this machine].")
    ] = None,
    workers: Workers = None,
    threads: Threads = None,
    seed: Seed = None,
    device: Device = None,
    memory: Memory = None,
    schema: Annotated[
        str | None, Option(help="YAML or JSON file of column types that overrule what is found.")
    ] = None,
    keep_ids: Annotated[
        bool | None, Option("--keep-ids", help="Learn from columns that seem to name rows only.")
    ] = None,
    storage: Storage = None,
    weight: Annotated[str | None, Option(help="Column of row weights.")] = None,
    group: Annotated[str | None, Option(help="Column whose values never straddle a split.")] = None,
    time_column: Annotated[str | None, Option(help="Column by whose order rows are split.")] = None,
    max_latency_ms: Annotated[
        float | None, Option(help="Most milliseconds to predict one row.")
    ] = None,
    max_size_mb: Annotated[float | None, Option(help="Most megabytes of the model.")] = None,
    explain: Annotated[bool, Option(help="Draw what the model looks at; write a report.")] = True,
    overwrite: Overwrite = False,
    json_log: JsonLog = False,
) -> None:
    """Design and train a model for a table or for pictures."""
    said = {name: value for name, value in locals().items() if value is not None}
    for name in ("data", "out", "overwrite", "json_log"):
        said.pop(name, None)
    from netwright.api import run_fit, with_implied
    from netwright.cli.progress import make_progress
    from netwright.cli.show import print_outcome
    from netwright.recipes.options import make_options

    options = make_options(**with_implied(data, said))
    interruptible()
    run = run_fit(data, out, options, make_progress(json_log), overwrite, seconds_alive())
    print_outcome(run)
