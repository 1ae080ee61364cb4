"""Pictures to search and train on, and fair rivals: the same rows, recipe, clock and cost."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

import netwright
from common import DATA
from netwright.core.audit import Audit
from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.folder import RunFolder
from netwright.core.learner import Model
from netwright.core.task import Task
from netwright.data.images import CLASS, IMAGE, as_cells
from netwright.data.prepare import Wishes, prepare
from netwright.data.readers import read
from netwright.data.schema import typed
from netwright.data.table import Table
from netwright.data.target import encode_target, take_target
from netwright.evaluators.nets import counted
from netwright.hardware.latency import cores
from netwright.learners.image import ARCHITECTURE, ImageLearner, NetModel
from netwright.recipes.retrain import EPOCHS
from netwright.recipes.search_options import make_search_options
from netwright.report.summary import summarise
from netwright.spaces.naming import NetSpaceName

CIFAR = DATA / "images" / "cifar10_12k.zip"
WITHIN = 0.25
"""How far designs of equal cost may be apart, as a share of multiply-adds."""
PATIENCE = 100
"""Steps that bring a random design no nearer to a cost, after which another one is drawn."""


@dataclass(frozen=True)
class Pictures:
    """Pictures to learn from and others to be judged on.

    Attributes:
        train: A frame, or a path of pictures with a train part.
        test: A frame, or a path of pictures with a test part.
    """

    train: Any
    test: Any

    @cached_property
    def task(self) -> Task:
        """The task with the rows to learn from, as a search makes it."""
        return prepare(self.train, CLASS, Wishes(metric="accuracy"), Audit())

    @cached_property
    def held(self) -> Table:
        """The rows to be judged on."""
        frame, column = take_target(read(self.test, part="test"), CLASS, Audit())
        features = typed(frame, self.task.schema).reset_index(drop=True)
        return Table(features, encode_target(column, self.task.kind, self.task.classes))

    def accuracy(self, model: Model) -> float:
        """Percent of the test pictures that a model gets right."""
        return percent(model.predict(self.held.features), self.held.target)


def percent(predicted: np.ndarray, target: np.ndarray | None) -> float:
    """Share of rows (rows, classes) whose largest number is the target's, in percent."""
    return round(100 * float((predicted.argmax(axis=1) == target).mean()), 2)


def cifar(smoke: bool) -> Pictures:
    """CIFAR-10 12k or, for a smoke run, tiny pictures that differ in their colour."""
    return Pictures(toys(16), toys(8)) if smoke else Pictures(CIFAR, CIFAR)


def toys(each: int, classes: int = 3, side: int = 8) -> pd.DataFrame:
    """Noise in which each class has a brighter channel."""
    rng = np.random.default_rng(each)
    labels = np.repeat(np.arange(classes), each)
    values = rng.integers(0, 120, (len(labels), 3, side, side)).astype(np.uint8)
    values[np.arange(len(labels)), labels % 3] += 60
    return pd.DataFrame({IMAGE: as_cells(values), CLASS: [f"class {label}" for label in labels]})


def searched(data: Any, out: Path, minutes: float, smoke: bool, **words: Any) -> dict[str, Any]:
    """Searches for some minutes (a smoke run: two designs), and says what `show --json` does."""
    own: dict[str, Any] = {"budget": 60 * minutes}
    if smoke:
        own = {"trials": 2, "epochs": 1, "engine": "inline"}
    netwright.search(data, CLASS, out=out, overwrite=True, **{**words, **own})
    return summarise(RunFolder.open(out))


def retrained(data: Pictures, out: Path, minutes: float, smoke: bool) -> dict[str, Any]:
    """What `netwright retrain` makes of the best design in some minutes."""
    predictor = netwright.retrain(out, **({"epochs": 1} if smoke else {"budget": 60 * minutes}))
    told = summarise(RunFolder.open(out))["retrained"]
    epochs = {name: told[name] for name in ("epochs", "trained_seconds")}
    return {"accuracy": data.accuracy(predictor.model), **epochs}


def trained(
    task: Task, space: NetSpaceName, design: Config, minutes: float, seed: int = 0
) -> NetModel:
    """Trains a design from scratch as `netwright retrain` does: its recipe, on every core."""
    recipe = {**make_search_options(target=CLASS).training(task), "epochs": EPOCHS}
    inside = {f"{ARCHITECTURE}.{name}": value for name, value in design.items()}
    context = Context(seed=seed, threads=cores(), deadline=time.monotonic() + 60 * minutes)
    return ImageLearner(space).fit(task, Config({**recipe, **inside}), context)


def flops_g(space: NetSpaceName, design: Config, task: Task) -> float:
    """Thousand millions of multiply-adds for one picture."""
    return counted(space, design, task)["flops_g"]


def random_of_cost(
    space: NetSpaceName, task: Task, cost: float, rng: Generator, within: float = WITHIN
) -> Config:
    """A random design that random changes have brought to a number of multiply-adds.

    Designs drawn at random are seldom as costly as one that was searched for, so each walks: a
    change is kept if it brings the cost nearer.

    Args:
        space: Of the designs.
        task: Says how large pictures are.
        cost: Thousand millions of multiply-adds.
        rng: Decides.
        within: How far from the cost it may stay, as a share.
    """
    opened = space.open()

    def away(design: Config) -> float:
        return abs(flops_g(space, design, task) / cost - 1)

    while True:
        design, stale = opened.sample(rng), 0
        while away(design) > within and stale < PATIENCE:
            other = opened.mutate(design, rng)
            nearer = away(other) < away(design)
            design, stale = (other, 0) if nearer else (design, stale + 1)
        if away(design) <= within:
            return design


def rival(
    data: Pictures, space: NetSpaceName, cost: float, minutes: float, seed: int, within: float
) -> dict[str, Any]:
    """A random design of equal cost, trained from scratch: its text, cost and test accuracy."""
    design = random_of_cost(space, data.task, cost, np.random.default_rng(seed), within)
    model = trained(data.task, space, design, minutes, seed)
    return {
        "accuracy": data.accuracy(model),
        "flops_g": round(flops_g(space, design, data.task), 5),
        "epochs": model.built.epochs,
        "design": space.open().to_text(design),
    }
