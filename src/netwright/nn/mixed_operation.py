"""One of several operations, not yet decided which: the weighted sum of what they all make.

Where a design has one of several operations, the net of all designs has a `MixedOperation` (Liu,
Simonyan and Yang, "DARTS", ICLR 2019). `Options` makes them for a space, and remembers what they
choose from; how much each operation counts is told by a `netwright.nn.relaxation.Relaxation`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from netwright.core.errors import ConfigError
from netwright.nn.operations import Zero, make
from netwright.nn.weight_bank import share_as

if TYPE_CHECKING:
    from netwright.nn.relaxation import Relaxation

M = TypeVar("M", bound=nn.Module)


class Weighing(NamedTuple):
    """How much the options of one decision count in this pass.

    Attributes:
        weights: (options,).
        active: Places of those that run.
        alone: Whether one runs whose weight is one, so that nothing need be multiplied.
    """

    weights: Tensor
    active: Sequence[int]
    alone: bool = False


class Options:
    """Makes mixed operations for a net of all designs, and remembers what they choose from.

    Attributes:
        known: The options of every decision, by its name.
        sums: The decisions whose results are added up, by the place where that happens.
    """

    def __init__(self) -> None:
        self.known: dict[str, tuple[str, ...]] = {}
        self.sums: dict[str, list[str]] = {}

    def edge(
        self, name: str, operations: Sequence[str], channels: int, stride: int = 1, *, node: str
    ) -> nn.Module:
        """One of several operations on a map that keeps its width.

        Args:
            name: Of the decision; the same wherever the same decision shows.
            operations: Names as in `netwright.nn.operations`.
            channels: Of the map.
            stride: 2 halves it.
            node: Where its result is added to others.
        """
        edges = self.sums.setdefault(node, [])
        if name not in edges:
            edges.append(name)
        place = name.rpartition(".")[2]
        made = {word: _unscaled(make(word, channels, channels, stride)) for word in operations}
        return self.layers(name, made, f"{place} ")

    def layers(self, name: str, layers: Mapping[str, nn.Module], prefix: str = "") -> nn.Module:
        """One of several layers.

        Args:
            name: Of the decision.
            layers: By option.
            prefix: Stands before the option in the word that its weights are shared under.
        """
        words = tuple(layers)
        if not words:
            raise ConfigError(f"The choice {name!r} has nothing to choose from.")
        if self.known.setdefault(name, words) != words:
            raise ConfigError(f"The choice {name!r} stands twice in the net, with other options.")
        return MixedOperation(name, {prefix + word: layer for word, layer in layers.items()})


def _unscaled(module: M) -> M:
    """Batch normalisation that does not scale: a strength would mean nothing behind a scale."""
    for norm in module.modules():
        if isinstance(norm, _BatchNorm):
            norm.affine = False
            norm.weight = norm.bias = None  # type: ignore[assignment]
    return module


class MixedOperation(nn.Module):
    """The weighted sum of what several layers make of an input; what does not count does not run.

    Args:
        name: Of the decision.
        layers: By the words their weights are shared under.
    """

    def __init__(self, name: str, layers: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.name = name
        marked = (share_as(layer, word) for word, layer in layers.items())
        self.layers = share_as(nn.ModuleList(marked), "")
        self.silent = [isinstance(layer, Zero) for layer in layers.values()]
        share_as(self, "")
        self._told: tuple[Relaxation, ...] = ()  # in a tuple, so that it is no part of this

    def follow(self, relaxation: Relaxation) -> None:
        """Says who tells how much the layers count."""
        self._told = (relaxation,)

    @property
    def relaxation(self) -> Any:
        """Who tells."""
        return self._told[0]

    def forward(self, *inputs: Any) -> Any:
        """What the active layers make of the inputs, weighted and added up."""
        weights, active, alone = self.relaxation.now[self.name]
        if alone:
            (place,) = active
            made = self.layers[place](*inputs)
            teaches = weights.requires_grad and not self.silent[place]  # zeros have no slope
            return carrying(made, weights[place]) if teaches else made
        heard = [place for place in active if not self.silent[place]] or active[:1]
        total: Any = None
        for place in heard:
            made = self.layers[place](*inputs)
            weight = weights[place].to(made)
            total = made * weight if total is None else torch.addcmul(total, made, weight)
        return total


class _Carried(torch.autograd.Function):
    """A map times a weight that is one."""

    generate_vmap_rule = True

    @staticmethod
    def forward(made: Tensor, weight: Tensor) -> Tensor:
        """The map itself."""
        return made.view_as(made)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Keeps what the gradients need."""
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, Tensor]:
        """Those of a product; its factor of one shows in second derivatives alone."""
        (slope,), (made, weight) = slopes, ctx.saved_tensors
        passed = slope * weight if torch.is_grad_enabled() else slope
        return passed, torch.dot(_flat(slope), _flat(made))


def _flat(x: Tensor) -> Tensor:
    """All numbers, pixel by pixel, as they lie in memory where nets of pictures are trained."""
    return (x.movedim(1, -1) if x.ndim > 2 else x).reshape(-1)


def carrying(made: Tensor, weight: Tensor) -> Tensor:
    """A map times a weight that is one: the map itself, with the gradients of the product.

    Args:
        made: Any shape.
        weight: One, as a tensor without dimensions.
    """
    carried: Tensor = _Carried.apply(made, weight.to(made))  # type: ignore[no-untyped-call]
    return carried
