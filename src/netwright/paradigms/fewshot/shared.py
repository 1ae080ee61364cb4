"""Designs that begin with their part of a supernet's weights, or are judged with it as it is."""

from __future__ import annotations

import time
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.evaluator import Evaluator
from netwright.core.result import Result
from netwright.core.task import Task
from netwright.learners.built import Built
from netwright.learners.models import load_model
from netwright.paradigms.fewshot.approach import Approach
from netwright.paradigms.fewshot.learner import FewshotLearner
from netwright.paradigms.fewshot.model import FewshotModel
from netwright.paradigms.fewshot.rows import FewshotRows, opened
from netwright.spaces.naming import NetSpaceName

if TYPE_CHECKING:
    from torch import nn

JUDGED = 100
"""Episodes a design is judged on: there are many designs."""


@dataclass(frozen=True)
class SharedEpisodes(Evaluator):
    """How well a design learns new tasks with its part of a trained supernet's weights.

    Attributes:
        task: The statement, without rows.
        data: Folder of the rows.
        space: Of the designs.
        approach: How they learn.
        supernet: Folder of the trained supernet of that space.
        turned: Whether turned pictures are classes of their own.
        seed: Decides which classes are held back.
    """

    task: Task
    data: Path
    space: NetSpaceName
    approach: Approach
    supernet: Path
    turned: bool = False
    seed: int = 0

    def evaluate(self, config: Config, context: Context) -> Result:
        """Accuracy on new classes."""
        import torch
        from torch import nn

        started = time.monotonic()
        torch.set_num_threads(context.threads)
        terms = self.approach.terms
        kept, held, _ = opened(self.data, self.task, self.turned, self.seed, terms)
        built = FewshotLearner(self.space, self.approach).built(kept, config)
        pixels = deepcopy(next(_supernet(self.supernet).method.net.children()))
        net = nn.Sequential(pixels, inherited(built, self.supernet))
        model = FewshotModel(self.approach.make(net), built, self.approach)
        found = model.judge(held, episodes=JUDGED, context=context.but(seed=self.seed + 1))
        taken = round(time.monotonic() - started, 3)
        return Result(scores={found.metric: found.score}, cost=taken)


def inherited(built: Built, supernet: Path) -> nn.Module:
    """The net of a design with its part of a supernet's weights, its last layer at random.

    Args:
        built: What the net is built from.
        supernet: Folder of the trained supernet of that space.

    Raises:
        ConfigError: The supernet has no weights for a part of it.
    """
    from netwright.nn.last_layer import last_layer, without_last

    net, shared = built.net(), supernet_of(supernet)
    name = last_layer(net)
    head = net.get_submodule(name)
    shared.fill(without_last(net), Config(built.design))  # type: ignore[operator]
    net.set_submodule(name, head)
    return net


def supernet_of(folder: Path) -> nn.Module:
    """The trained supernet in a folder, which must not be changed."""
    from netwright.nn.relaxation import RelaxedNet
    from netwright.nn.single_path import SinglePath

    parts = _supernet(folder).method.modules()
    return next(part for part in parts if isinstance(part, (SinglePath, RelaxedNet)))


@lru_cache(maxsize=2)
def _supernet(folder: Path) -> FewshotModel:
    model = load_model(folder)
    inner = model.inner if isinstance(model, FewshotRows) else model
    assert isinstance(inner, FewshotModel)
    return inner
