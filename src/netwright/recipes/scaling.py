"""Compound scaling of a net that a search found: its sizes for several phi, and what they cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.errors import ConfigError
from netwright.core.folder import RunFolder
from netwright.core.machine import cores
from netwright.core.study import read_study
from netwright.core.task import Column, Schema, Task
from netwright.data.images import as_cells
from netwright.data.pixels import fit_shape
from netwright.data.splits import make_folds
from netwright.data.table import Table
from netwright.learners.image import ARCHITECTURE, ImageLearner
from netwright.paradigms.nas.scaling import PUBLISHED, Base, Size, grid, grid_search, scale
from netwright.recipes.designs import pick
from netwright.recipes.search import read_options
from netwright.spaces.lineage import design_of
from netwright.spaces.naming import NetSpaceName

if TYPE_CHECKING:
    from torch import nn

SIZES = ("cells", "channels")
"""Arguments of a space whose nets can be scaled."""


def scale_run(
    run: str | Path,
    phis: Sequence[float],
    design: str = "best",
    seconds: float | None = None,
    tick: Callable[[Size], None] | None = None,
) -> dict[str, Any]:
    """Sizes of a found design whose multiply-adds are 2^phi times its own.

    Args:
        run: Of a search in a space of cells.
        phis: How far to scale; negative to shrink.
        design: `best`, `knee`, or the number of a trial.
        seconds: For finding alpha, beta and gamma by training a small grid of sizes, None to take
            those of the paper.
        tick: Told of every size that is trained.

    Returns:
        `scaling` {alpha, beta, gamma}, and `sizes`: {phi, cells, channels, side, params_m,
        flops_g, growth} of each phi.

    Raises:
        ConfigError: Nets of the space have no sizes, or no size comes near a phi.
    """
    from netwright.hardware.costs import costs_of

    folder = RunFolder.open(run)
    options = read_options(folder)
    config = design_of(pick(read_study(folder), design).config)
    task = folder.task()
    base = _base(options.space, config, task)
    scaling = PUBLISHED
    if seconds is not None:
        judge = _Judge(folder, task, options.space, config, options.training(task), seconds, tick)
        scaling = grid_search(base, judge)
    sizes = []
    for phi in phis:
        size = scale(base, scaling, phi)
        costs = costs_of(base.build(size), (base.inputs, size.side, size.side))
        sizes.append(
            {
                "phi": phi,
                "cells": size.layers,
                "channels": size.channels,
                "side": size.side,
                "params_m": costs.params_m,
                "flops_g": costs.flops_g,
                "growth": base.flops(size) / base.own_flops,
            }
        )
    return {"scaling": asdict(scaling), "sizes": sizes}


def _base(name: NetSpaceName, config: Config, task: Task) -> Base:
    space: Any = name.open()
    if not all(hasattr(space, argument) for argument in SIZES):
        raise ConfigError(
            f"Nets of the space {name.name!r} have no cells and channels to scale; spaces of "
            "cells have, such as nasbench201, cell and darts."
        )
    channels, height, width = task.input_shape
    size = Size(
        layers=space.cells,
        channels=space.channels,
        side=round((height * width) ** 0.5),
    )

    def build(size: Size) -> nn.Module:
        return _sized(name, size).open().build(config, _seen(task, size.side))

    return Base(
        build,
        size,
        inputs=channels,
        divisor=next((many for many in (8, 2) if 4 * many <= size.channels), 1),
    )


def _sized(name: NetSpaceName, size: Size) -> NetSpaceName:
    sizes = {"cells": size.layers, "channels": size.channels}
    return replace(name, arguments={**name.arguments, **sizes})


def _seen(task: Task, side: int) -> Task:
    """The task with square pictures of another size; rows, where it has any, are resized."""
    (column,) = task.schema.used
    shape = (task.input_shape[0], side, side)
    seen = replace(task, schema=Schema((Column(column.name, "image", shape=shape),)))
    if task.data is None:
        return seen
    cells = as_cells(fit_shape(cell, shape) for cell in task.data.features[column.name])
    table = task.data
    features = table.features.assign(**{column.name: cells})
    return seen.with_data(replace(table, features=features))


class _Judge:
    """Trains a size for its share of the time and says how good it is on held-back rows."""

    def __init__(
        self,
        folder: RunFolder,
        task: Task,
        space: NetSpaceName,
        config: Config,
        recipe: dict[str, Any],
        seconds: float,
        tick: Callable[[Size], None] | None,
    ) -> None:
        self.whole = task.with_data(Table.open(folder.data))
        self.space, self.tick = space, tick
        inside = {f"{ARCHITECTURE}.{name}": value for name, value in config.items()}
        self.config = Config({**recipe, "epochs": 300, **inside})
        self.seconds = seconds / len(grid())

    def __call__(self, size: Size) -> float:
        if self.tick is not None:
            self.tick(size)
        task = _seen(self.whole, size.side)
        train, valid = (
            task.with_data(task.data.rows(rows)) for rows in make_folds(task, task.data, 0)[0]
        )
        context = Context(deadline=time.monotonic() + self.seconds, threads=cores())
        model = ImageLearner(_sized(self.space, size)).fit(train, self.config, context)
        loss = task.metric.loss(
            np.asarray(valid.data.target), model.predict(valid.data.features), valid.data.weight
        )
        return -loss
