"""Labelled pictures of any number and any classes: pools to draw tasks from, and small supports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from netwright.core.audit import Audit
from netwright.core.errors import DataError, TargetError
from netwright.core.task import Task
from netwright.data.images import CLASS, IMAGE, SUFFIXES, holds_pictures, is_image_source
from netwright.data.prepare import Wishes, pictures_alone, prepare
from netwright.data.readers import implied_target, read
from netwright.data.target import is_known

KIND = "multiclass"


def read_labelled(
    source: Any,
    shape: tuple[int, ...],
    target: str | None = None,
    part: str = "train",
    strict: bool = False,
) -> Task:
    """Pictures with their classes, brought to a shape.

    Args:
        source: See `netwright.data.readers.read`.
        shape: (channels, height, width).
        target: Column of the classes, None for the one the source has by its nature.
        part: `train` or `test`; which of the two is wanted where a source has both.
        strict: Whether every picture must be readable and have a class, as where each counts.

    Raises:
        DataError: There are no pictures, or with `strict` some are of no use.
        TargetError: There are no classes.
    """
    notes = Audit()
    frame = by_folder(read(source, notes, part))
    target = target or implied_target(source)
    if strict:
        _check_read(notes)  # what could not be read is not in the frame any more
        _check_folders(source, frame)
    if target is None:
        raise TargetError("Which column holds the classes? Name it with --target.")
    if strict and target in frame.columns and not is_known(frame[target]).all():
        place = frame.index[~is_known(frame[target])][0]
        raise DataError(f"The picture {place!r} has no {target!r}; give it one, or leave it out.")
    pictures = {
        str(name): {"type": "image", "shape": list(shape)}
        for name in frame
        if holds_pictures(frame[name])
    }
    wishes = Wishes(kind=KIND, schema=pictures, preferred={KIND: "accuracy", "binary": "accuracy"})
    return pictures_alone(prepare(frame, target, wishes, notes), notes)


def by_folder(frame: pd.DataFrame) -> pd.DataFrame:
    """Pictures in class folders with the whole folder as their class: `greek/alpha`, not `greek`.

    Learning from few examples wants many classes with little in each, and their folders are often
    sorted into others. Frames of anything else are left as they are.
    """
    if list(frame.columns) != [IMAGE, CLASS] or frame.index.name != "path":
        return frame
    return frame.assign(**{CLASS: [str(name).rpartition("/")[0] for name in frame.index]})


def _check_folders(source: Any, frame: pd.DataFrame) -> None:
    """Refuses pictures beside class folders, and class folders without pictures."""
    path = Path(source) if isinstance(source, (str, Path)) else None
    if path is None or not is_image_source(path):
        return
    inside = [name for name in frame.index if "/" in name]
    loose = [name for name in frame.index if "/" not in name]
    if inside and loose:
        raise DataError(
            f"The picture {loose[0]!r} lies in no class folder; put it into the one of its class, "
            f"such as {inside[0].rpartition('/')[0]!r}."
        )
    folders = [item for item in sorted(path.glob("*")) if item.is_dir()]
    empty = [item.name for item in folders if not _has_pictures(item)]
    if empty and CLASS in frame:
        raise DataError(f"The class folder {empty[0]!r} holds no picture; add some, or remove it.")


def _has_pictures(folder: Path) -> bool:
    return any(file.suffix.lower() in SUFFIXES for file in folder.rglob("*"))


def _check_read(notes: Audit) -> None:
    """Refuses pictures that were left out because they could not be read."""
    for entry in notes.entries():
        if entry.get("broken"):
            raise DataError(f"{entry['said']} Here every picture counts; mend them.")
