"""What learns beside the weights of a net, by steps of its own: a problem on two levels.

The weights go down the loss of the rows they learn from. A companion, such as the strengths of the
options of a search, goes down the loss of rows kept from them: by its gradient at the weights as
they are (first order), or at the weights as they will be after their next step (second order; Liu,
Simonyan and Yang, "DARTS", ICLR 2019, 2.3).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

Objective = Callable[[Mapping[str, Tensor] | None], Tensor]
"""The loss of one batch; given weights by their names, with those in place of the net's own."""
Gradients = list[Tensor]
REACH = 0.01
"""How far the finite difference moves all weights together (DARTS, footnote 2)."""


@dataclass(frozen=True)
class Turn:
    """One step of a training, before the weights move.

    Attributes:
        learned: The loss on the batch that the weights learn from.
        held: The loss on a batch kept from them; on the same batch where none are.
        rate: The weights' learning rate.
        gone: Share of the training that is over.
        weights: Those that move, by their names.
    """

    learned: Objective
    held: Objective
    rate: float
    gone: float
    weights: Mapping[str, Tensor]


class Companion(nn.Module, ABC):
    """Part of a net that learns beside its weights; its parameters are its own.

    Attributes:
        halves: Whether half of the rows are kept from the weights, for this to learn from.
    """

    halves: bool = True

    @cached_property
    def optimiser(self) -> torch.optim.Optimizer | None:
        """Of its parameters; None where nothing of it moves."""
        return self.make_optimiser()

    def make_optimiser(self) -> torch.optim.Optimizer | None:
        """Makes it, when it is first asked for."""
        return None

    @abstractmethod
    def learn(self, turn: Turn) -> None:
        """Takes a step of its own."""

    def beside(self, turn: Turn) -> Tensor | None:
        """What the weights go down besides their loss, which is known by then; None for nothing."""
        return None

    def end_epoch(self, gone: float) -> bool:
        """Looks back at an epoch; whether the training is to end here."""
        return False

    def step(self, gradients: Gradients) -> None:
        """Moves its parameters against gradients, and leaves none behind."""
        assert self.optimiser is not None
        for parameter, gradient in zip(self.parameters(), gradients, strict=True):
            parameter.grad = gradient
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)


def companion_of(net: nn.Module) -> Companion | None:
    """The companion inside a net, if there is one."""
    return next((module for module in net.modules() if isinstance(module, Companion)), None)


class Halves:
    """The rows of an epoch, batch by batch, each with one of the companion's.

    Args:
        rows: How many there are.
        companion: Whose half is kept from the weights; None, or one without halves, for no half.
        seed: Decides which rows are kept.
    """

    def __init__(self, rows: int, companion: Companion | None, seed: int) -> None:
        self.learned, self.held = torch.arange(rows), torch.arange(0)
        if companion is not None and companion.halves:
            order = torch.randperm(rows, generator=torch.Generator().manual_seed(seed))
            self.learned, self.held = order[: -(-rows // 2)], order[-(-rows // 2) :]

    def batches(
        self, size: int, generator: torch.Generator
    ) -> Iterator[tuple[Tensor, Tensor | None]]:
        """Rows to learn from and, where some are held, as many of those."""
        order = self.learned[torch.randperm(len(self.learned), generator=generator)]
        if not len(self.held):
            yield from ((chosen, None) for chosen in torch.split(order, size))
            return
        beside = self.held[torch.randperm(len(self.held), generator=generator)]
        beside = torch.cat([beside, beside[: len(order) - len(beside)]])
        yield from zip(torch.split(order, size), torch.split(beside, size), strict=True)


def first_order(turn: Turn, own: Sequence[Tensor]) -> Gradients:
    """The gradient of the held loss at the weights as they are."""
    return _filled(torch.autograd.grad(turn.held(None), own, allow_unused=True), own)


def second_order(turn: Turn, own: Sequence[Tensor], *, exact: bool = True) -> Gradients:
    """The gradient of the held loss at the weights after one plain step, as the step moves too.

    Args:
        turn: With the two losses, and the rate of the step.
        own: The companion's parameters.
        exact: Whether the mixed second derivatives are multiplied exactly, or as the paper does it,
            by a finite difference.
    """
    weights = list(turn.weights.values())
    losses = turn.learned(None)
    slopes = torch.autograd.grad(losses, weights, create_graph=exact, allow_unused=True)
    moved = {
        name: (weight if slope is None else weight - turn.rate * slope).detach().requires_grad_()
        for (name, weight), slope in zip(turn.weights.items(), slopes, strict=True)
    }
    found = torch.autograd.grad(turn.held(moved), [*own, *moved.values()], allow_unused=True)
    direct, pull = found[: len(own)], _filled(found[len(own) :], weights)
    product = _exact(slopes, own, pull) if exact else _difference(turn, own, pull)
    return [
        first - turn.rate * second
        for first, second in zip(_filled(direct, own), product, strict=True)
    ]


def _exact(slopes: Sequence[Tensor | None], own: Sequence[Tensor], pull: Gradients) -> Gradients:
    """How the product of the slopes and a direction changes with the companion."""
    pairs = [(s, d) for s, d in zip(slopes, pull, strict=True) if s is not None and s.requires_grad]
    if not pairs:
        return [torch.zeros_like(parameter) for parameter in own]
    outputs, directions = zip(*pairs, strict=True)
    return _filled(torch.autograd.grad(outputs, own, directions, allow_unused=True), own)


def _difference(turn: Turn, own: Sequence[Tensor], pull: Gradients) -> Gradients:
    """The same, from the companion's slopes at weights a little to both sides."""
    length = torch.sqrt(sum((part**2).sum() for part in pull))  # type: ignore[arg-type]
    reach = REACH / length.clamp_min(1e-12)
    slopes = []
    for side in (1, -1):
        moved = {
            name: (weight + side * reach * part).detach()
            for (name, weight), part in zip(turn.weights.items(), pull, strict=True)
        }
        found = torch.autograd.grad(turn.learned(moved), own, allow_unused=True)
        slopes.append(_filled(found, own))
    return [(right - left) / (2 * reach) for right, left in zip(*slopes, strict=True)]


def _filled(found: Sequence[Tensor | None], like: Sequence[Tensor]) -> Gradients:
    return [
        torch.zeros_like(shape) if one is None else one
        for one, shape in zip(found, like, strict=True)
    ]
