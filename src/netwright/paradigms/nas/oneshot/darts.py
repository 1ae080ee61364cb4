"""Differentiable architecture search (Liu, Simonyan and Yang, "DARTS", ICLR 2019).

An edge makes the sum of all operations, weighted by the softmax of its strengths. The weights learn
from half of the rows, the strengths from the other half. Afterwards every node keeps its strongest
edges, with their strongest operations.

It often ends with skip connections everywhere (Zela et al., "Understanding and robustifying DARTS",
ICLR 2020); the files beside this one keep it from that.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from netwright.nn.mixed_operation import Options, Weighing
from netwright.nn.relaxation import LearnedStrengths, Relaxation
from netwright.paradigms.nas.oneshot.relaxed import Relaxed


class Softmax(LearnedStrengths):
    """Options count as much as the softmax of their strengths says."""

    def weigh(self, name: str, logits: Tensor) -> Weighing:
        """All of them run."""
        return Weighing(logits.softmax(dim=0), range(len(logits)))


class DARTS(Relaxed):
    """First order, unless another level is asked for."""

    def relaxation(self, options: Options) -> Relaxation:
        """Softmax."""
        return Softmax(options, **self.settings)


class SecondOrderDARTS(DARTS):
    """Strengths look one step of the weights ahead, by the paper's finite difference."""

    asks: ClassVar[tuple[str, ...]] = ("resting",)

    def relaxation(self, options: Options) -> Relaxation:
        """Softmax."""
        return Softmax(options, level="second", **self.settings)
