"""Judges a finished trial once more, to have the models and predictions it left elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.evaluator import Evaluator
from netwright.core.result import Result
from netwright.evaluators.refit import SOURCE


@dataclass(frozen=True)
class RepeatEvaluator(Evaluator):
    """Same design, same seed, same folds: the same models, this time here.

    Attributes:
        inner: Judged the trials the first time.
        designs: Trial number to its configuration.
        seeds: Trial number to the seed it was trained with.
        trials: Folder of the trials' folders.
    """

    inner: Evaluator
    designs: Mapping[int, Config]
    seeds: Mapping[int, int]
    trials: Path

    def evaluate(self, config: Config, context: Context) -> Result:
        """Judges the design of one trial into that trial's own folder."""
        number = int(config[SOURCE] or 0)
        folder = self.trials / f"{number:04d}"
        folder.mkdir(parents=True, exist_ok=True)
        here = context.but(seed=self.seeds[number], folder=folder)
        result = self.inner.evaluate(self.designs[number], here)
        if result.state != "complete":
            return result
        return Result(scores={SOURCE: float(number)}, artifacts={"source": number})
