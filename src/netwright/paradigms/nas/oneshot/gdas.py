"""GDAS (Dong and Yang, "Searching for a Robust Neural Architecture in Four GPU Hours", CVPR 2019).

Every pass draws one operation for each edge from the softmax of its strengths, by the Gumbel trick,
so that a step costs what one design does. The strengths learn through the operation that ran, whose
weight of one carries the gradient of its softened probability. The temperature falls from 10 to
0.1: at first nearly everything is drawn alike.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from netwright.nn.mixed_operation import Options, Weighing
from netwright.nn.relaxation import WARM_UP, LearnedStrengths, Relaxation, one_hot
from netwright.paradigms.nas.oneshot.relaxed import Relaxed

HOT, COLD = 10.0, 0.1
"""Temperature at the begin and at the end."""


class Gumbel(LearnedStrengths):
    """One option of a decision counts, drawn by its strength."""

    resting = WARM_UP

    def weigh(self, name: str, logits: Tensor) -> Weighing:
        """The drawn option runs; while nothing is learned, the strongest."""
        if not self.training:
            place = int(logits.argmax())
            return Weighing(one_hot(logits, place), [place], alone=True)
        noise = -torch.empty_like(logits).exponential_().log()
        return straight_through(logits.log_softmax(dim=0) + noise, self.temperature)

    @property
    def temperature(self) -> float:
        """Falls in a straight line."""
        return HOT + (COLD - HOT) * min(1.0, self.progress)


def straight_through(noisy: Tensor, temperature: float) -> Weighing:
    """One where the largest number is, with the gradient of its softmax.

    Args:
        noisy: Logarithms of probabilities with Gumbel noise, (options,).
        temperature: Softens the softmax.
    """
    soft = (noisy / temperature).softmax(dim=0)
    place = int(soft.argmax())
    weights = one_hot(soft, place) - soft.detach() + soft
    return Weighing(weights, [place], alone=True)


class GDAS(Relaxed):
    """First order, unless another level is asked for."""

    passing: ClassVar[bool] = True

    def relaxation(self, options: Options) -> Relaxation:
        """One path a pass."""
        return Gumbel(options, **self.settings)
