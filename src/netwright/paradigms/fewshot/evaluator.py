"""Judges designs by how well they learn tasks of classes they have never seen."""

from __future__ import annotations

import time
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.errors import ConfigError
from netwright.core.evaluator import Evaluator
from netwright.core.result import Result
from netwright.core.task import Task
from netwright.data.tasksets import Pool
from netwright.evaluators.nets import MODEL
from netwright.learners.built import Built
from netwright.paradigms.fewshot.approach import Approach
from netwright.paradigms.fewshot.learner import FewshotLearner
from netwright.paradigms.fewshot.rows import FewshotRows, opened
from netwright.paradigms.fewshot.shared import inherited
from netwright.spaces.inheritance import bequeath, inherit, lineage_of
from netwright.spaces.lineage import design_of
from netwright.spaces.naming import NetSpaceName

if TYPE_CHECKING:
    from torch import nn

    from netwright.paradigms.fewshot.model import FewshotModel

JUDGED = 300
"""Episodes a design is judged on, where time allows."""
LEARNING = 0.95
"""Share of the time in which a design learns; then it is judged."""


@dataclass(frozen=True)
class EpisodeEvaluator(Evaluator):
    """Trains a design on episodes of most classes (or tasks) and judges it on those of the others.

    Attributes:
        task: The statement, without rows; its classes are what episodes are drawn of.
        data: Folder of the rows.
        space: Of the designs.
        approach: How they learn to learn.
        episodes: Most that a design is trained on; under a deadline as many as fit.
        weights: Folder in which designs leave weights to their children.
        supernet: Folder of a trained supernet that designs begin with their part of; None for none.
        folder: Where the trained net lies; None for the trial's own.
        turned: Whether classes count four times, see `netwright.data.tasksets.ClassPool`.
        seed: Decides which classes are held back; the same for all trials.
    """

    task: Task
    data: Path
    space: NetSpaceName
    approach: Approach
    episodes: int
    weights: Path | None = None
    supernet: Path | None = None
    folder: Path | None = None
    turned: bool = False
    seed: int = 0

    def evaluate(self, config: Config, context: Context) -> Result:
        """Accuracy on new classes, and half its 95 % interval."""
        started = time.monotonic()
        terms = self.approach.terms
        kept, held, preparation = opened(self.data, self.task, self.turned, self.seed, terms)
        left = context.seconds_left()
        ends = None if left is None else time.monotonic() + LEARNING * left
        if self.folder is not None:
            context = context.but(folder=self.folder)
        within = context.but(validation=held, deadline=ends)
        model = self._model(kept, config, within)
        taken = round(time.monotonic() - started, 2)
        if context.folder is not None:
            folder = context.folder / MODEL
            folder.mkdir(exist_ok=True)
            whole = model if preparation is None else FewshotRows(preparation, model)
            whole.save(folder)
        found = model.judge(held, episodes=JUDGED, context=context.but(seed=self.seed + 1))
        return Result(
            scores={found.metric: found.score, "interval95": found.interval95},
            artifacts={
                "trained_seconds": taken,
                "tuned": dict(model.tuned),
                "protocol": found.protocol,
            },
            cost=round(time.monotonic() - started, 3),
        )

    def _model(self, kept: Pool, config: Config, context: Context) -> FewshotModel:
        """A net with weights at random, with its part of a supernet's, or with its parent's, which
        it leaves to its children."""
        import torch

        learner = FewshotLearner(self.space, self.approach, self.episodes)
        if self.supernet is not None:
            torch.set_num_threads(context.threads)
            torch.manual_seed(context.seed)
            begun = self._begun(learner.built(kept, config))
            return learner.train(begun, kept, config, context)
        lineage = lineage_of(self.space.open(), config, self.weights)
        if lineage is None or self.weights is None:
            return learner.fit(kept, design_of(config), context)
        torch.set_num_threads(context.threads)
        torch.manual_seed(context.seed)
        statement = learner.built(kept, design_of(config)).statement()
        net = inherit(lineage, config, statement, self.weights, context.seed)
        model = learner.train(net, kept, design_of(config), context)
        _, learned = deepcopy(model.method).released().children()  # behind its layer for pixels
        bequeath(learned, config, self.weights)
        return model

    def _begun(self, built: Built) -> nn.Module:
        """A net with its part of the supernet's weights; at random where that has none for it."""
        assert self.supernet is not None
        try:
            return inherited(built, self.supernet)
        except ConfigError:
            return built.net()
