"""k nearest neighbours (Cover & Hart 1967), on scaled features."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.space import Categorical, Int, Parameters, Space
from netwright.core.task import Task
from netwright.learners.tabular import Algorithm, Fitted, Rows, TabularLearner

MAX_ROWS = 20_000
"""Rows remembered; a random sample of more."""
MAX_FEATURES = 400


class NeighboursFitted(Fitted):
    """The remembered rows."""

    parallel: ClassVar[bool] = True

    def __init__(self, arrays: dict[str, NDArray[Any]], facts: dict[str, Any]) -> None:
        from sklearn.neighbors import NearestNeighbors

        self.arrays = arrays
        self.facts = facts
        self.index = NearestNeighbors(
            n_neighbors=facts["neighbours"],
            metric=facts["metric"],
            algorithm="brute" if arrays["values"].shape[1] > 15 else "kd_tree",
        ).fit(arrays["values"])

    def predict(self, values: Any) -> NDArray[np.float64]:
        """Shares, or means, of the nearest rows' targets."""
        dense = values.toarray() if hasattr(values, "toarray") else values
        distances, nearest = self.index.kneighbors(dense)
        weight = np.ones_like(distances, dtype=np.float64)
        if self.facts["weights"] == "distance":
            weight = 1.0 / np.maximum(distances.astype(np.float64), 1e-6)
        weight *= self.arrays["weight"][nearest]
        weight /= weight.sum(axis=1, keepdims=True)
        targets = self.arrays["target"][nearest]
        outputs = self.facts["outputs"]
        if outputs == 1:
            return np.asarray((weight * targets).sum(axis=1))
        shares = np.stack([(weight * (targets == k)).sum(axis=1) for k in range(outputs)], axis=1)
        # A class no neighbour has is unlikely, not impossible.
        count = self.facts["neighbours"]
        return np.asarray((shares * count + self.arrays["prior"]) / (count + 1))

    def save(self, folder: Path) -> None:
        """Writes the rows."""
        save_file(self.arrays, folder / "neighbours.safetensors")
        (folder / "neighbours.json").write_text(json.dumps(self.facts))

    @classmethod
    def load(cls, folder: Path) -> NeighboursFitted:
        """Reads the rows and indexes them again."""
        facts = json.loads((folder / "neighbours.json").read_text())
        return cls(load_file(folder / "neighbours.safetensors"), facts)


class Neighbours(Algorithm):
    """Sees what lines and trees do not, where rows are many and columns few."""

    name: ClassVar[str] = "neighbours"
    fitted: ClassVar[type[Fitted]] = NeighboursFitted
    numbers: ClassVar[tuple[str, ...]] = ("standard", "quantile")
    categories: ClassVar[tuple[str, ...]] = ("target", "one_hot")

    def space(self, task: Task) -> Space:
        """How many, how near, how weighed."""
        return Parameters(
            {
                "n_neighbors": Int(1, 200, log=True, default=15),
                "weights": Categorical(("distance", "uniform")),
                "metric": Categorical(("euclidean", "manhattan")),
            }
        )

    def fit(self, train: Rows, valid: Rows | None, config: Config, context: Context) -> Fitted:
        """Remembers rows."""
        values = train.values.toarray() if hasattr(train.values, "toarray") else train.values
        rows = np.arange(len(train.target))
        if len(rows) > MAX_ROWS:
            rows = np.sort(np.random.default_rng(context.seed).choice(rows, MAX_ROWS, False))
        weight = np.ones(len(rows)) if train.weight is None else np.asarray(train.weight)[rows]
        whole = np.ones(len(train.target)) if train.weight is None else np.asarray(train.weight)
        prior = whole.sum(keepdims=True)
        if train.outputs > 1:
            prior = np.bincount(train.target, whole, minlength=train.outputs)
        arrays = {
            "values": np.ascontiguousarray(values[rows]),
            "target": np.asarray(train.target)[rows],
            "weight": np.maximum(weight, 1e-12),
            "prior": np.asarray(prior, dtype=np.float64) / whole.sum(),
        }
        facts = {
            "neighbours": min(int(config["n_neighbors"] or 1), len(rows)),
            "weights": config["weights"],
            "metric": config["metric"],
            "outputs": train.outputs,
        }
        return NeighboursFitted(arrays, facts)

    def unfit_for(self, task: Task) -> str | None:
        """Distances mean little in very many dimensions."""
        if len(task.schema.used) > MAX_FEATURES:
            return f"distances mean little over {len(task.schema.used)} columns"
        return None


def learner() -> TabularLearner:
    """The learner `neighbours`."""
    return TabularLearner(Neighbours())
