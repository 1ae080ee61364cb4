"""Tensors on disk: one safetensors file, written whole or not at all, read without running code."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor


@dataclass(frozen=True)
class Saved:
    """What was read back.

    Attributes:
        tensors: Name to tensor, in main memory.
        facts: All that is no tensor.
    """

    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any]

    def within(self, prefix: str) -> dict[str, Tensor]:
        """The tensors under `prefix/`, with the prefix taken off."""
        start = f"{prefix}/"
        return {k[len(start) :]: v for k, v in self.tensors.items() if k.startswith(start)}


def write_tensors(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Replaces a file, or leaves it as it was.

    It is written as a draft that takes the old file's place, so that neither a crash nor a full
    disk harms the one before.

    Args:
        path: Of the file; its folder is made where there is none.
        tensors: Name to tensor, on any device.
        facts: JSON-able; they go into the file's header.

    Raises:
        OSError: It could not be written.
    """
    plain = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(draft, "wb") as file:
            file.write(save(plain, {"facts": json.dumps(facts)}))
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def read_tensors(path: Path) -> Saved | None:
    """What `write_tensors` wrote; None if there is nothing, or it is damaged."""
    try:
        with safe_open(path, framework="pt") as file:
            facts = json.loads((file.metadata() or {})["facts"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return Saved(tensors, facts)
    except (OSError, SafetensorError, ValueError, KeyError):
        return None
