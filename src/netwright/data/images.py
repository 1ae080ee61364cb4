"""Pictures as cells of a table: folders, zip files and paths become (channels, h, w) arrays.

A folder of class folders (`cat/1.jpg`), with `train/` and `test/` above them or not, becomes a
frame with the columns `image` and `class`, indexed by path. Every picture is turned upright, its
palette and transparency are resolved, and what is larger than `MAX_SIDE` is shrunk; what cannot
be read is counted and named, and is missing in its row. Hidden folders and files are passed over.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netwright.core.audit import Audit
from netwright.core.errors import DataError
from netwright.data.pixels import Picture, decode

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
IMAGE, CLASS = "image", "class"
TRAIN_PARTS = ("train", "training", "trainset", "traindata", "trn")
TEST_PARTS = (
    *("test", "testing", "testset", "testdata", "tst"),
    *("val", "valid", "validation", "valset", "dev", "eval", "holdout"),
)
"""Words by which the parts of a data set are known, in lower case; the first found is taken."""
NOT_CLASSES = ("__MACOSX", "@eaDir")
"""Folders that systems put beside a person's own; those that begin with a dot are hidden."""
NAMED = 5
"""Unreadable pictures that are named one by one."""

Opener = Callable[[], bytes]


def is_image_source(path: Path) -> bool:
    """Whether a path is a folder or a zip file, which are read as pictures."""
    return path.is_dir() or path.suffix.lower() == ".zip"


def read_images(path: Path, audit: Audit, part: str = "train") -> pd.DataFrame:
    """Reads a folder or zip file of pictures.

    Args:
        path: Where they are; class folders below, or `train/` and `test/` with class folders.
        audit: Is told what was found and what could not be read.
        part: `train` or `test`; which of the two is wanted where the folder has both.

    Returns:
        Columns `image` (arrays, None where one cannot be read) and, where there are class
        folders, `class` (a categorical: names of classes, whatever they look like); the index
        is `path`.

    Raises:
        DataError: There is no picture that can be read.
    """
    found = _in_zip(path) if path.suffix.lower() == ".zip" else _in_folder(path)
    if not found:
        raise DataError(
            f"There are no pictures in {str(path)!r}; expected class folders such as "
            f"cat/1.jpg with files ending in {' '.join(SUFFIXES[:3])}."
        )
    names = _without_shared_root([name for name, _ in found])
    chosen = _part_of(names, part)
    if chosen is not None:
        kept = [place for place, name in enumerate(names) if name.parts[0] == chosen]
        found = [found[place] for place in kept]
        names = [PurePosixPath(*names[place].parts[1:]) for place in kept]
    pictures = _decode_all([opener for _, opener in found], [name for name, _ in found], audit)
    index = pd.Index([str(name) for name in names], name="path")
    columns: dict[str, Any] = {IMAGE: as_cells(pictures)}
    if any(len(name.parts) > 1 for name in names):
        folders = [name.parts[0] if len(name.parts) > 1 else None for name in names]
        columns[CLASS] = pd.Categorical(folders)
    count = sum(picture is not None for picture in pictures)
    audit.say("read", f"Read {count} pictures from {path.name}.", part=chosen)
    return pd.DataFrame(columns, index=index)


def has_test_pictures(path: Path) -> bool:
    """Whether a folder or zip file has a test part of its own."""
    found = _in_zip(path) if path.suffix.lower() == ".zip" else _in_folder(path)
    names = _without_shared_root([name for name, _ in found])
    return _part_of(names, "test") != _part_of(names, "train")


def decode_paths(series: pd.Series, base: Path, audit: Audit, every_row: bool = False) -> pd.Series:
    """A column of paths as a column of pictures, None where one cannot be read.

    Args:
        series: Paths, absolute or relative to `base`.
        base: Folder of the table.
        audit: Is told what could not be read.
        every_row: Whether not one of them need be readable.

    Raises:
        DataError: None can be read.
    """
    names = [str(name) for name in series]
    openers = [(base / name).read_bytes for name in names]
    pictures = _decode_all(openers, names, audit, every_row)
    return pd.Series(as_cells(pictures), index=series.index)


def readable(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Rows (n,) whose pictures could all be read."""
    fine = np.ones(len(frame), dtype=bool)
    for name in frame.columns:
        if holds_pictures(frame[name]):
            fine &= frame[name].notna().to_numpy()
    return fine


def holds_paths(series: pd.Series, base: Path) -> bool:
    """Whether a column's first values are paths of pictures that exist."""
    first = [value for value in series.head(20) if isinstance(value, str)]
    if not first or not all(value.lower().endswith(SUFFIXES) for value in first):
        return False
    return any((base / value).is_file() for value in first)


def holds_pictures(series: pd.Series) -> bool:
    """Whether a column's cells are arrays that can be pictures."""
    if series.dtype != object:
        return False
    first = next((value for value in series if value is not None), None)
    return isinstance(first, np.ndarray) and first.ndim in (2, 3)


def as_cells(pictures: Iterable[Picture | None]) -> NDArray[Any]:
    """Arrays, of one shape or many, as the cells of one object array."""
    listed = list(pictures)
    cells = np.empty(len(listed), dtype=object)
    for place, picture in enumerate(listed):
        cells[place] = picture
    return cells


def _decode_all(
    openers: Sequence[Opener], names: Sequence[str], audit: Audit, every_row: bool = False
) -> list[Picture | None]:
    """A picture each, None for those that cannot be read."""
    pictures: list[Picture | None] = []
    broken = []
    for name, opener in zip(names, openers, strict=True):
        try:
            pictures.append(decode(opener()))
        except Exception:  # Pillow raises many kinds
            pictures.append(None)
            broken.append(name)
    if len(broken) == len(names) and not every_row:
        raise DataError(f"None of the {len(names)} pictures can be read, such as {names[0]!r}.")
    if broken:
        named = ", ".join(broken[:NAMED]) + (" ..." if len(broken) > NAMED else "")
        some = "One picture" if len(broken) == 1 else f"{len(broken)} pictures"
        said = f"{some} cannot be read: {named}."
        audit.say("read", said, note=True, broken=broken)
    return pictures


def _in_folder(path: Path) -> list[tuple[str, Opener]]:
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
    named = [(file.relative_to(path).as_posix(), file.read_bytes) for file in files]
    return [(name, opener) for name, opener in named if not _hidden(name)]


def _hidden(name: str) -> bool:
    """Whether a path leads through something that no person put there as data."""
    parts = PurePosixPath(name).parts
    return any(part.startswith(".") or part in NOT_CLASSES for part in parts)


def _in_zip(path: Path) -> list[tuple[str, Opener]]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise DataError(f"The file {str(path)!r} is not a readable zip file.") from error
    names = sorted(
        name for name in archive.namelist() if name.lower().endswith(SUFFIXES) and not _hidden(name)
    )

    def opener(name: str) -> Opener:
        return lambda: archive.read(name)

    return [(name, opener(name)) for name in names]


def _without_shared_root(names: Sequence[str]) -> list[PurePosixPath]:
    """Paths less a folder that holds everything, such as the one most zip files have."""
    paths = [PurePosixPath(name) for name in names]
    while all(len(path.parts) > 2 for path in paths) and len({p.parts[0] for p in paths}) == 1:
        if _rank(paths[0].parts[0]) is not None:
            break
        paths = [PurePosixPath(*path.parts[1:]) for path in paths]
    return paths


def _rank(folder: str) -> tuple[bool, int] | None:
    """Whether a folder's name says that it is a part to judge on, and how soon such a name is
    taken; None where it names no part. `seg_train`, `Training`, `TEST-images` do."""
    words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", folder).lower())
    for judged, parts in ((False, TRAIN_PARTS), (True, TEST_PARTS)):
        found = [parts.index(word) for word in (*words, "".join(words)) if word in parts]
        if found:
            return judged, min(found)
    return None


def _part_of(names: Sequence[PurePosixPath], part: str) -> str | None:
    """The top folder to read, None for all of them.

    Folders are parts where each of them is called like one. Beside parts that hold class folders,
    those that hold none (pictures to predict, unlabelled ones) do not count.

    Raises:
        DataError: There are several parts to judge on, and none to learn from.
    """
    tops = {name.parts[0] for name in names if len(name.parts) > 1}
    deep = {name.parts[0] for name in names if len(name.parts) > 2}
    ranks = {top: _rank(top) for top in sorted(deep or tops)}
    parts = {top: rank for top, rank in ranks.items() if rank is not None}
    if len(parts) < len(ranks):
        return None
    trains, tests = (
        sorted((top for top, rank in parts.items() if rank[0] == judged), key=parts.__getitem__)
        for judged in (False, True)
    )
    if trains:
        return tests[0] if part == "test" and tests else trains[0]
    if len(tests) > 1:
        told = ", ".join(map(repr, tests))
        raise DataError(
            f"The folders {told} are parts to judge on, and there is none to learn from; name the "
            "folder of one of them, or call it train."
        )
    return None
