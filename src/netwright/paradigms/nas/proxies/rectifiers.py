"""Watches the rectifiers of a net, whether modules or functions: which are open for which image."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

RELUS = (torch.ops.aten.relu.default, torch.ops.aten.relu_.default)


class Watching(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """A context in which what each ReLU makes is shown.

    Args:
        see: Is given it, (batch, channels, ...).
    """

    def __init__(self, see: Callable[[Tensor], None]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.see = see

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        if func in RELUS:
            self.see(made)
        return made


def code_of(rectified: Tensor) -> Tensor:
    """(batch, channels, ...) of a ReLU -> (batch, units) booleans, true where a unit is open."""
    return (rectified > 0).movedim(1, -1).flatten(1)  # channels last: no copy


def watch_rectifiers(net: nn.Module, images: Tensor, see: Callable[[Tensor], None]) -> None:
    """Runs a net and shows the code of each ReLU it passes.

    Args:
        net: Any.
        images: (batch, channels, h, w).
        see: Is given (batch, units) booleans, see `code_of`.
    """
    with torch.no_grad(), Watching(lambda made: see(code_of(made))):
        net(images)
