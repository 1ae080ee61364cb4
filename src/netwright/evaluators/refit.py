"""Trains a chosen design once more on all rows: the last, ordinary trials of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.evaluator import Evaluator
from netwright.core.result import Result
from netwright.core.task import Task
from netwright.evaluators.rows import chosen_learner, open_table

SOURCE = "trial"
"""The one parameter of a refit: the number of the trial whose design is trained again."""


@dataclass(frozen=True)
class RefitEvaluator(Evaluator):
    """Fits trial designs on all rows, with what their search found out about training length.

    Attributes:
        task: The statement, without rows.
        data: Folder of the rows.
        designs: Trial number to its configuration.
        tuned: Trial number to what training found out with validation rows.
        seeds: Trial number to the seed it was trained with.
    """

    task: Task
    data: Path
    designs: Mapping[int, Config]
    tuned: Mapping[int, Mapping[str, Any]]
    seeds: Mapping[int, int]

    def evaluate(self, config: Config, context: Context) -> Result:
        """Fits and saves; cut short by the deadline, the refit does not count."""
        number = int(config[SOURCE] or 0)
        learner, chosen = chosen_learner(self.designs[number])
        data = self.task.with_data(open_table(self.data))
        whole = Config({**chosen, **self.tuned[number]})
        model = learner.fit(data, whole, context.but(seed=self.seeds[number]))
        if context.expired():
            return Result.failed("out of time before all rows were learned")
        assert context.folder is not None
        inside = context.folder / "full"
        inside.mkdir(exist_ok=True)
        model.save(inside)
        return Result(scores={SOURCE: float(number)}, artifacts={"source": number})
