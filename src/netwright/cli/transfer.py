"""`netwright transfer`: train a found design on other pictures, at full size."""

from __future__ import annotations

from typing import Annotated

import typer

from netwright.cli.arguments import (
    Augment,
    Cells,
    Channels,
    Data,
    Design,
    Device,
    Epochs,
    JsonLog,
    NetMetric,
    Out,
    Overwrite,
    PictureSchema,
    Run,
    Seed,
    Target,
    Targets,
    WholeTime,
    interruptible,
    seconds_alive,
)

Option = typer.Option
SAID = ("target", "targets", "metric", "augment", "schema", "engine", "threads", "device", "seed")
"""Options that are said of the new task, handed on as they are."""


def transfer(
    run: Run,
    data: Data,
    out: Out,
    design: Design = "best",
    cells: Cells = None,
    channels: Channels = None,
    time: WholeTime = None,
    epochs: Epochs = None,
    target: Target = None,
    targets: Targets = None,
    metric: NetMetric = None,
    augment: Augment = None,
    schema: PictureSchema = None,
    engine: Annotated[str | None, Option(help="processes or inline [processes].")] = None,
    threads: Annotated[int | None, Option(help="Threads that train [every core].")] = None,
    device: Device = None,
    seed: Seed = None,
    overwrite: Overwrite = False,
    json_log: JsonLog = False,
) -> None:
    """Train a found design on other pictures, wider or deeper if wanted, as a run of its own."""
    given = locals()
    said = {name: given[name] for name in SAID if given[name] is not None}
    sizes = {name: given[name] for name in ("cells", "channels") if given[name] is not None}
    from netwright.api import transfer as carry_over
    from netwright.cli.progress import make_progress
    from netwright.cli.show import print_outcome
    from netwright.core.folder import RunFolder

    interruptible()
    carry_over(
        run,
        data,
        design,
        out=out,
        budget=time,
        epochs=epochs,
        overwrite=overwrite,
        progress=make_progress(json_log),
        elapsed=seconds_alive(),
        arguments=sizes,
        **said,
    )
    print_outcome(RunFolder.open(out))
