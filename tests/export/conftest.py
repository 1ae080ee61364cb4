"""A small net that has learned something, shared by the tests of this folder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from torch import nn


@dataclass(frozen=True)
class Learned:
    """A net, and digits it has not seen."""

    net: nn.Module
    inputs: NDArray[np.float32]  # (n, 1, 8, 8)
    labels: NDArray[np.int64]


@pytest.fixture(scope="session")
def learned() -> Learned:
    """A convolutional net of 1.1 MB, trained for a few seconds."""
    torch.manual_seed(0)
    data = load_digits()
    inputs = (data.data.reshape(-1, 1, 8, 8) / 16).astype(np.float32)
    net = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, 2, 1),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(1024, 256),
        nn.ReLU(),
        nn.Linear(256, 10),
    )
    x, y = torch.from_numpy(inputs[:1200]), torch.from_numpy(data.target[:1200])
    optimiser = torch.optim.Adam(net.parameters(), 2e-3)
    for start in list(range(0, 1200, 100)) * 3:
        optimiser.zero_grad()
        nn.functional.cross_entropy(net(x[start : start + 100]), y[start : start + 100]).backward()
        optimiser.step()
    return Learned(net.eval(), inputs[1200:], data.target[1200:])
