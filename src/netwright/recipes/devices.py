"""Another device, learned from designs that were measured on it.

`write_designs` makes a folder of ONNX files and a script; on the device, the script makes a CSV of
them; `device_predictor` learns the device from that.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netwright.core.config import Config
from netwright.core.errors import ConfigError, DataError
from netwright.hardware.prediction import LatencyPredictor
from netwright.spaces import get_space
from netwright.spaces.nets import NetSpace, image_task

DESIGNS = "designs.csv"
"""File name and design, one a line."""


def write_designs(
    space: str | NetSpace,
    folder: str | Path,
    *,
    count: int = 100,
    shape: Sequence[int] = (3, 32, 32),
    classes: int = 10,
    seed: int = 0,
) -> Path:
    """Writes random designs of a space as ONNX files to be measured.

    Args:
        space: Of nets, by name or itself.
        folder: New or empty; gets `0000.onnx`, ... and `designs.csv`.
        count: How many; a hundred tell the devices of NAS-Bench-201's tables well.
        shape: Of one picture, (channels, height, width).
        classes: How many.
        seed: Decides which.

    Raises:
        ConfigError: The folder is not empty, or the space is not one of nets.
    """
    from netwright.export.onnx import export_onnx

    opened, task = nets(space), image_task(tuple(shape), classes)
    target = Path(folder)
    if target.exists() and any(target.iterdir()):
        raise ConfigError(f"The folder {str(folder)!r} is not empty; name a new one for designs.")
    target.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    with open(target / DESIGNS, "w", newline="") as out:
        table = csv.writer(out)
        table.writerow(["file", "design"])
        for place, config in enumerate(_different(opened, rng, count)):
            name = f"{place:04d}.onnx"
            export_onnx(opened.build(config, task), shape, target / name)
            table.writerow([name, opened.to_text(config)])
    return target


def read_designs(path: str | Path, space: str | NetSpace) -> dict[str, Config]:
    """File names and their designs.

    Args:
        path: The `designs.csv` that `write_designs` made.
        space: As then.

    Raises:
        DataError: It is something else.
        ConfigError: A design is not one of the space.
    """
    try:
        with open(path, newline="") as table:
            rows = [(row["file"], row["design"]) for row in csv.DictReader(table)]
    except (OSError, KeyError, UnicodeDecodeError) as error:
        raise DataError(f"{str(path)!r} is not a table of the columns file and design.") from error
    return {name: nets(space).from_text(text) for name, text in rows}


def device_predictor(
    measured: str | Path, designs: str | Path, space: str | NetSpace
) -> LatencyPredictor:
    """The latency predictor of a device.

    Args:
        measured: The CSV that the script made there.
        designs: The folder that `write_designs` made.
        space: As then.
    """
    known = read_designs(Path(designs, DESIGNS), space)
    return LatencyPredictor.from_csv(measured, nets(space), known)


def nets(space: str | NetSpace) -> NetSpace:
    """A space of nets.

    Raises:
        ConfigError: It is a space of something else.
    """
    found: Any = get_space(space)
    if not isinstance(found, NetSpace):
        raise ConfigError(f"Designs are measured of a space of nets. {space!r} is none.")
    return found


def _different(space: NetSpace, rng: np.random.Generator, count: int) -> list[Config]:
    """Designs that compute different things, as many as there are within reach."""
    found: dict[Any, Config] = {}
    for _ in range(20 * count):
        config = space.sample(rng)
        found.setdefault(space.canonical(config), config)
        if len(found) == count:
            break
    return list(found.values())
