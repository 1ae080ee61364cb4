"""What learns: a stateless `Learner` makes a fitted `Model`.

A regime (few-shot, continual, federated, private) is a wrapper: a learner that takes a learner.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netwright.core.errors import ConfigError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netwright.core.config import Config
    from netwright.core.context import Context
    from netwright.core.space import Space
    from netwright.core.task import Task


class Model(ABC):
    """Something fitted. Saving writes data formats only; loading runs no code from the folder.

    A model may also offer `update(task)` (continual learning) and `adapt(support)` (few-shot).

    Attributes:
        tuned: What training found out with validation rows, such as `{"rounds": 213}`; a
            configuration with these values trains as well without them.
        parallel: Whether several threads may predict different rows at once.
    """

    tuned: Mapping[str, float] = {}
    parallel: bool = False

    @abstractmethod
    def predict(self, table: Any) -> NDArray[Any]:
        """Predicts rows.

        Args:
            table: Typed input columns, a pandas DataFrame as `netwright.data` makes it.

        Returns:
            Probabilities (rows, classes) float64 whose rows sum to one, or numbers (rows,)
            float64 for regression; of several targets all side by side, see `Task.parts`.
        """

    def onnx(self, graph: Any, columns: Mapping[str, str]) -> str:
        """Does in an ONNX graph what `predict` does; only models of tables that can say it.

        Args:
            graph: A `netwright.export.graph.Graph`, which grows.
            columns: Input column to tensor (rows, 1): float64 numbers, and dates as seconds
                since 1970, as they come (those that are not finite are missing), or int64 codes
                of categories, -1 where missing.

        Returns:
            Name of float64 probabilities (rows, classes), or numbers (rows, 1).

        Raises:
            ConfigError: It cannot be said; tells which part.
        """
        raise ConfigError(
            f"This predictor cannot be written as ONNX: a model of it, {type(self).__name__}, has "
            "no method onnx; keep the run's folder."
        )

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Writes the model into an existing empty folder."""

    @classmethod
    @abstractmethod
    def load(cls, folder: Path) -> Model:
        """Reads what `save` wrote; predicts the same to the last bit."""


class Learner(ABC):
    """A way to learn, without state: everything it learns is in the model it returns."""

    @abstractmethod
    def space(self, task: Task) -> Space:
        """What may be chosen when learning this task."""

    @abstractmethod
    def fit(self, data: Task, config: Config, context: Context) -> Model:
        """Learns the task with one configuration.

        Stops early and returns what it has when `context.expired()` or when `context.report`
        says so.
        """

    def unfit_for(self, task: Task) -> str | None:
        """Why this learner cannot take the task, or None when it can."""
        return None
