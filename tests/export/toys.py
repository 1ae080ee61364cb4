"""A model that is a net, as an image learner makes them, and runs that hold such models."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from netwright.core.learner import Model
from netwright.core.task import Task
from netwright.data.table import Table
from netwright.manifest import write_predictor
from netwright.nn.head import Head

SHAPE = (1, 8, 8)


@dataclass(frozen=True)
class Built:
    """Whose the outputs are; numbers have a scale."""

    heads: tuple[Head, ...]


class PictureModel(Model):
    """A net on the column `image`."""

    def __init__(self, net: nn.Module, outputs: int) -> None:
        self.net, self.outputs, self.shape = net.eval(), outputs, SHAPE
        self.built = Built((Head(outputs, 10.0, 2.0),))

    def predict(self, table: pd.DataFrame) -> NDArray[Any]:
        with torch.no_grad():
            out = self.net(torch.from_numpy(np.stack(list(table["image"])))).double()
        if self.outputs == 1:
            return np.asarray(out[:, 0] * 2.0 + 10.0)
        return np.asarray(torch.softmax(out, dim=1))

    def save(self, folder: Path) -> None:
        facts = {"format": "picture", "outputs": self.outputs}
        (folder / "model.json").write_text(json.dumps(facts))
        torch.save(self.net.state_dict(), folder / "net.pt")

    @classmethod
    def load(cls, folder: Path) -> PictureModel:
        outputs = json.loads((folder / "model.json").read_text())["outputs"]
        net = picture_net(outputs)
        net.load_state_dict(torch.load(folder / "net.pt"))
        return cls(net, outputs)


def picture_net(outputs: int, seed: int = 0) -> nn.Module:
    """Small, with statistics that are not those of a new net."""
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(512, outputs),
    )
    net(torch.randn(64, *SHAPE))
    return net.eval()


def picture_rows(rows: int, classes: int) -> Table:
    """Noise."""
    rng = np.random.default_rng(0)
    cells = list(rng.normal(size=(rows, *SHAPE)).astype(np.float32))
    target = rng.integers(0, classes, rows) if classes else rng.normal(size=rows)
    return Table(pd.DataFrame({"image": pd.Series(cells, dtype=object)}), target)


def write_run(
    run: Path, task: Task, weights: tuple[float, ...] = (1.0,), temperature: float = 1.0
) -> Path:
    """A run folder whose predictor is an ensemble of nets."""
    members = []
    for seed, weight in enumerate(weights):
        folder = run / "trials" / f"{seed:04d}"
        folder.mkdir(parents=True)
        PictureModel(picture_net(task.outputs, seed), task.outputs).save(folder)
        members.append((folder, weight))
    write_predictor(run / "predictor", task, members, temperature, [])
    return run
