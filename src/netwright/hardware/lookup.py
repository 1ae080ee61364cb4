"""Latency as a sum of operations measured once each (as in ProxylessNAS; Cai et al., ICLR 2019).

A table is quick where nets are many and their operations few: the second net of a space costs no
measurement. It knows nothing of what a runtime does between operations, so it ranks nets better
than it times them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from netwright.core.errors import DataError
from netwright.hardware.latency import measure_latency
from netwright.nn.modes import predicting

Shape = tuple[int, ...]


def measured(module: nn.Module, shape: Shape) -> float:
    """Milliseconds of a module for an input of a shape (batch, ...), with one thread."""
    found = measure_latency(module, shape[1:], batch=shape[0], repeats=30, seconds=0.5)
    return found.median_ms


class LookUpTable:
    """Milliseconds of operations, measured when they are met for the first time.

    Args:
        measure: (module, shape of its input with the batch) -> milliseconds.
        known: Entries measured before, see `save`.
    """

    def __init__(
        self,
        measure: Callable[[nn.Module, Shape], float] = measured,
        known: dict[str, float] | None = None,
    ) -> None:
        self.measure = measure
        self.known = dict(known or {})

    def latency_ms(self, net: nn.Module, shape: Sequence[int]) -> float:
        """The sum over a net's innermost modules, as often as each is called.

        Args:
            net: Takes (batch, *shape) floats. What it does outside of modules, such as a sum,
                counts nothing.
            shape: Of one input, without the batch.
        """
        return sum(self._entry(*call) for call in calls_of(net, shape))

    def _entry(self, module: nn.Module, given: Shape, made: Shape) -> float:
        name = f"{module} {given} -> {made}"
        if name not in self.known:
            self.known[name] = self.measure(module, given)
        return self.known[name]

    def save(self, path: str | Path) -> None:
        """Writes the entries as JSON."""
        Path(path).write_text(json.dumps(self.known, indent=1, sort_keys=True))

    @classmethod
    def load(cls, path: str | Path) -> LookUpTable:
        """Reads what `save` wrote.

        Raises:
            DataError: It is something else.
        """
        try:
            known = json.loads(Path(path).read_text())
            return cls(known={str(name): float(ms) for name, ms in known.items()})
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise DataError(f"{str(path)!r} is not a table of operations and their ms.") from error


def calls_of(net: nn.Module, shape: Sequence[int]) -> list[tuple[nn.Module, Shape, Shape]]:
    """Innermost modules in the order they are called, with the shapes of input and output."""
    calls: list[tuple[nn.Module, Shape, Shape]] = []

    def note(module: nn.Module, given: tuple[Any, ...], made: Any) -> None:
        if len(given) == 1 and isinstance(given[0], Tensor) and isinstance(made, Tensor):
            calls.append((module, tuple(given[0].shape), tuple(made.shape)))

    inner = [module for module in net.modules() if not list(module.children())]
    hooks = [module.register_forward_hook(note) for module in inner]
    weights = next(net.parameters(), torch.empty(0))
    try:
        with predicting(net):
            net(torch.zeros(1, *shape, device=weights.device))
    finally:
        for hook in hooks:
            hook.remove()
    return calls
