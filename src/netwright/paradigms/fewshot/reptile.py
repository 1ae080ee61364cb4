"""Reptile (Nichol, Achiam and Schulman, "On First-Order Meta-Learning Algorithms", 2018): go where
adapting went.

The outer gradient is the first weights less the adapted ones, averaged over tasks. That is the
slope of half their squared distance, so distance is what training goes down; nothing is derived
through the inner steps. There are no queries while it learns: all rows of a task but one a class
are its support.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from netwright.nn.normalisation import folded, track
from netwright.paradigms.fewshot.gradient import GradientMethod
from netwright.paradigms.fewshot.method import episode_loss


class Reptile(GradientMethod):
    """Moves the first weights towards the adapted ones."""

    first_order: ClassVar[bool] = True
    needs_queries: ClassVar[bool] = False

    def forward(self, support: Tensor, labels: Tensor, query: Tensor) -> Tensor:
        """While training, (tasks,) half the squared distance to each task's weights."""
        if not self.training:
            return super().forward(support, labels, query)
        track(self.net, support)
        with folded(self.net, 1):
            return torch.stack(
                [self._distance(*task) for task in zip(support, labels, strict=True)]
            )

    def _distance(self, support: Tensor, labels: Tensor) -> Tensor:
        own = dict(self.net.named_parameters())
        with torch.no_grad():
            there = self.weights(support, labels).whole(self.net)
        apart = [(own[name] - weight).square().sum() for name, weight in there.items()]
        return torch.stack(apart).sum() / 2

    def loss(
        self, outputs: Tensor, target: Tensor, weight: Tensor | None = None, smoothing: float = 0.0
    ) -> Tensor:
        """The distance; of answers the usual loss."""
        if outputs.ndim == 1:
            return outputs.mean()
        return episode_loss(outputs, target, weight, smoothing)
