"""SDARTS by random smoothing (Chen and Hsieh, "Stabilizing Differentiable Architecture Search via
Perturbation-based Regularization", ICML 2020).

The weights learn while the mixture is shaken at random, so that they do well in a neighbourhood of
the strengths and not only at them: what is chosen in the end is a corner of it. The shaking grows
as the search goes on.
"""

from __future__ import annotations

import torch
from torch import Tensor

from netwright.nn.mixed_operation import Options, Weighing
from netwright.nn.relaxation import Relaxation
from netwright.paradigms.nas.oneshot.darts import Softmax
from netwright.paradigms.nas.oneshot.relaxed import Relaxed

LEAST, MOST = 0.03, 0.3
"""How far a share of the mixture is moved at most, at the begin and at the end."""


class Shaken(Softmax):
    """DARTS whose mixture is shaken while the weights learn."""

    def weigh(self, name: str, logits: Tensor) -> Weighing:
        """All of them run."""
        weights, every, _ = super().weigh(name, logits)
        if self.learning or not self.training:
            return Weighing(weights, every)
        reach = LEAST + (MOST - LEAST) * min(1.0, self.progress)
        moved = (weights + reach * (2 * torch.rand_like(weights) - 1)).clamp_min(1e-6)
        return Weighing(moved / moved.sum(), every)


class SmoothDARTS(Relaxed):
    """First order, unless another level is asked for."""

    def relaxation(self, options: Options) -> Relaxation:
        """Softmax, shaken."""
        return Shaken(options, **self.settings)
