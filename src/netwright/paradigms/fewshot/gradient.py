"""What methods share that adapt by gradient descent: a few steps down the support's loss.

Adapted weights are a function of the first ones, and all tasks of a batch go through it at once
(`torch.func.vmap`), so that the loss of the queries can be derived through the steps, exactly.
"""

from __future__ import annotations

from copy import deepcopy
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from netwright.core.errors import ConfigError
from netwright.nn.normalisation import folded, freeze, norms_of, supported, track
from netwright.paradigms.fewshot.method import Method, episode_loss

Weights = dict[str, Tensor]


class GradientMethod(Method):
    """Adapts by gradient descent.

    Args:
        net: The backbone.
        inner_lr: Rate of the descent.
        inner_steps: How many.
        vectorised: Whether all tasks go through the net at once, or one after another, as nets
            want it that cannot be vectorised; None for what is faster.

    Attributes:
        first_order: Whether the outer gradient ignores how the inner ones move.

    Raises:
        ConfigError: There is no step to take.
    """

    first_order: ClassVar[bool] = False

    def __init__(
        self,
        net: nn.Module,
        inner_lr: float = 0.01,
        inner_steps: int = 5,
        vectorised: bool | None = None,
    ) -> None:
        super().__init__(net)
        if inner_steps < 1:
            raise ConfigError(f"Adapting needs inner steps of at least 1. Got {inner_steps}.")
        self.inner_lr, self.inner_steps = inner_lr, inner_steps
        self.vectorised = not has_convolutions(net) if vectorised is None else vectorised

    def moving(self) -> list[str]:
        """The weights that adapt."""
        return [name for name, _ in self.net.named_parameters()]

    def rate(self, name: str) -> Tensor | float:
        """The inner rate of a weight."""
        return self.inner_lr

    def forward(self, support: Tensor, labels: Tensor, query: Tensor) -> Tensor:
        """Adapts to every task, then answers its queries."""
        if self.net.training:
            track(self.net, support)
        if self.vectorised:
            return vmap(self._answers, randomness="different")(support, labels, query)
        tasks = zip(support, labels, query, strict=True)
        with folded(self.net, 1):
            return torch.stack([self._answers(*task) for task in tasks])

    def weights(self, support: Tensor, labels: Tensor) -> Weights:
        """One task's adapted weights.

        Args:
            support: (supports, ...).
            labels: (supports,).
        """
        whole = dict(self.net.named_parameters())
        fast: Weights = {name: whole[name] for name in self.moving()}
        for _ in range(self.inner_steps):
            at = {name: w.detach() for name, w in fast.items()} if self.first_order else fast
            slopes = grad(self._inner_loss)(at, support, labels)
            fast = {name: w - self.rate(name) * slopes[name] for name, w in fast.items()}
        return fast

    def _inner_loss(self, fast: Weights, support: Tensor, labels: Tensor) -> Tensor:
        return episode_loss(functional_call(self.net, fast, (support,)), labels)

    def _answers(self, support: Tensor, labels: Tensor, query: Tensor) -> Tensor:
        fast = self.weights(support, labels)
        if not any(norm.how == "support" for norm in norms_of(self.net)):
            return functional_call(self.net, fast, (query,))
        with supported(self.net, len(support)):
            found = functional_call(self.net, fast, (torch.cat([support, query]),))
        return found[len(support) :]

    def adapted(self, support: Tensor, labels: Tensor) -> nn.Module:
        """The backbone with one task's weights."""
        with torch.no_grad():
            fast = self.weights(support, labels)
        net = deepcopy(self.net)
        net.load_state_dict(fast, strict=False)
        return freeze(net, support)


def has_convolutions(net: nn.Module) -> bool:
    """Whether a net convolves.

    With weights of its own for each task a convolution becomes one of many groups, which takes
    longer than the same one task after another.
    """
    return any(isinstance(module, nn.modules.conv._ConvNd) for module in net.modules())
