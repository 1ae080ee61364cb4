"""Meta-SGD (Li, Zhou, Chen and Li, "Meta-SGD: Learning to Learn Quickly for Few-Shot Learning",
2017): not only the first weights are learned but the rate of each, and its sign.

Rates begin at random between 0.005 and 0.1, as in the paper, which takes a single inner step.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from netwright.paradigms.fewshot.gradient import GradientMethod

LOWEST, HIGHEST = 0.005, 0.1


class MetaSGD(GradientMethod):
    """MAML with a learned rate a weight.

    Args:
        net: The backbone.
        inner_lr: The rate at first, of all weights; None draws each at random.
        inner_steps: How many.
        vectorised, adapt_steps: See `GradientMethod`.
    """

    def __init__(
        self,
        net: nn.Module,
        inner_lr: float | None = None,
        inner_steps: int = 1,
        vectorised: bool | None = None,
        adapt_steps: int | None = None,
    ) -> None:
        super().__init__(net, inner_lr or 0.0, inner_steps, vectorised, adapt_steps)
        named = dict(net.named_parameters())
        self._places = {name: place for place, name in enumerate(named)}
        self.rates = nn.ParameterList(_first(weight, inner_lr) for weight in named.values())

    def rate(self, name: str) -> Tensor:
        """One rate a number of the weight."""
        return self.rates[self._places[name]]


def _first(weight: Tensor, rate: float | None) -> Tensor:
    if rate is not None:
        return torch.full_like(weight, rate)
    return torch.empty_like(weight).uniform_(LOWEST, HIGHEST)
