"""Eight-bit twins of trained nets on scikit-learn's digits: size, accuracy, latency."""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

from common import arguments, write
from netwright.export.checking import check_export, run_onnx
from netwright.export.onnx import export_onnx
from netwright.export.quantise import quantise
from netwright.hardware.latency import measure_latency
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import image_task

SPACES = ("nasbench201", "mobile")
SHAPE = (1, 8, 8)
TRAINED = 1200


def trained(space: str, inputs: torch.Tensor, labels: torch.Tensor, epochs: int) -> nn.Module:
    """A design of a space, drawn with seed 4 and trained with a cosine."""
    torch.manual_seed(0)
    opened = NetSpaceName(space).open()
    net = opened.build(opened.sample(np.random.default_rng(4)), image_task(SHAPE, 10))
    optimiser = torch.optim.SGD(net.parameters(), 0.05, 0.9, nesterov=True, weight_decay=5e-4)
    steps = epochs * (len(inputs) // 64)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        rows = torch.randint(0, len(inputs), (64,))
        optimiser.zero_grad()
        nn.functional.cross_entropy(net(inputs[rows]), labels[rows]).backward()
        optimiser.step()
        schedule.step()
    return net.eval()


def judged(net: nn.Module, inputs: np.ndarray, labels: np.ndarray) -> dict[str, object]:
    """A net as a file and as its twin; calibrated on rows that it learned from."""
    with tempfile.TemporaryDirectory() as folder:
        whole = export_onnx(net, SHAPE, Path(folder, "float.onnx"))
        small = Path(folder, "int8.onnx")
        done = quantise(whole, small, inputs[:256])
        held, truth = inputs[TRAINED:], labels[TRAINED:]
        accuracy = [(run_onnx(p, held).argmax(1) == truth).mean() for p in (whole, small)]
        return {
            "float_mb": whole.stat().st_size / 1e6,
            "size_share": done.size_share,
            "accuracy_float": float(accuracy[0]),
            "accuracy_int8": float(accuracy[1]),
            "drop_points": float(100 * (accuracy[0] - accuracy[1])),
            "export": asdict(check_export(net, whole, held)),
            "ms_float": measure_latency(whole).median_ms,
            "ms_int8": measure_latency(small).median_ms,
        }


def main() -> None:
    """One net of each space."""
    smoke = arguments(__doc__).smoke
    torch.set_num_threads(1)
    data = load_digits()
    order = np.random.default_rng(0).permutation(len(data.target))
    inputs = (data.data[order].reshape(-1, *SHAPE) / 8 - 1).astype(np.float32)
    labels = data.target[order]
    rows = 128 if smoke else TRAINED
    x, y = torch.from_numpy(inputs[:rows]), torch.from_numpy(labels[:rows])
    found = {
        space: judged(trained(space, x, y, epochs=1 if smoke else 4), inputs, labels)
        for space in (SPACES[:1] if smoke else SPACES)
    }
    write("int8_digits", found, smoke)


if __name__ == "__main__":
    main()
