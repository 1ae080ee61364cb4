"""What a design costs, found out before it is judged: over a limit it is not trained at all."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.evaluator import Evaluator
from netwright.core.result import Result
from netwright.core.task import Task
from netwright.learners.image import with_pixels
from netwright.spaces.lineage import design_of
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import LATENCY


@dataclass(frozen=True)
class CostsFirst(Evaluator):
    """Counts and measures a design, and has it judged by another evaluator if it keeps the limits.

    Attributes:
        inner: Judges.
        space: Of the designs.
        task: What nets are built for, and the limits on them; without rows.
        measure_latency: Whether latency is measured although nothing limits it.
    """

    inner: Evaluator
    space: NetSpaceName
    task: Task
    measure_latency: bool = False

    def evaluate(self, config: Config, context: Context) -> Result:
        """What the inner evaluator says, with the costs among the scores."""
        started = time.monotonic()
        design, limits = design_of(config), self.task.constraints
        costs = dict(counted(self.space, design, self.task))
        if not limits.broken(costs) and (self.measure_latency or limits.max_latency_ms):
            costs[LATENCY] = measured_ms(self.space, design, self.task)
        over, broken = limits.over(costs), limits.broken(costs)
        taken = round(time.monotonic() - started, 3)
        if broken:
            return Result(
                state="pruned",
                scores=costs,
                constraints=over,
                cost=taken,
                error=f"over the limit: {', '.join(broken)}",
            )
        found = self.inner.evaluate(config, context)
        return replace(
            found,
            scores={**found.scores, **costs},
            constraints={**found.constraints, **over},
            cost=found.cost + taken,
        )


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
    """Milliseconds for one picture of an untrained design, behind the layer that normalises it.

    What runs is the exported file, on this machine, with one thread; the median counts.
    """
    from tempfile import TemporaryDirectory

    import torch

    from netwright.export.onnx import export_onnx
    from netwright.hardware.latency import measure_latency

    shape = task.input_shape
    with torch.random.fork_rng(devices=[]), TemporaryDirectory() as folder:
        net = with_pixels(space.open().build(config, task), shape)
        path = export_onnx(net, shape, Path(folder) / "net.onnx")
        return round(measure_latency(path, shape).median_ms, 4)
