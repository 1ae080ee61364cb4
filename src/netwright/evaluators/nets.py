"""Judges designs of nets by training them.

What is trained learns on the same rows and is judged on the same held-back ones, by the same
recipe, for the same number of epochs.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.evaluator import Evaluator
from netwright.core.result import Result
from netwright.core.task import Task
from netwright.evaluators.rows import open_fold, some_rows
from netwright.evaluators.shared import SharedEvaluator
from netwright.learners.image import ARCHITECTURE, ImageLearner, NetModel
from netwright.spaces.inheritance import bequeath, inherit, lineage_of
from netwright.spaces.lineage import design_of
from netwright.spaces.naming import NetSpaceName

if TYPE_CHECKING:
    from netwright.data.table import Table

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
        weights: Folder in which designs leave weights to their children.
        supernet: Folder of a trained supernet whose weights designs have as they are, untrained;
            None for none.
        folder: Where the trained net and its checkpoint lie; None for the trial's own.
        judged: Most held-back rows that it is judged on; None for all.
        watched: Whether the score on the hold-out is reported after every epoch, so that a pruner
            may stop what does not promise.
        seed: Decides the hold-out; the same for all trials.
    """

    task: Task
    data: Path
    space: NetSpaceName
    recipe: Mapping[str, Any] = field(default_factory=dict)
    weights: Path | None = None
    supernet: Path | None = None
    folder: Path | None = None
    judged: int | None = None
    watched: bool = False
    seed: int = 0

    def evaluate(self, config: Config, context: Context) -> Result:
        """Every metric on the held-back rows, and what training found out."""
        train, held = open_fold(self.data, self.task, self.seed, 0)
        started = time.monotonic()
        if self.folder is not None:
            context = context.but(folder=self.folder)
        if self.watched:
            context = context.but(validation=held)
        model = self._model(train, config, context)
        taken = round(time.monotonic() - started, 2)
        if model.pruned:
            return Result(state="pruned", cost=taken)
        if context.folder is not None:
            folder = context.folder / MODEL
            folder.mkdir(exist_ok=True)
            model.save(folder)
        artifacts = {"trained_seconds": taken, "tuned": dict(model.tuned)}
        return Result(
            scores=_scores(model, some_rows(held.data, self.judged, self.seed), held),
            artifacts=artifacts,
            cost=round(time.monotonic() - started, 3),
        )

    def _model(self, train: Task, config: Config, context: Context) -> NetModel:
        """A net with its part of a supernet's weights, or trained from weights at random, or from
        its parent's, and then it leaves its own to its children."""
        import torch

        inside = {f"{ARCHITECTURE}.{name}": v for name, v in design_of(config).items()}
        kept = {"keep": "last"} if self.watched else {}  # the hold-out chooses no weights
        whole = Config({**self.recipe, **kept, **inside})
        learner = ImageLearner(self.space, self.watched)
        if self.supernet is not None:
            torch.set_num_threads(context.threads)
            shared = SharedEvaluator(self.task, self.data, self.space, self.supernet, self.seed)
            return shared.model(design_of(config))
        lineage = lineage_of(self.space.open(), config, self.weights)
        if lineage is None or self.weights is None:
            return learner.fit(train, whole, context)
        torch.set_num_threads(context.threads)
        torch.manual_seed(context.seed)
        net = inherit(lineage, config, self.task, self.weights, context.seed)
        model = learner.train(net, train, whole, context)
        bequeath(net.to("cpu"), config, self.weights)
        return model


def _scores(model: NetModel, rows: Table, task: Task) -> dict[str, float]:
    return task.scores(rows.target, model.predict(rows.features), rows.weight)
