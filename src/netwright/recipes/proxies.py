"""Scores of a list of designs that were never trained, from one batch of a person's images."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netwright.core.audit import Audit
from netwright.core.budget import Clock
from netwright.core.config import Config
from netwright.core.errors import ConfigError, DataError
from netwright.core.space import Space
from netwright.core.strategy import StrategySpec
from netwright.core.task import Task
from netwright.data.prepare import Wishes, prepare
from netwright.data.readers import implied_target
from netwright.paradigms.nas.proxies import get_proxy
from netwright.paradigms.nas.proxies.cheap import ProxyScores
from netwright.spaces import get_space
from netwright.spaces.nets import NetSpace, image_task
from netwright.strategies.warm_start import ScoredPool, with_cheap

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler
    from torch import Tensor

BATCH = 64
"""Pictures that proxies of a search look at."""
POOL, SCORING = 100, 0.08
"""Designs that are scored before a search begins; of the time that is left, what that may take."""

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
    until: float = math.inf,
) -> list[dict[str, Any]]:
    """Builds every design and scores it.

    Args:
        space: Builds the designs.
        designs: See `read_designs`.
        batch: See `read_batch`.
        proxies: Names, or `package:function`.
        seed: Of the first weights, the same for every design.
        tick: Called with designs done, designs in all, and the last one's text.
        until: The moment (`time.monotonic`) after which no other design is begun.

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
        if time.monotonic() > until:
            break
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
    """Makes a strategy's sampler that knows proxies of some designs; importable by workers.

    Attributes:
        inner: The strategy.
        scored: As `score_designs` returns it.
    """

    inner: StrategySpec
    scored: Sequence[Mapping[str, Any]]

    def __call__(self, seed: int, space: Space) -> BaseSampler:
        """The sampler."""
        assert isinstance(space, NetSpace)
        known = [
            (space.from_text(row["design"]), {n: _number(x) for n, x in row["scores"].items()})
            for row in self.scored
        ]
        return with_cheap(self.inner.sampler(seed, space), space, ScoredPool(space, known), seed)


def _number(score: float | None) -> float:
    return math.nan if score is None else score


def warmed(inner: StrategySpec, scored: Sequence[Mapping[str, Any]]) -> StrategySpec:
    """A strategy that begins with what proxies like best, and learns what they are worth.

    Args:
        inner: The strategy.
        scored: As `score_designs` returns it.
    """
    return StrategySpec(inner.name, Warmed(inner, scored), placed=True)


def check_proxies(inner: StrategySpec, proxies: Sequence[str], task: Task) -> None:
    """Refuses proxies that a search cannot use.

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


def score_random(
    space: NetSpace, task: Task, proxies: Sequence[str], seed: int, clock: Clock
) -> list[dict[str, Any]]:
    """Scores random designs within the limits, the usual one first, as many as there is time for.

    Args:
        space: Of the designs.
        task: With rows.
        proxies: Names, or `package:function`.
        seed: Decides the designs and the pictures.
        clock: Of the search, a small share of which this may take.
    """
    rng, left = np.random.default_rng([seed, POOL]), clock.left()
    drawn = [space.complete(), *(space.sample(rng) for _ in range(POOL - 1))]
    kept = dict.fromkeys(space.to_text(config) for config in drawn if space.allows(config))
    designs = [(text, space.from_text(text)) for text in kept]
    batch = batch_of(task, min(BATCH, len(task.data)), seed)
    until = time.monotonic() + SCORING * left
    return score_designs(space, designs, batch, proxies, seed, until=until)
