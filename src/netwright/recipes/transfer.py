"""Search small, deploy large: a design found on one set of pictures is trained on another.

The new run is a search of that one design in a space of the wanted size: it is judged on held-back
rows after a single epoch, and then trained on all rows for long. So whatever can be done with a
search can be done with it, also `netwright retrain` once more.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netwright.core.budget import Clock
from netwright.core.errors import RunError
from netwright.core.folder import RunFolder
from netwright.core.machine import cores
from netwright.core.progress import Progress
from netwright.core.study import read_study
from netwright.recipes import search
from netwright.recipes.designs import pick
from netwright.recipes.options import DEFAULT_SECONDS
from netwright.recipes.retrain import retrain
from netwright.recipes.search_options import SearchOptions, make_search_options
from netwright.spaces.lineage import design_of


def transfer(
    run: str | Path,
    source: Any,
    out: str | Path,
    *,
    design: str = "best",
    seconds: float | None = None,
    epochs: int | None = None,
    said: Mapping[str, Any],
    progress: Progress | None = None,
    overwrite: bool = False,
    elapsed: float = 0.0,
) -> RunFolder:
    """Trains a found design on other pictures, perhaps wider and deeper.

    Args:
        run: The search that found it.
        source: The new pictures; their classes and their size are their own.
        out: The run folder to make.
        design: `best`, `knee`, or the number of a trial.
        seconds: Wall time, None for none; ten minutes when neither it nor `epochs` is given.
        epochs: Most passes over all rows.
        said: What a person says about the new task, as `make_search_options` takes it: `target`,
            `test`, `metric`, `augment`, `arguments` of the space, ...
        progress: Is told how it goes.
        overwrite: Whether to replace a run that is there.
        elapsed: Seconds of the time that are already gone.

    Raises:
        UserError: There is no such search or design, or the new data cannot be used.
        NoModel: The time was over before a net was trained.
    """
    if seconds is None and epochs is None:
        seconds = DEFAULT_SECONDS
    clock = Clock.start(seconds, elapsed)
    found = RunFolder.open(run)
    if Path(out).resolve() == found.path.resolve():
        raise RunError(f"The new run cannot be {str(run)!r} itself; name another folder.")
    searched = search.read_options(found)
    record = pick(read_study(found), design)
    options = _resized(searched, said, seconds)
    first = options.space.open().complete(design_of(record.config))
    made = search.run(
        source,
        out,
        options,
        progress=progress,
        overwrite=overwrite,
        elapsed=clock.elapsed(),
        first=[first],
    )
    made.audit.say(
        "transfer",
        f"The design is number {record.number} of the search {str(run)!r}.",
        arguments=dict(options.space.arguments),
    )
    return retrain(
        out,
        seconds=seconds,
        epochs=epochs,
        threads=options.fit.threads,
        progress=progress,
        elapsed=clock.elapsed(),
    )


def _resized(
    searched: SearchOptions, said: Mapping[str, Any], seconds: float | None
) -> SearchOptions:
    """A search of one design, in the searched space made wider or deeper."""
    told = dict(said)
    arguments = {**searched.space.arguments, **told.pop("arguments", {})}
    return make_search_options(
        space=searched.space.name,
        arguments=arguments,
        epochs=1,
        seconds=seconds,
        trials=1,
        strategy="random",
        **{"threads": cores(), **told},
    )
