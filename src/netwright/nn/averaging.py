"""Averaged weights (Polyak and Juditsky, 1992) as an exponential moving average with warm-up."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn


class Averaged:
    """A second net whose weights follow the first one's slowly.

    After step t it moves by 1 - min(decay, (1 + t) / (10 + t)) of the way, so that the random
    weights of the start are soon forgotten. Statistics of batch normalisation are averaged alike;
    counters are copied.

    Args:
        net: The net that is trained.
        decay: Share of itself that an average keeps in a step.
    """

    def __init__(self, net: nn.Module, decay: float) -> None:
        self.net = copy.deepcopy(net).eval().requires_grad_(False)
        self.decay, self.steps = decay, 0
        pairs = [
            (mine, its)
            for mine, its in zip(_tensors(self.net), _tensors(net), strict=True)
            if mine.is_floating_point()
        ]
        self._mine = [mine for mine, _ in pairs]
        self._its = [its for _, its in pairs]
        self._counters = [
            (mine, its)
            for mine, its in zip(self.net.buffers(), net.buffers(), strict=True)
            if not mine.is_floating_point()
        ]

    @torch.no_grad()
    def update(self) -> None:
        """Follows one step."""
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        torch._foreach_lerp_(self._mine, self._its, 1 - decay)
        for mine, its in self._counters:
            mine.copy_(its)


def _tensors(net: nn.Module) -> list[Tensor]:
    return [*net.parameters(), *net.buffers()]
