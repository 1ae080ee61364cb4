"""`netwright resume`: go on with a run that was stopped, or give a finished one more time."""

from __future__ import annotations

from typing import Annotated

import typer

from netwright.cli.arguments import JsonLog, Run, interruptible, seconds_alive


def resume(
    run: Run,
    time: Annotated[
        str | None, typer.Option(help="Further wall time [what the run had left].")
    ] = None,
    trials: Annotated[int | None, typer.Option(help="Number of trials in all.")] = None,
    json_log: JsonLog = False,
) -> None:
    """Go on with a run that was stopped, or give a finished one more time."""
    from netwright.api import resume as go_on
    from netwright.cli.progress import make_progress
    from netwright.cli.show import print_outcome
    from netwright.core.folder import RunFolder

    interruptible()
    progress = make_progress(json_log)
    go_on(run, budget=time, trials=trials, progress=progress, elapsed=seconds_alive())
    print_outcome(RunFolder.open(run))
