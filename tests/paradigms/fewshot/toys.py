"""Small backbones and tasks, in float64 where derivatives are checked."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from netwright.data.tasksets import ClassPool
from netwright.nn.normalisation import normalise_tasks

WAYS, SHOTS, QUERIES, TASKS = 3, 2, 4, 5
Batch = tuple[Tensor, Tensor, Tensor, Tensor]


def backbone(how: str = "transductive", outputs: int = WAYS, seed: int = 0) -> nn.Module:
    """A net of (batch, 1, 6, 6) whose derivatives have no kinks."""
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Tanh(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(36, outputs),
    )  # fmt: skip
    return normalise_tasks(net, how).double()


def batch(seed: int = 0, tasks: int = TASKS) -> Batch:
    """Support, labels, query and target of several tasks."""
    made = torch.Generator().manual_seed(seed)
    support = torch.randn(tasks, WAYS * SHOTS, 1, 6, 6, generator=made, dtype=torch.float64)
    query = torch.randn(tasks, WAYS * QUERIES, 1, 6, 6, generator=made, dtype=torch.float64)
    labels = torch.arange(WAYS).repeat_interleave(SHOTS).expand(tasks, -1)
    target = torch.arange(WAYS).repeat_interleave(QUERIES).expand(tasks, -1)
    return support, labels, query, target


def pool(classes: int = 8, rows: int = 12, side: int = 8, turned: bool = False) -> ClassPool:
    """Classes that differ by where they are bright."""
    rng = np.random.default_rng(0)
    means = rng.normal(0, 2, (classes, 1, 1, side, side))
    images = (means + rng.normal(0, 1, (classes, rows, 1, side, side))).astype(np.float32)
    numbers = np.repeat(np.arange(classes), rows)
    names = tuple(f"class{number}" for number in range(classes))
    return ClassPool(images.reshape(-1, 1, side, side), numbers, names, turned)
