"""What methods share that adapt by gradient descent: a few steps down the support's loss.

Adapted weights are a function of the first ones, and all tasks of a batch go through it at once
(`torch.func.vmap`), so that the loss of the queries can be derived through the steps, exactly.
Linear layers that are larger than the rows they adapt to are not copied for each task, see
`netwright.nn.moved`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.func import grad, vmap

from netwright.core.errors import ConfigError
from netwright.nn.moved import Moved, Tensors, worth_rows
from netwright.nn.normalisation import folded, freeze, norms_of, supported, track
from netwright.paradigms.fewshot.method import Method, episode_loss

Loss = Callable[[Tensors, Tensors], tuple[Tensor, Tensors]]
"""(weights, what is added to layers) -> a scalar, and what went into those layers."""
Slopes = tuple[Tensors, Tensors, Tensors]
"""Of a loss by its two arguments, and what it told besides."""


class GradientMethod(Method):
    """Adapts by gradient descent.

    Args:
        net: The backbone.
        inner_lr: Rate of the descent.
        inner_steps: How many.
        vectorised: Whether all tasks go through the net at once, or one after another, as nets
            want it that cannot be vectorised; None for what is faster.
        adapt_steps: How many steps once it has learned to learn, None for as many as before; more
            help where few were learned with (Finn et al. learn with one and judge with three).

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
        adapt_steps: int | None = None,
    ) -> None:
        super().__init__(net)
        for what, steps in (("inner", inner_steps), ("adapt", adapt_steps)):
            if steps is not None and steps < 1:
                raise ConfigError(f"Adapting needs {what} steps of at least 1. Got {steps}.")
        self.adapt_steps = adapt_steps
        self.inner_lr, self.inner_steps = inner_lr, inner_steps
        self._worth: dict[torch.Size, Mapping[str, torch.Size]] = {}
        self.vectorised = vectorises(net) if vectorised is None else vectorised

    @property
    def steps(self) -> int:
        """Steps it takes now."""
        return self.inner_steps if self.training else self.adapt_steps or self.inner_steps

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

    def weights(self, support: Tensor, labels: Tensor) -> Moved:
        """One task's adapted weights.

        Args:
            support: (supports, ...).
            labels: (supports,).
        """
        layers = self._layers(support)
        whole, behind = dict(self.net.named_parameters()), tuple(f"{name}." for name in layers)
        apart = {name: whole[name] for name in self.moving() if not name.startswith(behind)}
        at = Moved(apart, {name: [] for name in layers})
        for _ in range(self.steps):
            at = self._step(at, layers, support, labels)
        return at

    def _layers(self, support: Tensor) -> Mapping[str, torch.Size]:
        """Layers whose rows stand for their weights; a rate for each number needs the weights."""
        if isinstance(self.rate(self.moving()[0]), Tensor):
            return {}
        if support.shape not in self._worth:
            self._worth[support.shape] = worth_rows(self.net, set(self.moving()), support)
        return self._worth[support.shape]

    def _step(
        self, at: Moved, layers: Mapping[str, torch.Size], support: Tensor, labels: Tensor
    ) -> Moved:
        """One step down the support's loss."""
        here = at.detached() if self.first_order else at
        like = next(self.net.parameters())
        added = {name: like.new_zeros(shape) for name, shape in layers.items()}

        def loss(weights: Tensors, added: Tensors) -> tuple[Tensor, Tensors]:
            out, seen = Moved(weights, here.rows).watched(self.net, support, added)
            return episode_loss(out, labels), seen

        derive = slopes_inside if self.vectorised else slopes_outside
        slopes, moves, seen = derive(loss, here.weights, added, follow=not self.first_order)
        weights = {n: w - self.rate(n) * slopes[n] for n, w in at.weights.items()}
        rows = {
            name: [*steps, (seen[name].flatten(0, -2), -self.inner_lr * moves[name].flatten(0, -2))]
            for name, steps in at.rows.items()
        }
        return Moved(weights, rows)

    def _answers(self, support: Tensor, labels: Tensor, query: Tensor) -> Tensor:
        fast = self.weights(support, labels)
        if not any(norm.how == "support" for norm in norms_of(self.net)):
            return fast.run(self.net, query)
        with supported(self.net, len(support)):
            found = fast.run(self.net, torch.cat([support, query]))
        return found[len(support) :]

    def adapted(self, support: Tensor, labels: Tensor) -> nn.Module:
        """The backbone with one task's weights."""
        with torch.no_grad():
            fast = self.weights(support, labels).whole(self.net)
        net = deepcopy(self.net)
        net.load_state_dict(fast, strict=False)
        return freeze(net, support)


def vectorises(net: nn.Module) -> bool:
    """Whether all tasks go through a net at once, and faster so.

    With weights of its own for each task a convolution becomes one of many groups, which takes
    longer than the same one task after another; recurrent layers torch cannot vectorise.
    """
    kinds = (nn.modules.conv._ConvNd, nn.RNNBase)
    return not any(isinstance(module, kinds) for module in net.modules())


def slopes_inside(loss: Loss, weights: Tensors, added: Tensors, follow: bool) -> Slopes:
    """Derives a loss where `vmap` wants it done, by a function of functions.

    Args:
        loss: See `Loss`.
        weights, added: Where.
        follow: Whether the outcome can be derived again.
    """
    (slopes, moves), seen = grad(loss, argnums=(0, 1), has_aux=True)(weights, added)
    return (slopes, moves, seen) if follow else _detached(slopes, moves, seen)


def slopes_outside(loss: Loss, weights: Tensors, added: Tensors, follow: bool) -> Slopes:
    """The same by autograd, which takes less time where nothing is vectorised."""
    follow = follow and torch.is_grad_enabled()
    with torch.enable_grad():
        inside = [
            w if follow and w.requires_grad else w.detach().requires_grad_()
            for w in weights.values()
        ]
        weights = dict(zip(weights, inside, strict=True))
        added = {name: value.requires_grad_() for name, value in added.items()}
        value, seen = loss(weights, added)
        found = torch.autograd.grad(
            value, [*inside, *added.values()], create_graph=follow, materialize_grads=True
        )
    slopes = dict(zip(weights, found, strict=False))
    moves = dict(zip(added, found[len(weights) :], strict=True))
    return (slopes, moves, seen) if follow else _detached(slopes, moves, seen)


def _detached(*parts: Tensors) -> Slopes:
    first, second, third = ({n: value.detach() for n, value in part.items()} for part in parts)
    return first, second, third
