"""`netwright worker`: work on a run that another process or machine started."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netwright.cli.arguments import Trust, interruptible

Option = typer.Option


def worker(
    where: Annotated[
        str, typer.Argument(help="Run folder, journal file or storage URL.", metavar="RUN_OR_URL")
    ],
    study: Annotated[str | None, Option(help="Study in the storage.")] = None,
    data: Annotated[str | None, Option(help="The study's table, as on this machine.")] = None,
    artifacts: Annotated[
        Path | None,
        Option(help="Shared folder for models; without one the winners are trained again."),
    ] = None,
    workers: Annotated[int, Option(min=1, help="Worker processes.")] = 1,
    engine: Annotated[str, Option(help="processes, inline or ray.")] = "processes",
    address: Annotated[str | None, Option(help="Ray cluster to run on.")] = None,
    trust: Trust = None,
) -> None:
    """Work on a run that another process or machine started, until its budget is gone.

    A run folder needs nothing more. A storage URL needs --study and --data.
    """
    interruptible()
    from netwright.api import join
    from netwright.engines import get_engine

    made = get_engine(engine, address)
    with join(where, study=study, data=data, artifacts=artifacts, trust=trust or ()) as joined:
        typer.echo(f"working on the study {joined.study.name!r} with {workers} workers")
        done = joined.work(made, workers)
    typer.echo(f"{done} trials were run here")
