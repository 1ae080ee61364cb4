"""Nets of tables, 10 minutes: what `netwright.fit` finds among them against random designs.

`fit` at level `architecture` searches nets only, on one of the eight real tables and its fixed test
rows. Its best design is trained again on the training rows, a fifth of them watched to stop early
by. So are random architectures whose multiply-adds are within 25 %, with the preparation and the
recipe of the found design. What the finished predictor scores stands beside.

The bar: a test loss below the median of the random designs.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from statistics import mean, median
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_wine
from torch import nn

import netwright
from common import DATA, parser, test_rows
from netwright.core.audit import Audit
from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.folder import RunFolder
from netwright.core.task import Task
from netwright.data.prepare import Wishes, prepare, with_folds
from netwright.data.splits import make_folds
from netwright.learners.net import ARCHITECTURE, NetFitted, learner
from netwright.report.summary import summarise
from netwright.spaces.mlp import TabularNetSpace
from parts import Part, Parts
from rivals import WITHIN, random_of_cost, unseen_rows

FOLDER = DATA / "tabular"
SEEDS = 3
"""Trainings of each design, of which the mean counts."""


@dataclass(frozen=True)
class Rows:
    """A table to learn from and rows to be judged on.

    Attributes:
        train, test: Both with the target.
        target: Its column.
        words: What else a fit is told: `kind` and `metric`.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    target: str
    words: Mapping[str, Any]

    @cached_property
    def task(self) -> Task:
        """The task with the rows to learn from."""
        return with_folds(prepare(self.train, self.target, Wishes(**self.words), Audit()), 1)


def real(name: str) -> Rows:
    """One of the eight real tables, with its fixed test rows."""
    tasks = json.loads((FOLDER / "tasks.json").read_text())
    task = next(task for task in tasks if task["name"] == name)
    frame = pd.read_csv(FOLDER / f"{name}.csv.gz", low_memory=False)
    held = np.isin(np.arange(len(frame)), test_rows(name))
    words = {"kind": task["task"], "metric": task["metric"]}
    return Rows(frame[~held], frame[held], task["target"], words)


def wine() -> Rows:
    """Sixty rows from scikit-learn, for a smoke run."""
    frame = load_wine(as_frame=True).frame[::3]
    return Rows(frame[::2], frame[1::2], "target", {"kind": "multiclass", "metric": "log_loss"})


def arguments() -> argparse.Namespace:
    """Which table, for how long."""
    made = parser(__doc__)
    made.add_argument("--resume", action="store_true", help="keep the parts that are done")
    made.add_argument("--table", default="california_housing")
    made.add_argument("--minutes", type=float, default=10)
    made.add_argument("--rivals", type=int, default=5, help="random designs")
    made.add_argument("--seed", type=int, default=0)
    return made.parse_args()


def main() -> None:
    """Searches, then trains what was found and its rivals."""
    told = arguments()
    rows = wine() if told.smoke else real(told.table)
    terms = {"minutes": told.minutes, "table": told.table, "seed": told.seed, "within": WITHIN}
    parts = Parts("search_mlp", terms, resume=told.resume, smoke=told.smoke)
    search = partial(searched, parts, rows, told.minutes, told.seed)
    config = Config(parts.take("search", search)["config"])
    found = parts.take("found", partial(trained, rows, config))
    others = [
        parts.take(f"random {place}", partial(rival, rows, found, told.seed + place))
        for place in range(1, (1 if told.smoke else told.rivals) + 1)
    ]
    middle = median(other["loss"] for other in others)
    parts.conclude(
        {
            "metric": rows.words["metric"],
            "found": found["loss"],
            "random": sorted(other["loss"] for other in others),
            "median": middle,
            "met": found["loss"] < middle,
        }
    )


def searched(parts: Parts, rows: Rows, minutes: float, seed: int) -> Part:
    """The best design of a fit, and what the whole predictor scores."""
    own: dict[str, Any] = {"budget": 60 * minutes}
    if parts.smoke:
        own = {"trials": 1, "engine": "inline", "explain": False}
    words = {**rows.words, "level": "architecture", "strategy": "auto", "seed": seed, **own}
    out = parts.run("search")
    predictor = netwright.fit(rows.train, rows.target, out=out, overwrite=True, **words)
    facts = summarise(RunFolder.open(out))
    best = Config(facts["best"]["config"]).within("net").to_json()
    score = predictor.evaluate(rows.test)[rows.words["metric"]]
    return {"config": best, "trials": facts["trials"], "predictor": score}


def rival(rows: Rows, found: Part, seed: int) -> Part:
    """A random architecture of equal cost in place of the one that was found."""
    space, rng = TabularNetSpace(rows.task), np.random.default_rng(seed)
    cost_of = partial(multiply_adds, inputs=found["inputs"])
    design = random_of_cost(space, cost_of, found["multiply_adds"], rng, WITHIN)
    inside = {f"{ARCHITECTURE}.{name}": value for name, value in design.items()}
    kept = {
        name: v for name, v in found["config"].items() if name.partition(".")[0] != ARCHITECTURE
    }
    return trained(rows, Config({**kept, **inside}))


def trained(rows: Rows, config: Config) -> Part:
    """A design's loss on the test rows, the mean over trainings from several seeds."""
    task, losses = rows.task, []
    learn, watch = make_folds(task, task.data, 0)[0]
    watched, learned = (task.with_data(task.data.rows(part)) for part in (watch, learn))
    unseen = unseen_rows(task, rows.test)
    assert unseen.target is not None
    for seed in range(SEEDS):
        context = Context(seed=seed, validation=watched)
        model = learner().fit(learned, config, context)
        predicted = model.predict(unseen.features)
        losses.append(task.metric.loss(unseen.target, predicted, None))
    assert isinstance(model.fitted, NetFitted)
    facts = model.fitted.facts
    inputs = [len(facts["plain"]), facts["sizes"], facts["outputs"]]
    return {
        "loss": round(mean(losses), 5),
        "multiply_adds": multiply_adds(config.within(ARCHITECTURE), inputs),
        "inputs": inputs,
        "config": config.to_json(),
    }


def multiply_adds(design: Config, inputs: list[Any]) -> int:
    """Those of the matrices that one row goes through.

    Args:
        design: The architecture.
        inputs: Plain numbers, categories of each coded column, outputs.
    """
    layers = TabularNetSpace.build(design, *inputs).modules()
    return sum(layer.weight.numel() for layer in layers if isinstance(layer, nn.Linear))


if __name__ == "__main__":
    main()
