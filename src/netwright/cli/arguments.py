"""Arguments that several commands share, and how long this process has been alive."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated, Any

import typer

Run = Annotated[Path, typer.Argument(help="Run folder, as given to 'fit --out'.")]
Data = Annotated[
    str,
    typer.Argument(
        help="CSV, TSV, Parquet, JSON lines, Arrow, Excel (gz too), npz, 'URL::SELECT', "
        "or a folder or zip of pictures in class folders."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Trust = Annotated[
    list[str] | None,
    typer.Option("--trust", help="Learner of your own (package:attribute) to open models of."),
]
JsonLog = Annotated[
    bool, typer.Option("--json-log", help="Progress as one JSON object a line, on stderr.")
]


def seconds_alive() -> float:
    """Seconds since this process started: loading Python is part of the promise about time."""
    import time

    import psutil

    return max(0.0, time.time() - psutil.Process().create_time())


def interruptible() -> None:
    """Treats SIGTERM like Ctrl-C, so that both hand over what there is.

    Also where the shell started us in the background with Ctrl-C ignored.
    """

    def interrupt(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)


def listed(text: str | None) -> list[str]:
    """The names in `a, b,c`."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def writable(*paths: Path | None) -> None:
    """Finds out before the work begins that there is nowhere to write to.

    Raises:
        ConfigError: A path's folder does not exist.
    """
    from netwright.core.errors import ConfigError

    for path in paths:
        if path is not None and not path.absolute().parent.is_dir():
            raise ConfigError(
                f"There is no folder {str(path.parent)!r} to write to; make it first."
            )
