"""Nets of plain numbers behind the preparation that makes such numbers of a table's rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netwright.core.config import Config
from netwright.core.errors import DataError
from netwright.core.learner import Model
from netwright.core.task import Column, Schema, Task
from netwright.data.table import Table
from netwright.export.graph import Graph
from netwright.export.preparation import prepared as prepared_in
from netwright.features.encoder import Target
from netwright.features.preparation import Preparation
from netwright.learners.image import NetModel

ROW = "row"
"""Column of the cells that a table's rows become."""
WAYS = {"numbers": "standard", "categories": "one_hot", "text": "svd"}
"""How columns become numbers; none of it looks at the target."""
INNER = "net"


def fit_preparation(task: Task) -> tuple[Preparation, NDArray[np.float32]]:
    """Learns how rows become numbers, and the numbers of these.

    Returns:
        The preparation and (rows, width).

    Raises:
        DataError: No column is left.
    """
    made = Preparation(task.schema, Config({}), WAYS)
    table = task.data
    matrix = made.fit_transform(table.features, Target(table.target, task.outputs))
    if matrix.shape[1] == 0:
        raise DataError("No column is left to learn from.")
    return made, _dense(matrix.values)


def rows_of(preparation: Preparation, frame: pd.DataFrame) -> NDArray[np.float32]:
    """Rows of a typed table as numbers (rows, width)."""
    return _dense(preparation.transform(frame).values)


def _dense(values: Any) -> NDArray[np.float32]:
    return np.asarray(values.toarray() if hasattr(values, "toarray") else values)


def as_rows(task: Task, width: int) -> Task:
    """What a net of such rows is built for: the statement with cells of numbers as only input."""
    return replace(task, schema=Schema((Column(ROW, "image", shape=(width,)),)), data=None)


def cells(values: NDArray[np.float32]) -> pd.DataFrame:
    """The column of cells that nets take."""
    return pd.DataFrame({ROW: list(values)})


class PreparedModel(Model):
    """Prepares a table's rows and has a net predict.

    Args:
        preparation: Fitted.
        net: Of rows that are cells of numbers.
    """

    name = INNER

    def __init__(self, preparation: Preparation, net: NetModel) -> None:
        self.preparation, self.inner = preparation, net
        self.tuned = net.tuned

    def predict(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """As the net does."""
        return self.inner.predict(cells(rows_of(self.preparation, table)))

    def onnx(self, graph: Graph, columns: Mapping[str, str]) -> str:
        """The same in an ONNX graph."""
        import torch

        from netwright.export.onnx import net_model

        values = prepared_in(graph, self.preparation, columns)
        example = {"rows": torch.zeros(2, *self.inner.shape)}
        out = graph.include(net_model(self.inner.net, example), {"rows": values})
        out = graph.cast(out, np.float64)
        (head,) = self.inner.built.heads
        if head.width > 1:
            return graph.add("Softmax", out, axis=1)
        return graph.add("Add", graph.add("Mul", out, head.spread), head.mean)

    def save(self, folder: Path) -> None:
        """Writes both."""
        write_prepared(folder, "prepared", self.preparation, self.inner)

    @classmethod
    def load(cls, folder: Path) -> PreparedModel:
        """Reads what `save` wrote."""
        return cls(Preparation.load(folder), NetModel.load(folder / INNER))


def write_prepared(folder: Path, kind: str, preparation: Preparation, inner: Model) -> None:
    """Writes a preparation and the model behind it.

    Args:
        folder: Where.
        kind: As `netwright.learners.models.MODELS` calls both together.
        preparation: Fitted.
        inner: Of rows as cells of numbers; goes into the folder `INNER`.
    """
    (folder / "model.json").write_text(json.dumps({"format": kind}))
    preparation.save(folder)
    (folder / INNER).mkdir()
    inner.save(folder / INNER)


def prepared(task: Task, preparation: Preparation) -> Task:
    """The task with its rows as cells of numbers."""
    values = rows_of(preparation, task.data.features)
    table = Table(cells(values), task.data.target, task.data.weight, task.data.group)
    return as_rows(task, values.shape[1]).with_data(table)
