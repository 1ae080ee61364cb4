"""How good is it: an `Evaluator` judges one configuration and returns a value."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from netwright.core.result import Result

if TYPE_CHECKING:
    from netwright.core.config import Config
    from netwright.core.context import Context


class Evaluator(ABC):
    """Judges configurations. It is pickled to workers, so it carries words and paths, not rows."""

    @abstractmethod
    def evaluate(self, config: Config, context: Context) -> Result:
        """Judges one configuration; expected failures come back as `Result.failed`."""


class FunctionEvaluator(Evaluator):
    """Judges with a person's own function(config) or function(config, context) -> float.

    The function may return a float, a mapping of scores, or a Result.
    """

    def __init__(self, function: Callable[..., object], objectives: tuple[str, ...] = ("score",)):
        import inspect

        self.function = function
        self.objectives = objectives
        self._takes_context = len(inspect.signature(function).parameters) > 1

    def evaluate(self, config: Config, context: Context) -> Result:
        """Calls the function once."""
        told = self.function(config, context) if self._takes_context else self.function(config)
        if isinstance(told, Result):
            return told
        if isinstance(told, dict):
            return Result(scores={name: float(value) for name, value in told.items()})
        if isinstance(told, (tuple, list)) and len(told) != len(self.objectives):
            raise ValueError(f"{len(told)} values for {len(self.objectives)} objectives")
        if isinstance(told, (tuple, list)):
            return Result(scores=dict(zip(self.objectives, map(float, told), strict=True)))
        return Result(scores={self.objectives[0]: float(told)})  # type: ignore[arg-type]
