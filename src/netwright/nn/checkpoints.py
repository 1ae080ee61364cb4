"""Where a training stands, on disk: written whole or not at all, and read without running code.

One safetensors file holds every tensor (weights, averages, the optimiser's moments, the states of
the random generators) and, in its header, the rest as JSON. It is written as a draft that then
takes the old file's place, so a crash or a full disk leaves the one before.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

NAME = "training.safetensors"
log = logging.getLogger("netwright")


@dataclass(frozen=True)
class Saved:
    """What was read back.

    Attributes:
        tensors: Name to tensor, on the CPU.
        facts: All that is no tensor.
    """

    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any]

    def within(self, prefix: str) -> dict[str, Tensor]:
        """The tensors under `prefix/`, with the prefix taken off."""
        start = f"{prefix}/"
        return {k[len(start) :]: v for k, v in self.tensors.items() if k.startswith(start)}


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
        plain = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
        draft = self.folder / f"{NAME}.draft"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with open(draft, "wb") as file:
                file.write(save(plain, {"mark": self.mark, "facts": json.dumps(facts)}))
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, self.folder / NAME)
        except OSError as error:
            log.warning("No checkpoint could be written to %s: %s.", self.folder, error.strerror)
            draft.unlink(missing_ok=True)
            return False
        finally:
            self._last = time.monotonic()
        return True

    def read(self) -> Saved | None:
        """What was written last; None if nothing was, or it is another's, or damaged."""
        try:
            with safe_open(self.folder / NAME, framework="pt") as file:
                told = file.metadata() or {}
                if told.get("mark") != self.mark:
                    return None
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
                return Saved(tensors, json.loads(told["facts"]))
        except (OSError, SafetensorError, ValueError):
            return None

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
    """Gives an optimiser back what `optimiser_tensors` took out."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        place, kept = name.split("/")
        state.setdefault(int(place), {})[kept] = value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
