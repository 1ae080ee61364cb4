"""Scores of a list of designs that were never trained, from one batch of a person's images."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netwright.core.audit import Audit
from netwright.core.config import Config
from netwright.core.errors import ConfigError, DataError
from netwright.core.space import Space
from netwright.core.strategy import StrategySpec
from netwright.core.task import Task
from netwright.data.prepare import Wishes, prepare
from netwright.data.readers import implied_target
from netwright.data.table import Table
from netwright.paradigms.nas.proxies import get_proxy
from netwright.paradigms.nas.proxies.cheap import ProxyScores, with_proxies
from netwright.spaces import get_space
from netwright.spaces.nets import NetSpace, image_task

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler
    from torch import Tensor

BATCH = 64
"""Pictures that proxies of a search look at."""

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


def read_batch(source: Any, size: int, seed: int, target: str | None = None) -> Batch:
    """Some pictures of a source, each channel scaled to mean 0 and spread 1.

    Args:
        source: A folder, zip file, table with paths, npz file or frame.
        size: How many.
        seed: Decides which.
        target: Column of the classes, None for what the source says by its nature.

    Raises:
        UserError: It holds no classified pictures, or fewer than that.
    """
    wanted = target or implied_target(source)
    if wanted is None:
        raise ConfigError(f"Name the column of classes in {str(source)!r} with --target.")
    return batch_of(prepare(source, wanted, Wishes(), Audit()), size, seed)


def batch_of(task: Task, size: int, seed: int) -> Batch:
    """Some pictures of a task with rows.

    Raises:
        DataError: It has fewer.
    """
    import torch

    from netwright.learners.image import stacked

    rows = len(task.data)
    if not 2 <= size <= rows:
        raise DataError(f"A batch has from 2 to {rows} pictures, as there are. Got {size}.")
    shape = task.input_shape
    (column,) = task.schema.of_type("image")
    chosen = np.sort(np.random.default_rng(seed).choice(rows, size, replace=False))
    images = stacked(task.data.features[column].iloc[chosen]).float()
    spread = images.std((0, 2, 3), keepdim=True).clamp_min(1e-6)
    images = (images - images.mean((0, 2, 3), keepdim=True)) / spread
    targets = torch.from_numpy(np.array(task.data.target[chosen], dtype=np.int64))
    return images, targets, image_task(shape, task.outputs, task.name)


@dataclass(frozen=True)
class Warmed:
    """Makes a strategy's sampler with proxies as its cheap scores; importable by workers.

    Attributes:
        inner: The strategy.
        proxies: Names, or `package:function`.
        task: The statement, without rows.
        data: Folder of the rows.
    """

    inner: StrategySpec
    proxies: tuple[str, ...]
    task: Task
    data: Path

    def __call__(self, seed: int, space: Space) -> BaseSampler:
        """The sampler."""
        rows = Table.open(self.data)
        images, targets, task = batch_of(self.task.with_data(rows), min(BATCH, len(rows)), seed)
        scores = ProxyScores(space, task, images, targets, self.proxies, seed)  # type: ignore[arg-type]
        return with_proxies(self.inner.sampler(seed, space), scores)


def warmed(inner: StrategySpec, proxies: Sequence[str], task: Task, data: Path) -> StrategySpec:
    """A strategy that begins with what proxies like best.

    Raises:
        UnknownName: No such proxy.
        ConfigError: The strategy walks another space than the one that builds nets, or there are
            several targets.
    """
    if task.further:
        raise ConfigError("Proxies look at the classes of one target; leave --proxies out.")
    for name in proxies:
        get_proxy(name)
    if inner.flat:
        raise ConfigError(f"The strategy {inner.name!r} takes no proxies; use auto or random.")
    return StrategySpec(inner.name, Warmed(inner, tuple(proxies), task, data), placed=True)
