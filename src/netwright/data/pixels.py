"""One picture: from a file to an array, and from an array to the shape and brightness nets see."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import DataError

MAX_SIDE = 256
"""Pixels of the longer side beyond which a picture is shrunk when it is read."""
DEPTHS = (255.0, 1023.0, 4095.0, 65535.0)
"""White, in whole numbers of 8, 10, 12 and 16 bits."""
BYTE = 255.0

Picture = NDArray[Any]


def decode(raw: bytes) -> Picture:
    """One picture file as (channels, h, w): one channel for grey ones, three otherwise.

    Values are uint8; uint16 where a grey file has more than eight bits, float32 where it has
    fractions. How bright white is there, only the other pictures tell: see `brightest_of`.

    Raises:
        Exception: Whatever Pillow raises about a broken file.
    """
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd metadata is no concern of a person's
        with Image.open(io.BytesIO(raw)) as opened:
            opened.draft("RGB" if opened.mode == "RGB" else None, (MAX_SIDE, MAX_SIDE))
            opened.load()
            picture = _upright(opened)
            if picture.mode.startswith("I") or picture.mode == "F":
                return _deep(picture)
            if "A" in picture.getbands() or "transparency" in picture.info:
                grey = picture.mode == "LA"
                white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
                picture = Image.alpha_composite(white, picture.convert("RGBA"))
                picture = picture.convert("L" if grey else "RGB")
            picture = picture.convert("L" if picture.mode in ("1", "L") else "RGB")
            picture.thumbnail((MAX_SIDE, MAX_SIDE))
            values = np.asarray(picture)
    return values[None] if values.ndim == 2 else np.ascontiguousarray(values.transpose(2, 0, 1))


def _upright(opened: Any) -> Any:
    """Turned as its metadata says; metadata that cannot be read say nothing."""
    from PIL import ImageOps

    try:
        return ImageOps.exif_transpose(opened)
    except Exception:  # the pixels were read; Pillow raises many kinds about the rest
        return opened


def _deep(picture: Any) -> Picture:
    """A grey picture of more than eight bits, (1, h, w) uint16 or float32."""
    from PIL import Image

    values = np.asarray(picture)
    whole = values.dtype.kind in "iu" and 0 <= values.min() <= values.max() <= DEPTHS[-1]
    if max(values.shape) > MAX_SIDE:
        shrunk = Image.fromarray(values.astype(np.float32))
        shrunk.thumbnail((MAX_SIDE, MAX_SIDE))
        values = np.asarray(shrunk).round() if whole else np.asarray(shrunk)
    return values.astype(np.uint16 if whole else np.float32)[None]


# ---------------------------------------------------------------------------- brightness


def brightest_of(pictures: Iterable[Picture]) -> float | None:
    """What white is in some pictures: 255, 1023, 4095, 65535, or 1.0 where floats stay in 0..1.

    None for values that say nothing of it: negative ones, masks of 0 and 1, floats of another
    range. They are taken as they are.
    """
    low, high, kinds = np.inf, -np.inf, set()
    for picture in pictures:
        if picture.size and picture.dtype.kind in "iuf":
            low, high = min(low, picture.min()), max(high, picture.max())
        kinds.add(picture.dtype.kind)
    if not kinds <= set("uif") or not 0 <= low <= high:
        return None
    if "f" in kinds:
        return 1.0 if high <= 1 else None
    return next((depth for depth in DEPTHS if 1 < high <= depth), None)


def rescaled(picture: Picture, brightest: float | None) -> Picture:
    """A picture as those it is to be compared with: whole numbers become bytes.

    Args:
        picture: Of any depth; floats in 0..1 are as bright as bytes in 0..255.
        brightest: White in the pictures that were learned from, see `brightest_of`.
    """
    kind = picture.dtype.kind
    if kind == "b":
        picture, kind = picture.astype(np.float32), "f"
    if brightest is None or kind not in "uif" or picture.size == 0:
        return picture
    own = _own_white(picture, brightest)
    if brightest == 1.0:
        return picture if own == 1.0 else (picture / own).astype(np.float32)
    if own == BYTE:
        return picture
    return (picture / own * BYTE).round().clip(0, BYTE).astype(np.uint8)


def _own_white(picture: Picture, brightest: float) -> float:
    """White in one picture: as in the others where its type can be theirs, else by its type."""
    if picture.dtype.kind == "f":
        return 1.0 if brightest == 1.0 or float(picture.max()) <= 1.0 else BYTE
    if picture.dtype == np.uint8:
        return BYTE
    if brightest > BYTE:
        return brightest
    top = float(picture.max())
    return next((depth for depth in DEPTHS if top <= depth), DEPTHS[-1])


# --------------------------------------------------------------------------------- shape


def fit_shape(picture: Any, shape: Sequence[int], brightest: float | None = None) -> Picture:
    """A picture as (channels, h, w) of a given shape: resized, grey or coloured as needed.

    Args:
        picture: (h, w), (h, w, channels) or (channels, h, w).
        shape: (channels, height, width).
        brightest: See `rescaled`.

    Raises:
        DataError: It cannot be a picture.
    """
    if not isinstance(picture, np.ndarray) or picture.ndim not in (2, 3) or picture.size == 0:
        raise DataError(
            "A cell of an image column is an array (channels, height, width) or a path. "
            f"Got {type(picture).__name__}; mend it or drop the row."
        )
    values = rescaled(channels_first(picture), brightest)
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
