"""Path dropout (Bender et al., "Understanding and Simplifying One-Shot Architecture Search", ICML
2018).

The supernet runs all paths and drops some at random, so that the others learn to do without them. A
path is dropped with a probability of r^(1/k), k the number of options, which makes r the share of
decisions that would lose them all; it grows from nothing, as a supernet that drops from the begin
learns badly. Then designs are judged with their part of the weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor

from netwright.learners.image import descent
from netwright.nn.mixed_operation import Options, Weighing
from netwright.nn.relaxation import Relaxation
from netwright.paradigms.nas.oneshot.relaxed import Relaxed

LOST = 0.05
"""r at the end."""


class DroppedPaths(Relaxation):
    """The mean of the options that are left; nothing about it is learned."""

    halves = False

    def draw(self) -> None:
        """Drops options; while nothing is learned, none."""
        self.now = {name: self._left(len(words)) for name, words in self.options.items()}

    def _left(self, options: int) -> Weighing:
        stays = torch.ones(options, dtype=torch.bool)
        if self.training:
            stays = torch.rand(options) >= rate_of(options, self.progress)
        active = stays.nonzero()[:, 0].tolist() or [int(torch.randint(options, ()))]
        weights = torch.zeros(options)
        weights[active] = 1 / len(active)
        return Weighing(weights, active)

    def strengths(self) -> Tensor:
        """All alike."""
        return torch.cat([torch.full((size,), 1 / size) for size in self.sizes])

    def end_epoch(self, gone: float) -> bool:
        """There is nothing to remember."""
        return False


def rate_of(options: int, progress: float) -> float:
    """How likely one of so many options is dropped.

    Args:
        options: Their number.
        progress: Share of the training that is over; the rate rises in a straight line.
    """
    return float(min(1.0, progress) * LOST ** (1 / options))


class PathDropout(Relaxed):
    """Evolution judges at most 1,000 designs."""

    asks: ClassVar[tuple[str, ...]] = ()
    recipe: ClassVar[Mapping[str, Any]] = {
        **Relaxed.recipe,
        **descent(0.1, 5e-4),
        "batch_size": 128,
    }
    share: ClassVar[float] = 0.65
    passing: ClassVar[bool] = True
    strategy: ClassVar[str] = "regularized_evolution"
    judged: ClassVar[int] = 1000

    def relaxation(self, options: Options) -> Relaxation:
        """Dropped paths."""
        return DroppedPaths(options)

    def history(self, space: Any, net: Any) -> None:
        """It does not choose."""
        return
