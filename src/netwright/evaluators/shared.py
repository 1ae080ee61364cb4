"""Judges designs of nets by weights that a supernet shares among them; none is trained."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.evaluator import Evaluator
from netwright.core.result import Result
from netwright.core.task import Task
from netwright.evaluators.rows import open_fold, some_rows
from netwright.learners.image import NetModel, stacked
from netwright.spaces.naming import NetSpaceName

if TYPE_CHECKING:
    from torch import Tensor, nn

    from netwright.data.table import Table

BATCHES, BATCH = 8, 64
"""Training rows that statistics of batch normalisation are measured on."""
JUDGED = 2000
"""Most rows a design is judged on: there are many designs."""


@dataclass(frozen=True)
class SharedEvaluator(Evaluator):
    """What a design scores with its part of a trained supernet's weights.

    Attributes:
        task: The statement, without rows.
        data: Folder of the rows.
        space: Of the designs.
        supernet: Folder of the trained supernet of that space.
        seed: Decides the hold-out; the one that the supernet did not learn from.
    """

    task: Task
    data: Path
    space: NetSpaceName
    supernet: Path
    seed: int = 0

    def evaluate(self, config: Config, context: Context) -> Result:
        """Every metric on the held-back rows."""
        import torch

        started = time.monotonic()
        torch.set_num_threads(context.threads)
        scores = self.scored(config)
        return Result(scores=scores, cost=round(time.monotonic() - started, 3))

    def scored(self, config: Config) -> dict[str, float]:
        """What a design scores, by every metric."""
        import torch

        from netwright.nn.precision import Precision

        rows = self.held(JUDGED)
        with Precision("auto", torch.device("cpu")).autocast():  # as the supernet learned
            found = self.model(config).predict(rows.features)
        return self.task.scores(rows.target, found, rows.weight)

    def held(self, most: int) -> Table:
        """Some of the held-back rows."""
        held = open_fold(self.data, self.task, self.seed, 0)[1].data
        return some_rows(held, most, self.seed)

    def model(self, config: Config) -> NetModel:
        """A design with its part of the weights."""
        seen = _batches(self.data, self.task, self.seed)
        return inherited(self.space, config, self.supernet, seen)


def inherited(
    space: NetSpaceName, design: Config, supernet: Path, seen: tuple[Tensor, ...]
) -> NetModel:
    """A design with its part of a supernet's weights, ready to predict.

    Args:
        space: Of the design.
        design: The design.
        supernet: Folder of the trained supernet of that space.
        seen: Batches of pictures that statistics are measured on.

    Raises:
        ConfigError: The supernet has no weights for a part of the design.
    """
    from dataclasses import replace

    from torch import nn

    from netwright.nn.layout import pixels_last
    from netwright.nn.recalibration import recalibrate
    from netwright.nn.relaxation import RelaxedNet
    from netwright.nn.single_path import SinglePath

    whole = _supernet(supernet)
    pixels, shared = whole.net.children()
    assert isinstance(shared, (SinglePath, RelaxedNet))
    built = replace(whole.built, space=space, design=design.to_json())
    net = nn.Sequential(pixels, shared.fill(built.net(), design))
    return NetModel(recalibrate(pixels_last(net), seen), built)


def supernet_of(folder: Path) -> nn.Module:
    """The trained supernet in a folder, which must not be changed."""
    return _supernet(folder).net


@lru_cache(maxsize=2)
def _supernet(folder: Path) -> NetModel:
    """The trained supernet; the same whenever it is asked for, so it must not be changed."""
    return NetModel.load(folder)


@lru_cache(maxsize=2)
def _batches(data: Path, task: Task, seed: int) -> tuple[Tensor, ...]:
    import torch

    rows = open_fold(data, task, seed, 0)[0].data
    (column,) = task.schema.of_type("image")
    pictures = stacked(some_rows(rows, BATCHES * BATCH, seed).features[column])
    return tuple(torch.split(pictures, BATCH))
