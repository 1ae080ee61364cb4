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
Out = Annotated[Path, typer.Option(help="Run folder to make.")]
Target = Annotated[
    str | None, typer.Option(help="Column to predict [the class folder, or the array y].")
]
Targets = Annotated[str | None, typer.Option(help="Columns that one net predicts together, a,b,c.")]
WholeTime = Annotated[str | None, typer.Option(help="Wall time of everything, such as 20m [10m].")]
Engine = Annotated[str | None, typer.Option(help="processes, inline or ray [processes].")]
Workers = Annotated[int | None, typer.Option(help="Worker processes [one a core].")]
Threads = Annotated[int | None, typer.Option(help="Threads a worker [1].")]
Seed = Annotated[int | None, typer.Option(help="Everything random derives from it [0].")]
Device = Annotated[str | None, typer.Option(help="auto, cpu, cuda or mps [auto].")]
Memory = Annotated[str | None, typer.Option(help="Most memory of all workers, such as 4GB.")]
Storage = Annotated[
    str | None, typer.Option(help="Optuna storage URL [a journal file in the run folder].")
]
Overwrite = Annotated[bool, typer.Option(help="Replace a run that is there.")]
Design = Annotated[str, typer.Option(help="best, knee, or the number of a trial.")]
Cells = Annotated[int | None, typer.Option(help="Cells a stage [as searched].")]
Channels = Annotated[int | None, typer.Option(help="Width [as searched].")]
SpaceCells = Annotated[int | None, typer.Option(help="Cells a stage, for spaces of cells.")]
SpaceChannels = Annotated[int | None, typer.Option(help="Width, for spaces of cells.")]
Resolutions = Annotated[
    str | None,
    typer.Option(help="Shares of a picture's sides to choose from, of mobile: 0.75,1 [1]."),
]
Resolution = Annotated[
    float | None,
    typer.Option(help="Share of a picture's sides seen while searching [1; spos, darts, ... 0.5]."),
]
Strategy = Annotated[str | None, typer.Option(help="How to search [auto].")]
Designs = Annotated[
    int | None, typer.Option(help="Number of designs; without --time no clock is consulted.")
]
Level = Annotated[
    str | None,
    typer.Option(help="Of darts, gdas, ...: first, second (order), mixed or single [first]."),
]
HeldWeight = Annotated[
    float | None, typer.Option(help="Of the held-back loss at --level mixed [1].")
]
Resting = Annotated[
    float | None,
    typer.Option(help="Share of a search before gdas, ... choose [0.3; enas 0.5, darts 0]."),
]
Sampling = Annotated[
    str | None, typer.Option(help="Of spos, smash, ghn: uniform or fair [uniform].")
]
Teaching = Annotated[
    float | None,
    typer.Option(help="Share of ofa's training before the largest design teaches [0.75]."),
]
MaxLatency = Annotated[float | None, typer.Option(help="Most milliseconds a picture.")]
MaxParams = Annotated[float | None, typer.Option(help="Most million parameters.")]
MaxFlops = Annotated[float | None, typer.Option(help="Most billion multiply-adds.")]
MaxMemory = Annotated[float | None, typer.Option(help="Most megabytes at the peak.")]
Epochs = Annotated[int | None, typer.Option(help="Most passes over the rows.")]
NetMetric = Annotated[
    str | None, typer.Option(help="Metric that decides [accuracy; rmse for numbers].")
]
Augment = Annotated[
    str | None,
    typer.Option(
        help="none, shift, affine, flip, cutout, trivial, trivial_flip or cutmix [flip in colour, "
        "else shift]."
    ),
]
PictureSchema = Annotated[
    str | None, typer.Option(help="YAML or JSON file of column types; sets the pictures' shape.")
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


def space_arguments(said: dict[str, Any]) -> dict[str, Any]:
    """Takes what a space is made with out of what was said: cells, channels and resolutions.

    Raises:
        ConfigError: A resolution is no number.
    """
    from netwright.core.errors import ConfigError

    sizes = ("cells", "channels")
    found: dict[str, Any] = {name: said.pop(name) for name in sizes if name in said}
    text = said.pop("resolutions", None)
    try:
        return found if text is None else {**found, "resolutions": [*map(float, listed(text))]}
    except ValueError:
        raise ConfigError(
            f"Resolutions are shares of a picture's sides, such as 0.75,1. Got {text!r}."
        ) from None


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
