"""Weights that have moved a few steps down the loss of a few rows, kept as those rows.

The slope of a linear layer's weight is a sum over rows, each what went in times the slope of what
came out. Where rows are few they stand for it: W x becomes W x + sum_k (rows_k x) moves_k, which
takes a fraction of the memory and time of weights of one's own for every task (784 x 256 numbers
against 5 rows of 1,040 in MAML's fully connected net), and is the same, derivatives included.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

Tensors = Mapping[str, Tensor]
Step = tuple[Tensor, Tensor]
"""Rows that were seen (rows, inputs), and how they move what comes out (rows, outputs)."""


@dataclass(frozen=True)
class Moved:
    """A net's weights after some steps; those that are not named are as they were.

    Attributes:
        weights: Name to what it has become.
        rows: Name of a linear layer to the steps of its weight and bias.
    """

    weights: Tensors
    rows: Mapping[str, list[Step]] = field(default_factory=dict)

    def run(self, net: nn.Module, x: Tensor) -> Any:
        """What the net makes of (batch, ...) now."""
        return self.watched(net, x, {})[0]

    def watched(self, net: nn.Module, x: Tensor, added: Tensors) -> tuple[Any, Tensors]:
        """The same with something added to what layers of `rows` make.

        Returns:
            The outputs, and what went into each layer that something was added to.
        """
        seen: dict[str, Tensor] = {}
        with _hooked(net, {name: partial(self._of, name, added, seen) for name in self.rows}):
            return functional_call(net, dict(self.weights), (x,)), seen

    def _of(
        self,
        name: str,
        added: Tensors,
        seen: dict[str, Tensor],
        layer: nn.Linear,
        inputs: tuple[Tensor],
        output: Tensor,
    ) -> Tensor:
        (x,) = inputs
        for rows, moves in self.rows[name]:
            share = x @ rows.T if layer.bias is None else x @ rows.T + 1
            output = output + share @ moves
        if name in added:
            seen[name] = x
            output = output + added[name]
        return output

    def detached(self) -> Moved:
        """The same, without the way it came about."""
        rows = {n: [(x.detach(), m.detach()) for x, m in steps] for n, steps in self.rows.items()}
        return Moved({name: weight.detach() for name, weight in self.weights.items()}, rows)

    def whole(self, net: nn.Module) -> Tensors:
        """Every weight that has moved, as it is now."""
        found = dict(self.weights)
        for name, steps in self.rows.items():
            parameters = net.get_submodule(name).named_parameters()
            now: dict[str, Tensor] = dict(parameters)
            for rows, moves in steps:
                now["weight"] = now["weight"] + moves.T @ rows
                if "bias" in now:
                    now["bias"] = now["bias"] + moves.sum(dim=0)
            found |= {f"{name}.{own}": value for own, value in now.items()}
        return found


def worth_rows(net: nn.Module, moving: set[str], x: Tensor) -> dict[str, torch.Size]:
    """The linear layers of which rows stand for less than their weight does.

    Args:
        net: Any.
        moving: Names of the weights that move.
        x: (batch, ...) one task's rows.

    Returns:
        Name to the shape of what the layer makes of them. Left out are layers that are used more
        than once, or whose weight is.
    """
    shared = _shared(net)
    plain = {name: layer for name, layer in net.named_modules() if type(layer) is nn.Linear}
    used: dict[str, list[torch.Size]] = {}

    def look(name: str, layer: nn.Module, inputs: Any, output: Tensor) -> None:
        used.setdefault(name, []).append(output.shape)

    with torch.no_grad(), _hooked(net, {name: partial(look, name) for name in plain}):
        net(x)
    return {
        name: shapes[0]
        for name, shapes in used.items()
        if len(shapes) == 1
        and {f"{name}.{own}" for own, _ in plain[name].named_parameters()} <= moving
        and plain[name].weight not in shared
        and math.prod(shapes[0][:-1]) * sum(plain[name].weight.shape) < plain[name].weight.numel()
    }


def _shared(net: nn.Module) -> set[Tensor]:
    """Weights that go by more than one name."""
    every = [value for _, value in net.named_parameters(remove_duplicate=False)]
    return {value for value in every if sum(value is other for other in every) > 1}


@contextmanager
def _hooked(net: nn.Module, hooks: Mapping[str, Callable[..., Any]]) -> Iterator[None]:
    """Calls functions with (layer, inputs, output) of layers by their names."""
    handles = [net.get_submodule(n).register_forward_hook(hook) for n, hook in hooks.items()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
