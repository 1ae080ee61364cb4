"""Where a training stands, on disk: written whole or not at all, and read without running code.

One file holds every tensor (weights, averages, the optimiser's moments, the states of the random
generators) and all other facts; see `netwright.nn.weights`.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from netwright.nn.weights import Saved, read_tensors, write_tensors

NAME = "training.safetensors"
MARK = "mark"
"""Fact that says whose checkpoint it is."""
log = logging.getLogger("netwright")


class Checkpoints:
    """The checkpoint of one training.

    Args:
        folder: Where it lies.
        mark: Whose it is, see `mark_of`; another training's is not read.
        seconds: Least time between two.
    """

    def __init__(self, folder: Path, mark: str, seconds: float) -> None:
        self.folder, self.mark, self.seconds = folder, mark, seconds
        self._last = time.monotonic()

    def due(self) -> bool:
        """Whether the last one is old enough."""
        return time.monotonic() - self._last >= self.seconds

    def write(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> bool:
        """Replaces the one before.

        Args:
            tensors: Name to tensor, on any device.
            facts: JSON-able.

        Returns:
            Whether it could be written; if not, the one before is as it was.
        """
        try:
            write_tensors(self.folder / NAME, tensors, {**facts, MARK: self.mark})
        except OSError as error:
            log.warning("No checkpoint could be written to %s: %s.", self.folder, error.strerror)
            return False
        finally:
            self._last = time.monotonic()
        return True

    def read(self) -> Saved | None:
        """What was written last; None if nothing was, or it is another's, or damaged."""
        saved = read_tensors(self.folder / NAME)
        return saved if saved is not None and saved.facts.get(MARK) == self.mark else None

    def remove(self) -> None:
        """A training that is finished needs none."""
        (self.folder / NAME).unlink(missing_ok=True)


def mark_of(facts: Iterable[Any], tensors: Iterable[Tensor]) -> str:
    """A digest of all that decides a training, so that no other one is continued by mistake."""
    digest = sha256(json.dumps(list(facts), default=str).encode())
    for tensor in tensors:
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The moments an optimiser keeps, named by the place of their weight."""
    state = optimiser.state_dict()["state"]
    return {
        f"{place}/{name}": value
        for place, kept in state.items()
        for name, value in kept.items()
        if isinstance(value, Tensor)
    }


def load_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Gives an optimiser back what `optimiser_tensors` took out.

    Moments are laid out in memory as their weights are: torch's fused optimisers go through both
    number by number and do not look.
    """
    weights = [weight for group in optimiser.param_groups for weight in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        place, kept = name.split("/")
        weight = weights[int(place)]
        if value.shape == weight.shape:
            value = torch.empty_like(weight, dtype=value.dtype).copy_(value)
        state.setdefault(int(place), {})[kept] = value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
