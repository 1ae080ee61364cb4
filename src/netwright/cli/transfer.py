"""`netwright transfer`: train a found design on other pictures, at full size."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netwright.cli.arguments import Data, JsonLog, Run, interruptible, seconds_alive

Option = typer.Option


def transfer(
    run: Run,
    data: Data,
    out: Annotated[Path, Option(help="Run folder to make.")],
    design: Annotated[str, Option(help="best, knee, or the number of a trial.")] = "best",
    cells: Annotated[int | None, Option(help="Cells a stage [as searched].")] = None,
    channels: Annotated[int | None, Option(help="Width [as searched].")] = None,
    time: Annotated[str | None, Option(help="Wall time of everything, such as 20m [10m].")] = None,
    epochs: Annotated[int | None, Option(help="Most passes over the rows.")] = None,
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
    engine: Annotated[str | None, Option(help="processes or inline [processes].")] = None,
    threads: Annotated[int | None, Option(help="Threads that train [every core].")] = None,
    device: Annotated[str | None, Option(help="auto, cpu, cuda or mps [auto].")] = None,
    seed: Annotated[int | None, Option(help="Everything random derives from it [0].")] = None,
    overwrite: Annotated[bool, Option(help="Replace a run that is there.")] = False,
    json_log: JsonLog = False,
) -> None:
    """Train a found design on other pictures, wider or deeper if wanted, as a run of its own."""
    names = ("target", "metric", "augment", "schema", "engine", "threads", "device", "seed")
    given = locals()
    said = {name: given[name] for name in names if given[name] is not None}
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
