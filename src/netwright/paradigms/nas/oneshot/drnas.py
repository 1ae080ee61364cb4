"""DrNAS (Chen et al., "DrNAS: Dirichlet Neural Architecture Search", ICLR 2021).

The weights of an edge's operations are drawn from a Dirichlet distribution in every pass, and its
concentrations are learned through the draw. Drawing explores, and a penalty on the distance from
the even distribution keeps it from narrowing too early.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor
from torch.distributions import Dirichlet, kl_divergence
from torch.nn.functional import elu

from netwright.nn.mixed_operation import Options, Weighing
from netwright.nn.relaxation import WARM_UP, LearnedStrengths, Relaxation
from netwright.paradigms.nas.oneshot.relaxed import Relaxed

ANCHORED = 1e-3
"""Weight of the distance from the even distribution."""
LEAST = 1e-4
"""Of a concentration, which must be above zero."""


class DirichletDraws(LearnedStrengths):
    """Options count as much as a draw says."""

    decay, resting = 0.0, WARM_UP

    def weigh(self, name: str, logits: Tensor) -> Weighing:
        """All of them run; while nothing is learned, as much as they do on average."""
        every, concentration = range(len(logits)), concentrations(logits)
        if not self.training:
            return Weighing(concentration / concentration.sum(), every)
        return Weighing(Dirichlet(concentration).rsample(), every)

    def penalty(self, gone: float) -> Tensor:
        """How far the distributions of all decisions are from the even one."""
        far = [
            kl_divergence(Dirichlet(concentrations(logits)), Dirichlet(torch.ones_like(logits)))
            for _, logits in self.each(self.alpha)
        ]
        return ANCHORED * torch.stack(far).sum()

    @torch.no_grad()
    def strengths(self) -> Tensor:
        """What the options count on average."""
        means = (concentrations(logits) for _, logits in self.each(self.alpha))
        return torch.cat([mean / mean.sum() for mean in means])


def concentrations(logits: Tensor) -> Tensor:
    """Above zero, and one where the strength is zero."""
    return (elu(logits) + 1).clamp_min(LEAST)


class DrNAS(Relaxed):
    """First order, unless another level is asked for."""

    passing: ClassVar[bool] = True

    def relaxation(self, options: Options) -> Relaxation:
        """Dirichlet."""
        return DirichletDraws(options, **self.settings)
