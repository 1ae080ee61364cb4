"""Episodes as rows of the training loop: a batch of tasks is a batch of rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from netwright.data.tasksets import Episode, TaskSet, Terms
from netwright.nn.augmentation import Augmentation
from netwright.nn.batches import Batchable, Rows

AT_ONCE = 4


@dataclass(frozen=True)
class Episodes(Rows):
    """Tasks of one set, each drawn at its position: the n-th is the same whenever it is asked for.

    A batch has three inputs: support (tasks, ways * shots, ...), labels (tasks, ways * shots) and
    query (tasks, ways * queries, ...); its target is (tasks, ways * queries).

    Attributes:
        tasks: What they are drawn from.
        terms: Their shape.
        count: How many make an epoch.
        seed: Decides them all, together with the position.
        fresh: Whether every epoch draws others.
        epoch: Which this is.
        augment: What happens to every picture, see `netwright.nn.augmentation`.
    """

    tasks: TaskSet
    terms: Terms
    count: int
    seed: int
    fresh: bool = False
    epoch: int = 0
    augment: tuple[str, ...] = ()

    def __len__(self) -> int:
        return self.count

    @property
    def at_once(self) -> int:
        """Episodes that are judged at once."""
        return AT_ONCE

    @property
    def fewest(self) -> int:
        """One has rows enough."""
        return 1

    @property
    def size(self) -> int:
        """Support and queries."""
        return self.terms.rows

    def take(self, rows: Tensor | slice) -> Batchable:
        """Some episodes, drawn now."""
        places = range(self.count)[rows] if isinstance(rows, slice) else rows.tolist()
        drawn = [self._draw(place) for place in places]
        parts = ("support", "labels", "query", "target")
        support, labels, query, target = (
            torch.from_numpy(np.stack([getattr(episode, part) for episode in drawn]))
            for part in parts
        )
        if self.augment:
            support, query = self._augmented(support, query, places[0])
        return Batchable([support, labels, query], target)

    def _augmented(self, support: Tensor, query: Tensor, place: int) -> tuple[Tensor, Tensor]:
        """Each picture for itself, the same whenever it is asked for."""
        known = support.shape[1]
        rows = torch.cat([support, query], dim=1)
        (number,) = np.random.SeedSequence([self.seed, self.epoch, place]).generate_state(1)
        generator = torch.Generator().manual_seed(int(number))
        flat = rows.flatten(0, 1)
        changed, _ = Augmentation(self.augment, Batchable([flat], flat))(flat, generator)
        rows = changed.reshape(rows.shape)
        return rows[:, :known], rows[:, known:]

    def _draw(self, place: int) -> Episode:
        rng = np.random.default_rng([self.seed, self.epoch, place])
        return self.tasks.draw(rng, self.terms)

    def near(self, device: torch.device) -> Episodes:
        """As they are: they are drawn from arrays, and travel batch by batch."""
        return self

    def mark(self) -> list[Tensor]:
        """The first episode's answers."""
        return [self.take(slice(0, 1)).target]

    def of_epoch(self, epoch: int) -> Episodes:
        """Others, if they are to be fresh."""
        return replace(self, epoch=epoch) if self.fresh else self
