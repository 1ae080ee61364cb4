"""Judges designs of nets by training them, and says first what each of them costs.

A design over a limit is not trained at all. What is trained learns on the same rows and is judged
on the same held-back ones, by the same recipe, for the same number of epochs.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.evaluator import Evaluator
from netwright.core.result import Result
from netwright.core.task import Task
from netwright.data.splits import make_folds
from netwright.evaluators.rows import open_fold, open_table
from netwright.learners.image import ARCHITECTURE, ImageLearner, NetModel
from netwright.spaces.inheritance import bequeath, inherit
from netwright.spaces.lineage import PARENT, Lineage, design_of
from netwright.spaces.morphism import Morphism
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import LATENCY

if TYPE_CHECKING:
    from torch import nn

MODEL = "net"
"""Folder of a trial's trained net."""


@dataclass(frozen=True)
class NetEvaluator(Evaluator):
    """Trains a design on the hold-out's training rows.

    Attributes:
        task: The statement, without rows.
        data: Folder of the rows.
        space: Of the designs.
        recipe: How to train: `epochs` and what else differs from the defaults.
        measure_latency: Whether latency is measured although nothing limits it.
        weights: Folder in which designs leave weights to their children.
        seed: Decides the hold-out; the same for all trials.
    """

    task: Task
    data: Path
    space: NetSpaceName
    recipe: Mapping[str, Any] = field(default_factory=dict)
    measure_latency: bool = False
    weights: Path | None = None
    seed: int = 0

    def evaluate(self, config: Config, context: Context) -> Result:
        """Counts and measures, then trains and judges."""
        started = time.monotonic()
        design = design_of(config)
        costs = dict(counted(self.space, design, self.task))
        limits = self.task.constraints
        if not limits.broken(costs) and (self.measure_latency or limits.max_latency_ms):
            costs[LATENCY] = measured_ms(self.space, design, self.task)
        over, broken = limits.over(costs), limits.broken(costs)
        if broken:
            return Result(
                state="pruned",
                scores=costs,
                constraints=over,
                cost=round(time.monotonic() - started, 3),
                error=f"over the limit: {', '.join(broken)}",
            )
        scores, artifacts = self._trained(config, context)
        return Result(
            scores={**scores, **costs},
            constraints=over,
            artifacts=artifacts,
            cost=round(time.monotonic() - started, 3),
        )

    def _trained(self, config: Config, context: Context) -> tuple[dict[str, float], dict[str, Any]]:
        """Every metric on the held-back rows, and what training found out."""
        train, valid = open_fold(self.data, self.task, self.seed, 0)
        started = time.monotonic()
        model = self._model(train, config, context)
        artifacts = {
            "trained_seconds": round(time.monotonic() - started, 2),
            "tuned": dict(model.tuned),
        }
        if context.folder is not None:
            folder = context.folder / MODEL
            folder.mkdir(exist_ok=True)
            model.save(folder)
        rows = make_folds(self.task, open_table(self.data), self.seed)[0][1]
        table = open_table(self.data)
        assert table.target is not None
        truth = table.target[rows]
        weight = None if table.weight is None else table.weight[rows]
        return self.task.scores(truth, model.predict(valid.data.features), weight), artifacts

    def _model(self, train: Task, config: Config, context: Context) -> NetModel:
        """A net with weights at random, or with its parent's, which it leaves to its children."""
        import torch

        inside = {f"{ARCHITECTURE}.{name}": v for name, v in design_of(config).items()}
        whole = Config({**self.recipe, **inside})
        learner, space = ImageLearner(self.space), self.space.open()
        if PARENT not in config or self.weights is None or not isinstance(space, Morphism):
            return learner.fit(train, whole, context)
        torch.set_num_threads(context.threads)
        torch.manual_seed(context.seed)
        self.weights.mkdir(exist_ok=True)
        net = inherit(Lineage(space), config, self.task, self.weights, context.seed)
        model = learner.train(net, train, whole, context)
        bequeath(net.to("cpu"), config, self.weights)
        return model


@dataclass(frozen=True)
class KeepsLimits:
    """Whether a design keeps the limits that can be counted; importable by workers."""

    space: NetSpaceName
    task: Task

    def __call__(self, config: Config) -> bool:
        costs = counted(self.space, design_of(config), self.task)
        return not self.task.constraints.broken(costs)


def counted(space: NetSpaceName, config: Config, task: Task) -> Mapping[str, float]:
    """Parameters, multiply-adds and memory of a design, by the names limits have."""
    text = space.open().to_text(config)
    arguments = json.dumps(dict(space.arguments), sort_keys=True)
    return _counted(space.name, arguments, text, task.with_data(None))


@lru_cache(maxsize=4096)
def _counted(name: str, arguments: str, text: str, task: Task) -> Mapping[str, float]:
    import torch

    from netwright.hardware.costs import costs_of

    space = NetSpaceName(name, json.loads(arguments)).open()
    with torch.random.fork_rng(devices=[]):  # weights are drawn, and thrown away
        net = space.build(space.from_text(text), task)
    return asdict(costs_of(net, task.input_shape))


def measured_ms(space: NetSpaceName, config: Config, task: Task) -> float:
    """Milliseconds for one picture of an untrained design, see `exported_ms`."""
    import torch

    with torch.random.fork_rng(devices=[]):
        return exported_ms(space.open().build(config, task), task.input_shape)


def exported_ms(net: nn.Module, shape: tuple[int, ...]) -> float:
    """Milliseconds for one picture: the exported file on this machine, one thread, the median."""
    from tempfile import TemporaryDirectory

    from netwright.export.onnx import export_onnx
    from netwright.hardware.latency import measure_latency

    with TemporaryDirectory() as folder:
        path = export_onnx(net, shape, Path(folder) / "net.onnx")
        return round(measure_latency(path, shape).median_ms, 4)
