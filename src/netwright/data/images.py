"""Pictures as cells of a table: folders, zip files and paths become (channels, h, w) arrays.

A folder of class folders (`cat/1.jpg`), with `train/` and `test/` above them or not, becomes a
frame with the columns `image` and `class`, indexed by path. Every picture is turned upright, its
palette and transparency are resolved, and what is larger than `MAX_SIDE` is shrunk; what cannot
be read is left out, counted and named.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netwright.core.audit import Audit
from netwright.core.errors import DataError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
MAX_SIDE = 256
"""Pixels of the longer side beyond which a picture is shrunk when it is read."""
IMAGE, CLASS = "image", "class"
TEST_PARTS = ("test", "val", "valid", "validation")
NAMED = 5
"""Unreadable pictures that are named one by one."""

Picture = NDArray[Any]
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
        Columns `image` (arrays) and, where there are class folders, `class`; the index is `path`.

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
    index = pd.Index([str(names[place]) for place in pictures], name="path")
    columns: dict[str, Any] = {IMAGE: as_cells(pictures.values())}
    if all(len(name.parts) > 1 for name in names):
        columns[CLASS] = [names[place].parts[0] for place in pictures]
    audit.say("read", f"Read {len(pictures)} pictures from {path.name}.", part=chosen)
    return pd.DataFrame(columns, index=index)


def has_test_pictures(path: Path) -> bool:
    """Whether a folder or zip file has a test part of its own."""
    found = _in_zip(path) if path.suffix.lower() == ".zip" else _in_folder(path)
    names = _without_shared_root([name for name, _ in found])
    return _part_of(names, "test") not in (None, "train")


def decode_paths(series: pd.Series, base: Path, audit: Audit) -> pd.Series:
    """A column of paths as a column of pictures; rows whose picture cannot be read are left out.

    Args:
        series: Paths, absolute or relative to `base`.
        base: Folder of the table.
        audit: Is told what could not be read.
    """
    names = [str(name) for name in series]
    openers = [(base / name).read_bytes for name in names]
    pictures = _decode_all(openers, names, audit)
    return pd.Series(as_cells(pictures.values()), index=series.index[list(pictures)])


def holds_paths(series: pd.Series, base: Path) -> bool:
    """Whether a column's first values are paths of pictures that exist."""
    first = [value for value in series.head(20) if isinstance(value, str)]
    if not first or not all(value.lower().endswith(SUFFIXES) for value in first):
        return False
    return any((base / value).is_file() for value in first)


def holds_pictures(series: pd.Series) -> bool:
    """Whether a column's cells are arrays that can be pictures."""
    first = series.iloc[0] if len(series) and series.dtype == object else None
    return isinstance(first, np.ndarray) and first.ndim in (2, 3)


def as_cells(pictures: Iterable[Picture]) -> NDArray[Any]:
    """Arrays, of one shape or many, as the cells of one object array."""
    listed = list(pictures)
    cells = np.empty(len(listed), dtype=object)
    for place, picture in enumerate(listed):
        cells[place] = picture
    return cells


def decode(raw: bytes) -> Picture:
    """One picture file as (channels, h, w) uint8: one channel for grey ones, three otherwise.

    Raises:
        Exception: Whatever Pillow raises about a broken file.
    """
    from PIL import Image, ImageOps

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd metadata is no concern of a person's
        with Image.open(io.BytesIO(raw)) as opened:
            opened.draft("RGB" if opened.mode == "RGB" else None, (MAX_SIDE, MAX_SIDE))
            picture = ImageOps.exif_transpose(opened)
            if picture.mode.startswith("I"):  # sixteen bits, or more: keep the upper eight
                values = np.asarray(picture).astype(np.float64)
                scaled = values / (257.0 if values.max(initial=0) > 255 else 1.0)
                picture = Image.fromarray(scaled.clip(0, 255).astype(np.uint8))
            if "A" in picture.getbands() or "transparency" in picture.info:
                grey = picture.mode == "LA"
                white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
                picture = Image.alpha_composite(white, picture.convert("RGBA"))
                picture = picture.convert("L" if grey else "RGB")
            picture = picture.convert("L" if picture.mode in ("1", "L", "F") else "RGB")
            picture.thumbnail((MAX_SIDE, MAX_SIDE))
            values = np.asarray(picture)
    return values[None] if values.ndim == 2 else np.ascontiguousarray(values.transpose(2, 0, 1))


def fit_shape(picture: Picture, shape: Sequence[int]) -> Picture:
    """A picture as (channels, h, w) of a given shape: resized, grey or coloured as needed.

    Raises:
        DataError: It cannot be a picture.
    """
    if not isinstance(picture, np.ndarray) or picture.ndim not in (2, 3) or picture.size == 0:
        raise DataError(
            "A cell of an image column is an array (channels, height, width) or a path. "
            f"Got {type(picture).__name__}; mend it or drop the row."
        )
    values = channels_first(picture)
    channels, height, width = shape
    if values.shape[0] != channels:
        grey = values[:3].mean(axis=0, keepdims=True).astype(values.dtype)
        values = np.repeat(grey if values.shape[0] != 1 else values, channels, axis=0)
    if values.shape[1:] != (height, width):
        values = _resized(values, height, width)
    return values


def channels_first(picture: Picture) -> Picture:
    """(h, w), (h, w, channels) or (channels, h, w) as (channels, h, w)."""
    if picture.ndim == 2:
        return picture[None]
    if picture.shape[0] not in (1, 3, 4) and picture.shape[2] in (1, 3, 4):
        return picture.transpose(2, 0, 1)
    return picture


def common_shape(pictures: Iterable[Picture], most: int) -> tuple[int, int, int]:
    """The shape all pictures are brought to: (channels, h, w).

    Grey only where all are grey; the median height and width, each at most `most` pixels.
    """
    shapes = np.array([channels_first(picture).shape for picture in pictures])
    height, width = np.median(shapes[:, 1:], axis=0)
    shrink = min(1.0, most / max(height, width))
    return (
        1 if (shapes[:, 0] == 1).all() else 3,
        max(1, round(height * shrink)),
        max(1, round(width * shrink)),
    )


def _resized(values: Picture, height: int, width: int) -> Picture:
    from PIL import Image

    planes = [
        np.asarray(
            Image.fromarray(plane.astype(np.float32)).resize(
                (width, height), Image.Resampling.BILINEAR
            )
        )
        for plane in values
    ]
    stacked = np.stack(planes)
    if values.dtype == np.uint8:
        return stacked.round().clip(0, 255).astype(np.uint8)
    return stacked.astype(values.dtype)


def _decode_all(
    openers: Sequence[Opener], names: Sequence[str], audit: Audit
) -> dict[int, Picture]:
    """Place to picture, of those that can be read."""
    pictures: dict[int, Picture] = {}
    broken = []
    for place, opener in enumerate(openers):
        try:
            pictures[place] = decode(opener())
        except Exception:  # Pillow raises many kinds
            broken.append(names[place])
    if not pictures:
        raise DataError(f"None of the {len(names)} pictures can be read, such as {names[0]!r}.")
    if broken:
        named = ", ".join(broken[:NAMED]) + (" ..." if len(broken) > NAMED else "")
        some = "One picture" if len(broken) == 1 else f"{len(broken)} pictures"
        were = "was" if len(broken) == 1 else "were"
        said = f"{some} cannot be read and {were} left out: {named}."
        audit.say("read", said, note=True, broken=broken)
    return pictures


def _in_folder(path: Path) -> list[tuple[str, Opener]]:
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
    return [(file.relative_to(path).as_posix(), file.read_bytes) for file in files]


def _in_zip(path: Path) -> list[tuple[str, Opener]]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise DataError(f"The file {str(path)!r} is not a readable zip file.") from error
    names = sorted(
        name
        for name in archive.namelist()
        if name.lower().endswith(SUFFIXES) and not name.startswith("__MACOSX")
    )

    def opener(name: str) -> Opener:
        return lambda: archive.read(name)

    return [(name, opener(name)) for name in names]


def _without_shared_root(names: Sequence[str]) -> list[PurePosixPath]:
    """Paths less a folder that holds everything, such as the one most zip files have."""
    paths = [PurePosixPath(name) for name in names]
    while all(len(path.parts) > 2 for path in paths) and len({p.parts[0] for p in paths}) == 1:
        if paths[0].parts[0] in ("train", *TEST_PARTS):
            break
        paths = [PurePosixPath(*path.parts[1:]) for path in paths]
    return paths


def _part_of(names: Sequence[PurePosixPath], part: str) -> str | None:
    """The top folder to read, None for all of them."""
    tops = {name.parts[0] for name in names if len(name.parts) > 1}
    if "train" not in tops or not tops <= {"train", *TEST_PARTS}:
        return None
    tests = [name for name in TEST_PARTS if name in tops]
    return tests[0] if part == "test" and tests else "train"
