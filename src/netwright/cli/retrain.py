"""`netwright retrain`: train a found design from scratch, for long, on all rows."""

from __future__ import annotations

from typing import Annotated

import typer

from netwright.cli.arguments import (
    Cells,
    Channels,
    Design,
    Epochs,
    JsonLog,
    Run,
    interruptible,
    seconds_alive,
)

Option = typer.Option


def retrain(
    run: Run,
    design: Design = "best",
    time: Annotated[str | None, Option(help="Wall time, such as 20m [10m].")] = None,
    epochs: Epochs = None,
    augment: Annotated[
        str | None,
        Option(
            help="none, shift, affine, flip, cutout, trivial, trivial_flip or cutmix [as searched]."
        ),
    ] = None,
    cells: Cells = None,
    channels: Channels = None,
    json_log: JsonLog = False,
) -> None:
    """Train a found design from scratch, for long, on all rows; it becomes the run's predictor."""
    from netwright.api import retrain as train_again
    from netwright.cli.progress import make_progress
    from netwright.cli.show import print_outcome
    from netwright.core.folder import RunFolder

    interruptible()
    sizes = {"cells": cells, "channels": channels}
    arguments = {name: value for name, value in sizes.items() if value is not None}
    said = {"augment": augment, "arguments": arguments}
    train_again(
        run,
        design,
        budget=time,
        epochs=epochs,
        progress=make_progress(json_log),
        elapsed=seconds_alive(),
        **{name: value for name, value in said.items() if value},
    )
    print_outcome(RunFolder.open(run))
