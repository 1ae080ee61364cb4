"""Pictures to search and train on, and fair rivals: the same rows, recipe, clock and cost."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import netwright
from common import DATA
from netwright.core.audit import Audit
from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.folder import RunFolder
from netwright.core.learner import Model
from netwright.core.machine import cores
from netwright.core.task import Task
from netwright.data.images import CLASS, IMAGE, as_cells
from netwright.data.prepare import Wishes, prepare
from netwright.data.table import Table
from netwright.evaluators.costs import counted
from netwright.learners.image import ARCHITECTURE, ImageLearner, NetModel
from netwright.nn.allocation import keep_freed_memory
from netwright.recipes.retrain import EPOCHS
from netwright.recipes.search_options import make_search_options
from netwright.report.summary import summarise
from netwright.spaces.naming import NetSpaceName
from rivals import random_of_cost, unseen_rows

CIFAR = DATA / "images" / "cifar10_12k.zip"


@dataclass(frozen=True)
class Pictures:
    """Pictures to learn from and others to be judged on.

    Attributes:
        train: A frame, or a path of pictures with a train part.
        test: A frame, or a path of pictures with a test part.
        smoke: Whether nothing is trained for longer than one epoch, or on more than one core.
    """

    train: Any
    test: Any
    smoke: bool = False

    @cached_property
    def task(self) -> Task:
        """The task with the rows to learn from, as a search makes it."""
        return prepare(self.train, CLASS, Wishes(metric="accuracy"), Audit())

    @cached_property
    def held(self) -> Table:
        """The rows to be judged on."""
        return unseen_rows(self.task, self.test)

    def accuracy(self, model: Model) -> float:
        """Percent of the test pictures that a model gets right."""
        return percent(model.predict(self.held.features), self.held.target)


def percent(predicted: np.ndarray, target: np.ndarray | None) -> float:
    """Share of rows (rows, classes) whose largest number is the target's, in percent."""
    return round(100 * float((predicted.argmax(axis=1) == target).mean()), 2)


def cifar(smoke: bool) -> Pictures:
    """CIFAR-10 12k or, for a smoke run, tiny pictures that differ in their colour."""
    return Pictures(toys(16), toys(8), smoke) if smoke else Pictures(CIFAR, CIFAR)


def toys(each: int, classes: int = 3, side: int = 8) -> pd.DataFrame:
    """Noise in which each class has a brighter channel."""
    rng = np.random.default_rng(each)
    labels = np.repeat(np.arange(classes), each)
    values = rng.integers(0, 120, (len(labels), 3, side, side)).astype(np.uint8)
    values[np.arange(len(labels)), labels % 3] += 60
    return pd.DataFrame({IMAGE: as_cells(values), CLASS: [f"class {label}" for label in labels]})


def searched(data: Pictures, out: Path, minutes: float, **words: Any) -> dict[str, Any]:
    """Searches for some minutes (a smoke run: two designs), and says what `show --json` does."""
    own: dict[str, Any] = {"budget": 60 * minutes}
    if data.smoke:
        own = {"trials": 2, "epochs": 1, "engine": "inline"}
    netwright.search(data.train, CLASS, out=out, overwrite=True, **{**words, **own})
    return summarise(RunFolder.open(out))


def best_of(facts: dict[str, Any]) -> dict[str, Any]:
    """What a search found, of all that `show --json` says."""
    best = next(row for row in facts["designs"] if row["number"] == facts["best"]["trial"])
    told = {name: facts[name] for name in ("score", "trials", "seconds")}
    return {**told, "design": best["design"], **best["costs"]}


def retrained(
    data: Pictures, out: Path, minutes: float, augment: str | None = None
) -> dict[str, Any]:
    """What `netwright retrain` makes of the best design in some minutes."""
    own: dict[str, Any] = {"epochs": 1, "threads": 1} if data.smoke else {"budget": 60 * minutes}
    predictor = netwright.retrain(out, augment=augment, **own)
    told = summarise(RunFolder.open(out))["retrained"]
    epochs = {name: told[name] for name in ("epochs", "trained_seconds")}
    return {"accuracy": data.accuracy(predictor.model), **epochs}


def trained(
    data: Pictures,
    space: NetSpaceName,
    design: Config,
    minutes: float,
    seed: int = 0,
    augment: str | None = None,
) -> NetModel:
    """Trains a design from scratch as `netwright retrain` does: its recipe, on every core."""
    keep_freed_memory()  # as in a worker of `netwright retrain`
    recipe = {
        **make_search_options(target=CLASS, augment=augment).training(data.task),
        "epochs": EPOCHS,
    }
    context = Context(seed=seed, threads=cores(), deadline=time.monotonic() + 60 * minutes)
    if data.smoke:
        recipe, context = {**recipe, "epochs": 1}, Context(seed=seed)
    inside = {f"{ARCHITECTURE}.{name}": value for name, value in design.items()}
    return ImageLearner(space).fit(data.task, Config({**recipe, **inside}), context)


def flops_g(space: NetSpaceName, design: Config, task: Task) -> float:
    """Thousand millions of multiply-adds for one picture."""
    return counted(space, design, task)["flops_g"]


def rival(
    data: Pictures, space: NetSpaceName, cost: float, minutes: float, seed: int, within: float
) -> dict[str, Any]:
    """A random design of equal cost, trained from scratch: its text, cost and test accuracy."""
    cost_of, rng = partial(flops_g, space, task=data.task), np.random.default_rng(seed)
    design = random_of_cost(space.open(), cost_of, cost, rng, within)
    model = trained(data, space, design, minutes, seed)
    return {
        "accuracy": data.accuracy(model),
        "flops_g": flops_g(space, design, data.task),
        "epochs": model.built.epochs,
        "design": space.open().to_text(design),
    }
