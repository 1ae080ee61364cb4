"""npz files as tables: every array of one row a sample becomes columns under its name.

`x_train` and `x_test` are two parts of `x`. Arrays of pictures become one column of pictures, flat
ones (rows, columns) one column of numbers each, vectors one column. Pictures that lie class by
class are read by `netwright.data.classwise`.
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
from netwright.data.classwise import is_classwise, mask_of, read_classwise
from netwright.data.images import CLASS, as_cells
from netwright.data.pixels import channels_first

MOST_STRETCHED = 4
"""Height and width of a picture differ by at most this factor; longer ones are series."""
TARGETS = ("y", "label", "labels", "target", "targets", "class", "classes")


def read_npz(path: Path, audit: Audit, part: str = "train") -> pd.DataFrame:
    """Reads an npz file.

    Args:
        path: The file.
        audit: Is told what was found.
        part: `train` or `test`; which of the two is wanted where the file has both.

    Raises:
        DataError: It is no npz file, holds objects, or its arrays do not make one table.
    """
    with opened(path) as archive:
        if is_classwise(archive):
            return read_classwise(archive, path, audit, part)
        chosen = {bare: _array(archive, name, path) for bare, name in _part(archive, part).items()}
    rows = {len(values) for values in chosen.values() if values.ndim}
    if len(rows) != 1:
        told = ", ".join(f"{name} {values.shape}" for name, values in chosen.items())
        raise DataError(
            f"The arrays of {str(path)!r} must have one row a sample, all equally many. Got {told}."
        )
    columns: dict[str, Any] = {}
    for name, values in chosen.items():
        columns |= _columns(name, values, path)
    audit.say("read", f"Read {rows.pop()} rows of {', '.join(chosen)} from {path.name}.")
    return pd.DataFrame(columns)


def npz_target(path: Path) -> str | None:
    """The array that by its name is the target, None where there is none."""
    with opened(path) as archive:
        if is_classwise(archive):
            return CLASS
        names = _part(archive, "train")
    return next((name for name in names if name.lower() in TARGETS), None)


def has_test_arrays(path: Path) -> bool:
    """Whether a file has a test part of its own."""
    with opened(path) as archive:
        if is_classwise(archive):
            return mask_of(archive) is not None
        return _part(archive, "test") != _part(archive, "train")


def opened(path: Path) -> Any:
    """The arrays of a file.

    Raises:
        DataError: It is no npz file of plain arrays.
    """
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise _no_arrays(path) from error


def _array(archive: Any, name: str, path: Path) -> NDArray[Any]:
    try:
        return np.asarray(archive[name])
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise _no_arrays(path) from error


def _no_arrays(path: Path) -> DataError:
    return DataError(
        f"The file {str(path)!r} is not an npz file of plain arrays; save it anew with numpy.savez."
    )


def _part(archive: Any, part: str) -> dict[str, str]:
    """What the arrays of a part are called, to their names in the file."""
    found: dict[str, dict[str, str]] = {"train": {}, "test": {}}
    for name in archive.files:
        bare, _, last = name.rpartition("_")
        if last in found and bare:
            found[last][bare] = name
    if not found["train"]:
        return {name: name for name in archive.files}
    return found[part] or found["train"]


def _columns(name: str, values: NDArray[Any], path: Path) -> dict[str, Any]:
    if values.ndim == 1:
        return {name: values}
    if values.ndim == 2:
        return {f"{name}{place}": column for place, column in enumerate(values.T)}
    sides = sorted(channels_first(values[0]).shape[1:]) if values.ndim in (3, 4) else [0, 1]
    if sides[0] * MOST_STRETCHED < sides[1]:
        raise DataError(
            f"The array {name!r} of {str(path)!r} has shape {values.shape}; pictures are "
            "(rows, h, w), (rows, h, w, channels) or (rows, channels, h, w)."
        )
    return {name: as_cells(np.ascontiguousarray(channels_first(row)) for row in values)}
