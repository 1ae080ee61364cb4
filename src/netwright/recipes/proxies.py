"""Scores of a list of designs that were never trained, from one batch of a person's images."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from netwright.core.config import Config
from netwright.core.errors import ConfigError, DataError
from netwright.core.task import Task
from netwright.paradigms.nas.proxies.cheap import ProxyScores
from netwright.spaces import get_space
from netwright.spaces.nets import NetSpace, image_task

if TYPE_CHECKING:
    from torch import Tensor

Designs = list[tuple[str, Config]]
"""Each as its text, and what the space makes of it."""
Batch = tuple["Tensor", "Tensor", Task]
"""Images (batch, channels, h, w), class numbers (batch,), and what they are a task of."""


def score_designs(
    space: NetSpace,
    designs: Designs,
    batch: Batch,
    proxies: Sequence[str],
    seed: int = 0,
    tick: Callable[[int, int, str], None] | None = None,
) -> list[dict[str, Any]]:
    """Builds every design and scores it.

    Args:
        space: Builds the designs.
        designs: See `read_designs`.
        batch: See `read_batch`.
        proxies: Names, or `package:function`.
        seed: Of the first weights, the same for every design.
        tick: Called with designs done, designs in all, and the last one's text.

    Returns:
        `{design, scores}` for each; a score is None where a net has none.

    Raises:
        UnknownName: No such proxy.
    """
    images, targets, task = batch
    score = ProxyScores(space, task, images, targets, proxies, seed).score
    found = []
    for count, (text, config) in enumerate(designs, start=1):
        told = {name: None if math.isnan(x) else x for name, x in score(config).items()}
        found.append({"design": text, "scores": told})
        if tick:
            tick(count, len(designs), text)
    return found


def get_net_space(name: str) -> NetSpace:
    """The space of a name, if it builds nets.

    Raises:
        ConfigError: It does not.
    """
    space = get_space(name)
    if not isinstance(space, NetSpace):
        raise ConfigError(f"Proxies score nets; the space {name!r} builds none.")
    return space


def read_designs(path: Path, space: NetSpace) -> Designs:
    """A design a line; blank lines are skipped.

    Raises:
        DataError: The file cannot be read, or holds no design.
        ConfigError: A line is no design.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"Could not read the designs in {str(path)!r}: {error}.") from error
    designs = []
    for number, text in enumerate(map(str.strip, lines), start=1):
        if not text:
            continue
        try:
            designs.append((text, space.from_text(text)))
        except ConfigError as error:
            raise ConfigError(
                f"Line {number} of {path.name}, {text[:80]!r}, is no design: {error}"
            ) from error
    if not designs:
        raise DataError(f"There is no design in {str(path)!r}; write one a line.")
    return designs


def read_batch(path: Path, size: int, seed: int) -> Batch:
    """Some images of a zip with `train/CLASS/*.jpg`, each channel scaled to mean 0 and spread 1.

    Raises:
        DataError: It is no such zip, or holds fewer images than that.
    """
    import torch
    from PIL import Image

    try:
        with zipfile.ZipFile(path) as packed:
            names = [n for n in sorted(packed.namelist()) if n.startswith("train/")]
            names = [n for n in names if n.endswith((".jpg", ".png"))]
            if not 2 <= size <= len(names):
                raise DataError(
                    f"A batch has from 2 to {len(names)} images, as {path.name} holds. Got {size}."
                )
            chosen = np.random.default_rng(seed).choice(names, size, replace=False)
            pictures = [Image.open(io.BytesIO(packed.read(n))).convert("RGB") for n in chosen]
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"Could not read images from {str(path)!r}: {error}.") from error
    images = torch.tensor(np.stack([np.asarray(picture) for picture in pictures])).float()
    images = (images - images.mean((0, 1, 2))) / images.std((0, 1, 2)).clamp_min(1e-6)
    classes = sorted({PurePosixPath(name).parts[1] for name in names})
    targets = torch.tensor([classes.index(PurePosixPath(name).parts[1]) for name in chosen])
    task = image_task((3, *images.shape[1:3]), len(classes), path.stem)
    return images.permute(0, 3, 1, 2), targets, task
