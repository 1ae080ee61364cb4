"""Whether an exported file says what the net says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from netwright.export.runtime import Inputs, OnnxFile
from netwright.nn.modes import predicting

SAMPLES = 256
CHUNK = 64


@dataclass(frozen=True)
class Checked:
    """How an exported file compares with the net it was made from.

    Attributes:
        max_difference: The largest between two outputs.
        agreement: Share of inputs whose largest output is the same, so that they get the same
            label, for every target; always 1 for a net with one output.
        samples: How many inputs were compared.
    """

    max_difference: float
    agreement: float
    samples: int


def check_export(net: nn.Module, path: str | Path, samples: NDArray[Any]) -> Checked:
    """Compares a file with its net.

    Args:
        net: What was exported.
        path: The file.
        samples: Inputs (n, *shape); the first 256 are used.
    """

    def predict(inputs: NDArray[Any]) -> NDArray[Any]:
        device = next((weights.device for weights in net.parameters()), torch.device("cpu"))
        with predicting(net):
            return np.asarray(net(torch.from_numpy(inputs).to(device)).cpu())

    return compare(in_chunks(predict, samples[:SAMPLES]), run_onnx(path, samples[:SAMPLES]))


def compare(
    truth: NDArray[Any], exported: NDArray[Any], parts: Sequence[slice] = (slice(None),)
) -> Checked:
    """Compares two sets of outputs (n, classes), which may be those of several targets."""
    pair = [outputs.reshape(len(truth), -1).astype(float) for outputs in (truth, exported)]
    ours, theirs = (np.stack([one[:, part].argmax(1) for part in parts]) for one in pair)
    same = (ours == theirs).all(axis=0)
    return Checked(float(np.abs(pair[0] - pair[1]).max()), float(same.mean()), len(truth))


def run_onnx(path: str | Path, samples: Inputs) -> NDArray[Any]:
    """What a file makes of inputs (n, *shape), or of one such array an input."""
    return in_chunks(OnnxFile(path), samples)


def in_chunks(predict: Callable[[Any], NDArray[Any]], samples: Inputs) -> NDArray[Any]:
    """Predicts a few inputs at a time."""
    if not isinstance(samples, Mapping):
        starts = range(0, len(samples), CHUNK)
        return np.concatenate([predict(samples[start : start + CHUNK]) for start in starts])
    rows = range(0, len(next(iter(samples.values()))), CHUNK)
    parts = ({name: one[at : at + CHUNK] for name, one in samples.items()} for at in rows)
    return np.concatenate([predict(part) for part in parts])
