"""Predictors of tables as ONNX models, and their rows as such a model takes them.

One file holds it all: preparation, models, their mean, the temperature. It has an input for every
column, (rows, 1) and named like it (a column called `outputs` is the input `outputs_`):

- numbers as doubles, NaN where missing;
- categories as strings, written as the training table writes them, empty where missing; booleans
  are `True` and `False`, whole numbers have no point (other spellings of the same value, which
  `predict` understands, are unknown levels here);
- dates as doubles, seconds since 1970-01-01 (UTC), NaN where missing.

It gives `outputs` in doubles: probabilities in the order of the classes, or numbers (rows, 1).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netwright.core.learner import Model
from netwright.core.task import Schema, Task
from netwright.export.graph import Graph
from netwright.export.preparation import column_inputs, input_names


def table_model(model: Model, task: Task) -> Any:
    """Makes an ONNX model of a predictor's model.

    Raises:
        ConfigError: A column or a part of the model cannot be said in ONNX; tells which.
        MissingExtra: The package `onnx` is not installed.
    """
    graph = Graph()
    found = model.onnx(graph, column_inputs(graph, task.schema))
    return graph.model(found, task.outputs)


def table_feed(features: pd.DataFrame, schema: Schema) -> dict[str, NDArray[Any]]:
    """Typed rows (see `netwright.data.schema.typed`) as inputs, input to (rows, 1)."""
    read = {"number": _numbers, "category": _strings, "date": _seconds}
    names = input_names(schema)
    return {names[one.name]: read[one.type](features[one.name])[:, None] for one in schema.used}


def _numbers(column: pd.Series) -> NDArray[Any]:
    return column.to_numpy(dtype=np.float64)


def _strings(column: pd.Series) -> NDArray[Any]:
    return column.astype(object).where(column.notna(), "").to_numpy(dtype=object)


def _seconds(column: pd.Series) -> NDArray[Any]:
    since = column - pd.Timestamp(1970, 1, 1)
    return (since / pd.Timedelta(seconds=1)).to_numpy(dtype=np.float64)
