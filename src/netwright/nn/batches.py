"""Rows as tensors, and how a batch of them gets to the device."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

AT_ONCE = 8192
"""Rows that are judged at once, unless they are large."""


class Rows(ABC):
    """What the training loop takes batches of: tensors in memory, or what makes them."""

    @abstractmethod
    def __len__(self) -> int:
        """Rows of an epoch."""

    @abstractmethod
    def take(self, rows: Tensor | slice) -> Batchable:
        """Some rows."""

    @abstractmethod
    def near(self, device: torch.device) -> Rows:
        """The same rows where the device has them at hand."""

    @abstractmethod
    def mark(self) -> list[Tensor]:
        """What tells them from other rows."""

    @property
    def at_once(self) -> int:
        """Rows that are judged at once."""
        return AT_ONCE

    @property
    def fewest(self) -> int:
        """Rows a step needs at least: batch normalisation needs two."""
        return 2

    @property
    def size(self) -> int:
        """Samples that one of them is made of."""
        return 1

    def of_epoch(self, epoch: int) -> Rows:
        """The rows of an epoch, counted from 1; of most sources they are always the same."""
        return self


@dataclass(frozen=True)
class Batchable(Rows):
    """Rows as tensors, all in memory.

    Attributes:
        inputs: Tensors of equal length, passed to the net one after another; images may be uint8
            (rows, channels, h, w), four times smaller than the floats the net makes of them.
        target: (rows,) classes or numbers; of several targets (rows, targets), all as numbers.
        weight: (rows,) or None.
    """

    inputs: Sequence[Tensor]
    target: Tensor
    weight: Tensor | None = None

    def __len__(self) -> int:
        return len(self.target)

    def take(self, rows: Tensor | slice) -> Batchable:
        """Some rows."""
        if isinstance(rows, Tensor):
            rows = rows.to(self.target.device)
        return self._each(lambda part: part[rows])

    def mark(self) -> list[Tensor]:
        """The target."""
        return [self.target]

    @property
    def at_once(self) -> int:
        """Fewer where rows are large images."""
        if not self.images:
            return AT_ONCE
        return min(AT_ONCE, max(16, 2**18 // self.inputs[0][0, 0].numel()))

    def to(self, device: torch.device) -> Batchable:
        """The same rows on a device; from ordinary memory they travel while it computes."""
        if self.target.device == device:
            return self
        pinned = device.type == "cuda" and self.target.device.type == "cpu"
        return self._each(
            lambda part: (part.pin_memory() if pinned else part).to(device, non_blocking=pinned)
        )

    def near(self, device: torch.device) -> Batchable:
        """The same rows in the device's own memory, if they take less than half of what is free."""
        if device.type == "cuda" and self.nbytes > torch.cuda.mem_get_info(device)[0] / 2:
            return self
        return self.to(device)

    @property
    def nbytes(self) -> int:
        """Bytes of all rows."""
        parts = [*self.inputs, self.target, *([] if self.weight is None else [self.weight])]
        return sum(part.nbytes for part in parts)

    @property
    def images(self) -> bool:
        """Whether the only input is a stack of images."""
        return len(self.inputs) == 1 and self.inputs[0].ndim == 4

    def _each(self, change: Callable[[Tensor], Tensor]) -> Batchable:
        weight = None if self.weight is None else change(self.weight)
        return Batchable([change(part) for part in self.inputs], change(self.target), weight)
