"""Follows one input through a net, operation by operation, without computing anything.

The input has a shape and no values here (PyTorch's meta device), so a large net is followed as
quickly as a small one. A net that cannot go without values, because it looks at one, is run on
zeros instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from netwright.hardware.operations import MULTIPLY_ADDS
from netwright.nn.modes import predicting


class Trace(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """What one input met on its way.

    Attributes:
        flops: Multiply-adds.
        steps: The memory blocks that each operation read, and those it wrote.
        bytes: Size of each memory block.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.flops = 0
        self.steps: list[tuple[set[int], set[int]]] = []
        self.bytes: dict[int, int] = {}
        self._kept: list[Tensor] = []  # a block that is given back might be named twice

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Notes one operation."""
        named = kwargs or {}
        read = list(_tensors((*args, *named.values())))
        out = _result(func, args, named, read)
        if func in MULTIPLY_ADDS:
            self.flops += MULTIPLY_ADDS[func](out, *args)
        self.steps.append((self._blocks(read), self._blocks(_tensors((out,)))))
        return out

    def _blocks(self, tensors: Iterable[Tensor]) -> set[int]:
        found = set()
        for tensor in tensors:
            storage = tensor.untyped_storage()
            block = storage._cdata
            if block not in self.bytes:
                self.bytes[block] = storage.nbytes()
                self._kept.append(tensor)
            found.add(block)
        return found


def trace(net: nn.Module, shape: Sequence[int]) -> Trace:
    """Follows one input through a net as it is when it predicts.

    Args:
        net: Takes (batch, *shape) floats; left as it was.
        shape: Of one input, without the batch.
    """
    with predicting(net):
        try:
            return _traced(net, torch.empty(1, *shape, device="meta"))
        except (RuntimeError, NotImplementedError):
            weights = next(net.parameters(), torch.empty(0))
            return _traced(net, torch.zeros(1, *shape, device=weights.device))


def _traced(net: nn.Module, x: Tensor) -> Trace:
    with Trace() as followed:
        net(x.clone())  # inside, so that the input is an activation like all others
    return followed


def _tensors(values: Iterable[Any]) -> Iterator[Tensor]:
    """Those among an operation's arguments; it takes single ones and lists of them."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from _tensors(value)


def _result(
    func: Any, args: Sequence[Any], kwargs: Mapping[str, Any], read: Sequence[Tensor]
) -> Any:
    """Runs an operation, or makes its result from memory where only the shape counts.

    Weights have values and the input has none, so what meets the input is stripped of them. Views
    and operations in place share memory with what they are given, so these always run.
    """
    if func.is_view or func._schema.is_mutable or not any(tensor.is_meta for tensor in read):
        return func(*args, **kwargs)
    return _made(_outcome(func, tuple(kwargs), _shapes((*args, *kwargs.values()))))


@lru_cache(maxsize=20_000)
def _outcome(func: Any, names: tuple[str, ...], shapes: tuple[Any, ...]) -> Any:
    """What an operation makes; remembered, because PyTorch needs a millisecond to work it out.

    Args:
        func: The operation.
        names: Of its last arguments, those given by name.
        shapes: Its arguments, as `_shapes` describes them.
    """
    values = _made(shapes)
    plain = len(values) - len(names)
    return _shapes(func(*values[:plain], **dict(zip(names, values[plain:], strict=True))))


@dataclass(frozen=True)
class _Shape:
    """A tensor without its values."""

    sizes: torch.Size
    stride: tuple[int, ...]
    dtype: torch.dtype


def _shapes(value: Any) -> Any:
    if isinstance(value, Tensor):
        return _Shape(value.shape, value.stride(), value.dtype)
    return tuple(map(_shapes, value)) if isinstance(value, (list, tuple)) else value


def _made(value: Any) -> Any:
    if isinstance(value, _Shape):
        return torch.empty_strided(value.sizes, value.stride, dtype=value.dtype, device="meta")
    return tuple(map(_made, value)) if isinstance(value, tuple) else value
