"""From an algorithm on numbers to a learner on tables.

An `Algorithm` sees a matrix, a target and weights; `TabularLearner` gives it the preparation it
asked for, hides classes that a fold happens to lack, and saves both parts together.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netwright.core.combining import Joined
from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.errors import ConfigError, DataError
from netwright.core.learner import Learner, Model
from netwright.core.registry import find
from netwright.core.space import Space
from netwright.core.task import Task
from netwright.export.graph import Graph
from netwright.export.preparation import prepared
from netwright.features.encoder import Matrix, Target
from netwright.features.preparation import Preparation, preparation_space
from netwright.learners import LEARNERS
from netwright.learners.trust import check_trusted

PREPARATION = ("numbers", "fill", "categories", "text", "text_components")
CACHED = 6
SLIVER = 1e-4
"""Of probability, for a class that training rows lacked."""


@dataclass(frozen=True)
class Scale:
    """How a numeric target is brought to mean zero and deviation one, and back.

    Attributes:
        mean, spread: In the target's unit.
    """

    mean: float = 0.0
    spread: float = 1.0

    @classmethod
    def of(cls, target: NDArray[np.float64], weight: NDArray[np.float64] | None) -> Scale:
        """Learns it; numbers as large or as small as doubles go are no matter."""
        # A value near them all goes first, and the largest is made one: squares stay in range.
        near = float(np.median(target))
        away = target - near
        top = float(np.abs(away).max(initial=0.0)) or 1.0
        shares = away / top
        mean = float(np.average(shares, weights=weight))
        spread = float(np.sqrt(np.average((shares - mean) ** 2, weights=weight)))
        return cls(near + mean * top, spread * top or 1.0)

    def apart(self, target: NDArray[Any]) -> NDArray[np.float64]:
        """In deviations from the mean."""
        return np.asarray((np.asarray(target, dtype=np.float64) - self.mean) / self.spread)

    def back(self, scaled: NDArray[Any]) -> NDArray[np.float64]:
        """In the target's unit."""
        return np.asarray(scaled, dtype=np.float64) * self.spread + self.mean


@dataclass(frozen=True)
class Rows:
    """Numbers to learn from.

    Attributes:
        matrix: The features.
        target: Class codes (rows,) from 0 without gaps, or numbers (rows,) of mean zero and
            deviation one.
        weight: Row weights (rows,), None for equal ones.
        outputs: Number of classes, 1 for regression.
    """

    matrix: Matrix
    target: NDArray[Any]
    weight: NDArray[np.float64] | None
    outputs: int

    @property
    def values(self) -> Any:
        """The features' values, dense or sparse."""
        return self.matrix.values


class Fitted(ABC):
    """A fitted algorithm.

    Attributes:
        tuned: See `netwright.core.learner.Model`.
        parallel: See there.
        sparse: Whether it predicts sparse rows sooner than dense ones.
    """

    tuned: Mapping[str, float] = {}
    parallel: ClassVar[bool] = False
    sparse: ClassVar[bool] = False

    @abstractmethod
    def predict(self, values: Any) -> NDArray[np.float64]:
        """Probabilities (rows, classes), or numbers (rows,)."""

    def onnx(self, graph: Graph, values: str) -> str | None:
        """Does in an ONNX graph what `predict` does.

        Args:
            graph: Grows.
            values: Name of the features (rows, features) float32, NaN where missing.

        Returns:
            Name of float64 probabilities (rows, classes), or numbers (rows, 1). None where ONNX
            has no words for it.
        """
        return None

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Writes data files."""

    @classmethod
    @abstractmethod
    def load(cls, folder: Path) -> Fitted:
        """Reads what `save` wrote."""


class Algorithm(ABC):
    """A way to learn from numbers.

    Attributes:
        name: As in `LEARNERS`.
        numbers, categories, text: Preparations that suit it, the default first.
        fitted: The class of what `fit` returns.
    """

    name: ClassVar[str]
    numbers: ClassVar[tuple[str, ...]] = ("raw",)
    categories: ClassVar[tuple[str, ...]] = ("codes", "target")
    text: ClassVar[tuple[str, ...]] = ("svd",)
    fitted: ClassVar[type[Fitted]]

    @abstractmethod
    def space(self, task: Task) -> Space:
        """Its hyperparameters."""

    @abstractmethod
    def fit(self, train: Rows, valid: Rows | None, config: Config, context: Context) -> Fitted:
        """Learns; `valid` is for early stopping."""

    def unfit_for(self, task: Task) -> str | None:
        """Why it cannot take the task, or None."""
        return None


class TabularLearner(Learner):
    """Any algorithm on numbers as a learner on typed tables."""

    def __init__(self, algorithm: Algorithm) -> None:
        self.algorithm = algorithm

    def space(self, task: Task) -> Space:
        """The algorithm's hyperparameters, and the preparations that suit it."""
        chosen = self.algorithm
        preparation = preparation_space(
            task, numbers=chosen.numbers, categories=chosen.categories, text=chosen.text
        )
        return Joined(preparation, chosen.space(task))

    def unfit_for(self, task: Task) -> str | None:
        """No algorithm here takes pictures; else asks the algorithm."""
        if task.schema.of_type("image"):
            return "it learns from tables, not from pictures"
        return self.algorithm.unfit_for(task)

    def fit(self, data: Task, config: Config, context: Context) -> TabularModel:
        """Prepares, learns, returns both together."""
        table = data.data
        scale = Scale() if data.classes else Scale.of(table.target, table.weight)
        preparation, matrix, valid = self._prepare(data, scale, config, context)
        present = np.unique(table.target) if data.classes else np.empty(0, dtype=np.int64)
        train = _rows(matrix, table, data.outputs, present, scale)
        watched = None
        if valid is not None and context.validation is not None:
            watched = _rows(valid, context.validation.data, data.outputs, present, scale)
        fitted = None
        if len(present) != 1:
            fitted = self.algorithm.fit(train, watched, config, context)
        name = self.algorithm.name
        return TabularModel(name, preparation, fitted, data.outputs, present, scale)

    def _prepare(
        self, data: Task, scale: Scale, config: Config, context: Context
    ) -> tuple[Preparation, Matrix, Matrix | None]:
        """Prepares training and validation rows, or remembers having done so."""
        chosen = self.algorithm
        defaults = {
            "numbers": chosen.numbers[0],
            "categories": chosen.categories[0],
            "text": chosen.text[0],
        }
        options = {**defaults, **{name: config[name] for name in PREPARATION if name in config}}
        valid = None if context.validation is None else context.validation.data
        key = (id(data.data), id(valid), *sorted(options.items()))
        if key not in _PREPARED:
            preparation = Preparation(data.schema, Config(options), defaults)
            truth = data.data.target if data.classes else scale.apart(data.data.target)
            # The seed is constant so that all learners of a fold share one preparation.
            known = Target(truth, data.outputs, seed=0, weight=data.data.weight)
            matrix = preparation.fit_transform(data.data.features, known)
            if matrix.shape[1] == 0:
                raise DataError("No column is left to learn from.")
            watched = None if valid is None else preparation.transform(valid.features)
            _remember(key, (data.data, valid, preparation, matrix, watched))
        _PREPARED.move_to_end(key)
        _, _, preparation, matrix, watched = _PREPARED[key]
        return preparation, matrix, watched


_PREPARED: OrderedDict[tuple[Any, ...], tuple[Any, ...]] = OrderedDict()
"""The last few preparations of this process; tables are kept so that their ids stay theirs."""


def _remember(key: tuple[Any, ...], value: tuple[Any, ...]) -> None:
    _PREPARED[key] = value
    while len(_PREPARED) > CACHED:
        _PREPARED.popitem(last=False)


def _rows(
    matrix: Matrix, table: Any, outputs: int, present: NDArray[np.int64], scale: Scale
) -> Rows:
    """Numbers to learn from: the target scaled, or with the codes of absent classes closed up."""
    target, weight = table.target, table.weight
    if outputs == 1:
        return Rows(matrix, scale.apart(target), weight, outputs)
    if len(present) and len(present) < outputs:
        known = np.isin(target, present)
        matrix = Matrix(matrix.values[known], matrix.names, matrix.cardinalities)
        target = np.searchsorted(present, target[known])
        weight = None if weight is None else weight[known]
        outputs = len(present)
    return Rows(matrix, target, weight, outputs)


class TabularModel(Model):
    """A preparation and what was fitted behind it.

    Args:
        name: The algorithm's.
        preparation: Fitted.
        fitted: The fitted algorithm; None where training rows were all of one class.
        outputs: Number of classes, 1 for regression.
        present: Codes of the classes that training rows had.
        scale: Of a numeric target.
    """

    def __init__(
        self,
        name: str,
        preparation: Preparation,
        fitted: Fitted | None,
        outputs: int,
        present: NDArray[np.int64],
        scale: Scale,
    ) -> None:
        self.name = name
        self.preparation = preparation
        self.fitted = fitted
        self.outputs = outputs
        self.present = present
        self.scale = scale
        self.tuned = {} if fitted is None else fitted.tuned
        self.parallel = fitted is None or fitted.parallel

    def predict(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """Prepares and predicts; classes never seen get a sliver of probability."""
        if len(table) == 0:
            return np.empty((0, self.outputs) if self.outputs > 1 else 0)
        if self.fitted is None:
            known = np.ones((len(table), 1))
        else:
            matrix = self.preparation.transform(table, self.fitted.sparse)
            known = self.fitted.predict(matrix.values)
        if self.outputs == 1:
            return self.scale.back(known)
        known = known.astype(np.float64)
        if len(self.present) < self.outputs:
            spread = np.full((len(table), self.outputs), SLIVER)
            spread[:, self.present] = known
            known = spread
        return np.asarray(known / known.sum(axis=1, keepdims=True))

    def onnx(self, graph: Graph, columns: Mapping[str, str]) -> str:
        """The same in an ONNX graph."""
        known = self._known(graph, prepared(graph, self.preparation, columns))
        if self.outputs == 1:
            return graph.add("Add", graph.add("Mul", known, self.scale.spread), self.scale.mean)
        if len(self.present) < self.outputs:
            home = np.eye(self.outputs)[self.present]  # (present, classes)
            known = graph.add("MatMul", known, home)
            known = graph.add("Add", known, SLIVER * (1 - home.sum(axis=0)))
        return graph.shares(known)

    def _known(self, graph: Graph, values: str) -> str:
        if self.fitted is None:
            rows = graph.add("Shape", values, end=1)
            return graph.add("Expand", np.ones((1, 1)), graph.add("Concat", rows, [1], axis=0))
        known = self.fitted.onnx(graph, values)
        if known is None:
            raise ConfigError(
                f"This predictor cannot be written as ONNX: ONNX has no words for {self.name!r}, "
                "which is among its models; fit again without it, or keep the run's folder."
            )
        return known

    def save(self, folder: Path) -> None:
        """Writes `model.json`, the preparation and the algorithm's own files."""
        facts = {
            "format": "tabular",
            "algorithm": self.name,
            "outputs": self.outputs,
            "present": self.present.tolist(),
            "constant": self.fitted is None,
            "scale": asdict(self.scale),
        }
        (folder / "model.json").write_text(json.dumps(facts))
        self.preparation.save(folder)
        if self.fitted is not None:
            self.fitted.save(folder)

    @classmethod
    def load(cls, folder: Path) -> TabularModel:
        """Reads what `save` wrote."""
        facts = json.loads((folder / "model.json").read_text())
        check_trusted(facts["algorithm"])
        learner = find("learners", facts["algorithm"], LEARNERS)()
        fitted = None if facts["constant"] else learner.algorithm.fitted.load(folder)
        present = np.asarray(facts["present"], dtype=np.int64)
        preparation = Preparation.load(folder)
        scale = Scale(**facts.get("scale", {}))
        return cls(facts["algorithm"], preparation, fitted, facts["outputs"], present, scale)
