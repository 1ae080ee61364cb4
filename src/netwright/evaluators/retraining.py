"""Trains one design long and well, on all rows: what a search ends in."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.evaluator import Evaluator
from netwright.core.result import Result
from netwright.core.task import Task
from netwright.evaluators.nets import MODEL
from netwright.evaluators.refit import SOURCE
from netwright.evaluators.rows import open_table
from netwright.learners.image import ARCHITECTURE, ImageLearner, NetModel
from netwright.spaces.naming import NetSpaceName


@dataclass(frozen=True)
class RetrainEvaluator(Evaluator):
    """Trains until the time is over or the epochs are done, and keeps the net.

    Attributes:
        task: The statement, without rows.
        data: Folder of the rows.
        space: Of the design, perhaps wider or deeper than it was searched in.
        design: The design.
        recipe: How to train.
        checkpoints: Folder of this training's checkpoint; a training that died goes on from it.
        seed: Of the training, the same whenever it is begun again.
        start: Folder of a trained net of this design to go on from, None for random weights.
    """

    task: Task
    data: Path
    space: NetSpaceName
    design: Config
    recipe: Mapping[str, Any]
    checkpoints: Path
    seed: int = 0
    start: Path | None = None

    def evaluate(self, config: Config, context: Context) -> Result:
        """Trains and saves."""
        started = time.monotonic()
        model = self._trained(context.but(folder=self.checkpoints, seed=self.seed))
        assert context.folder is not None
        folder = context.folder / MODEL
        folder.mkdir(exist_ok=True)
        model.save(folder)
        taken = round(time.monotonic() - started, 2)
        return Result(
            scores={SOURCE: float(config[SOURCE] or 0)},
            artifacts={"trained_seconds": taken, "tuned": dict(model.tuned)},
            cost=taken,
        )

    def _trained(self, context: Context) -> NetModel:
        import torch

        inside = {f"{ARCHITECTURE}.{name}": value for name, value in self.design.items()}
        data = self.task.with_data(open_table(self.data))
        whole, learner = Config({**self.recipe, **inside}), ImageLearner(self.space)
        if self.start is None:
            return learner.fit(data, whole, context)
        torch.set_num_threads(context.threads)
        _, net = NetModel.load(self.start).net.children()  # behind its layer for pixels
        return learner.train(net, data, whole, context)
