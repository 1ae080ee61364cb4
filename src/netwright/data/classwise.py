"""npz files that hold pictures class by class: an array (classes, rows, h, w), and vectors that say
which class is which.

A boolean vector called `test` or `validation` says which classes are apart from the others.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netwright.core.audit import Audit
from netwright.core.errors import DataError
from netwright.data.images import CLASS, TEST_PARTS, as_cells
from netwright.data.pixels import channels_first

CHANNELS = (1, 3, 4)
READ_HEADER = np.lib.format.read_array_header_2_0
CLASSWISE = 4
"""Dimensions: classes, rows, height and width; channels come on top."""


def is_classwise(archive: Any) -> bool:
    """Whether the arrays of an npz file hold one class a row, and one of them its pictures."""
    return pictures_of(archive) is not None


def pictures_of(archive: Any) -> str | None:
    """The array of pictures, (classes, rows, h, w) with or without channels, if there is one.

    Four dimensions with one, three or four channels are pictures row by row.
    """
    shapes = {name: shape for name, (shape, _) in _headers(archive).items()}
    for name, shape in shapes.items():
        row_by_row = len(shape) == CLASSWISE and (shape[1] in CHANNELS or shape[-1] in CHANNELS)
        others = [one for one in shapes.values() if len(one) != 1 or one[0] != shape[0]]
        if len(shape) >= CLASSWISE and not row_by_row and others == [shape]:
            return name
    return None


def mask_of(archive: Any) -> str | None:
    """The vector that says which classes are apart from the others, if there is one."""
    headers = _headers(archive)
    return next(
        (n for n, (_, kind) in headers.items() if n in TEST_PARTS and kind.kind == "b"), None
    )


def _headers(archive: Any) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
    """Shape and type of every array, without reading it; empty where that cannot be told."""
    found = {}
    for name in archive.files:
        try:
            with archive.zip.open(f"{name}.npy") as file:
                version = np.lib.format.read_magic(file)
                old = version == (1, 0)
                read = np.lib.format.read_array_header_1_0 if old else READ_HEADER
                shape, _, kind = read(file)
        except (KeyError, ValueError, OSError, zipfile.BadZipFile):
            return {}
        found[name] = (shape, kind)
    return found


def read_classwise(archive: Any, path: Path, audit: Audit, part: str = "train") -> pd.DataFrame:
    """One row a picture, with its class by the words that name it.

    Args:
        archive: The arrays, see `is_classwise`.
        path: The file.
        audit: Is told what was found.
        part: `train` or `test`; which of the two is wanted where the file has both.

    Raises:
        DataError: The part has no class.
    """
    name = pictures_of(archive)
    assert name is not None
    pictures = archive[name]
    names = _names(archive, len(pictures))
    apart = mask_of(archive)
    if apart is not None:
        kept = archive[apart] if part == "test" else ~archive[apart]
        pictures, names = pictures[kept], names[kept]
    if len(pictures) == 0:
        raise DataError(f"The file {str(path)!r} holds no class to {part} with.")
    each = pictures.shape[1]
    cells = as_cells(channels_first(one) for one in pictures.reshape(-1, *pictures.shape[2:]))
    audit.say("read", f"Read {len(names)} classes of {each} pictures from {path.name}.")
    return pd.DataFrame({name: cells, CLASS: np.repeat(names, each)})


def _names(archive: Any, classes: int) -> NDArray[Any]:
    """The words of every class, joined; its number where there are none."""
    words = [archive[name] for name in archive.files if archive[name].dtype.kind == "U"]
    joined = ["/".join(parts) for parts in zip(*words, strict=True)]
    if len(set(joined)) == classes:
        return np.array(joined, dtype=object)
    return np.array([f"class{place:0{len(str(classes))}d}" for place in range(classes)], object)
