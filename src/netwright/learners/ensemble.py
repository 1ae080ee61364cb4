"""Ensembles: models chosen greedily (Caruana et al. 2004) and averaged by weight."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netwright.core.learner import Model
from netwright.core.machine import cores
from netwright.core.metric import Metric
from netwright.export.graph import Graph
from netwright.learners.models import load_model

ROUNDS = 40
LEAST_ROWS = 2000
"""Rows from which on it pays to have a thread of their own."""
LEAST = 1e-12
"""Probabilities are tempered as if none were less."""


def select_greedily(
    predictions: Mapping[int, NDArray[Any]],
    truth: NDArray[Any],
    metric: Metric,
    weight: NDArray[Any] | None = None,
    rounds: int = ROUNDS,
    allowed: Callable[[frozenset[int]], bool] | None = None,
) -> dict[int, float]:
    """Weights of the models whose average scores best.

    Starts from the best single model and adds, with replacement, whichever helps most; stops
    where adding any makes it worse.

    Args:
        predictions: Model number to its out-of-fold predictions.
        truth: What they should have been.
        metric: Decides.
        weight: Row weights.
        rounds: Most additions.
        allowed: Whether a set of models keeps the limits.

    Returns:
        Model number to weight; the weights sum to one. Empty when no model is allowed.
    """
    fits = allowed or (lambda chosen: True)
    single = {
        number: metric.loss(truth, values, weight)
        for number, values in predictions.items()
        if fits(frozenset([number]))
    }
    single = {number: loss for number, loss in single.items() if np.isfinite(loss)}
    if not single:
        return {}
    first = min(single, key=lambda number: (single[number], number))
    picks, total, best = [first], predictions[first].astype(np.float64), single[first]
    for _ in range(rounds):
        losses = {
            number: metric.loss(truth, (total + predictions[number]) / (len(picks) + 1), weight)
            for number in single
            if fits(frozenset([*picks, number]))
        }
        chosen = min(losses, key=lambda number: (losses[number], number))
        if losses[chosen] > best - 1e-12:
            break
        best = losses[chosen]
        picks.append(chosen)
        total = total + predictions[chosen]
    return {number: picks.count(number) / len(picks) for number in dict.fromkeys(picks)}


def fit_temperature(
    probabilities: NDArray[Any], truth: NDArray[Any], weight: NDArray[Any] | None = None
) -> float:
    """The temperature that makes held-back probabilities most likely (Guo et al. 2017).

    Above one they were too sure of themselves, below one too timid; found by golden section over
    its logarithm.
    """
    from netwright.core.metric import log_loss

    def loss(position: float) -> float:
        return log_loss(truth, temper(probabilities, float(np.exp(position))), weight)

    low, high = np.log(0.3), np.log(3.0)
    ratio = (np.sqrt(5) - 1) / 2
    for _ in range(25):
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, b) if loss(a) <= loss(b) else (a, high)
    return float(np.exp((low + high) / 2))


def temper(probabilities: NDArray[Any], temperature: float) -> NDArray[np.float64]:
    """Probabilities with their logarithms divided by a temperature."""
    powered = np.clip(probabilities, LEAST, 1.0) ** (1.0 / temperature)
    return np.asarray(powered / powered.sum(axis=1, keepdims=True))


class EnsembleModel(Model):
    """Several models, averaged by weight, then tempered.

    Args:
        members: Models; those of one design (its folds) share the design's weight.
        weights: One a member, summing to one.
        temperature: See `fit_temperature`; 1 leaves probabilities as they are.
    """

    def __init__(
        self, members: Sequence[Model], weights: Sequence[float], temperature: float = 1.0
    ) -> None:
        self.members = list(members)
        self.weights = list(weights)
        self.temperature = temperature

    def predict(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """The weighted mean, in the members' order; many rows are shared out among the cores."""
        parts = min(cores(), len(table) // LEAST_ROWS)
        if parts < 2 or not all(member.parallel for member in self.members):
            return self._predict(table)
        edges = np.linspace(0, len(table), parts + 1).astype(int)
        slices = [table.iloc[begin:end] for begin, end in pairwise(edges)]
        with ThreadPoolExecutor(parts) as pool:
            return np.concatenate(list(pool.map(self._predict, slices)))

    def _predict(self, table: pd.DataFrame) -> NDArray[np.float64]:
        total: Any = 0.0
        for member, weight in zip(self.members, self.weights, strict=True):
            total = total + weight * member.predict(table)
        mean = np.asarray(total, dtype=np.float64)
        return mean if self.temperature == 1.0 else temper(mean, self.temperature)

    def onnx(self, graph: Graph, columns: Mapping[str, str]) -> str:
        """The same in an ONNX graph."""
        parts = [
            graph.add("Mul", weight, member.onnx(graph, columns))
            for member, weight in zip(self.members, self.weights, strict=True)
        ]
        mean = graph.add("Sum", *parts)
        if self.temperature == 1.0:
            return mean
        certain = graph.add("Clip", mean, LEAST, 1.0)
        return graph.shares(graph.add("Pow", certain, 1.0 / self.temperature))

    def save(self, folder: Path) -> None:
        """Writes every member into a folder of its own."""
        for position, member in enumerate(self.members):
            inside = folder / f"member{position:03d}"
            inside.mkdir()
            member.save(inside)
        write_ensemble(folder, self.weights, self.temperature)

    @classmethod
    def load(cls, folder: Path) -> EnsembleModel:
        """Reads every member."""
        facts = json.loads((folder / "model.json").read_text())
        members = [
            load_model(folder / f"member{position:03d}")
            for position in range(len(facts["weights"]))
        ]
        return cls(members, facts["weights"], facts["temperature"])


def write_ensemble(folder: Path, weights: Sequence[float], temperature: float) -> None:
    """Writes an ensemble's own file beside members that are there already."""
    facts = {"format": "ensemble", "weights": list(weights), "temperature": temperature}
    (folder / "model.json").write_text(json.dumps(facts))
