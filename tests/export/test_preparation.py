"""Fitted preparations in ONNX against themselves, one kind after another."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from netwright.core.audit import Audit
from netwright.core.config import Config
from netwright.core.errors import ConfigError
from netwright.core.task import Column, Schema, Task
from netwright.data.prepare import Wishes, prepare
from netwright.export.graph import Graph
from netwright.export.preparation import column_inputs, prepared
from netwright.export.tables import table_feed
from netwright.features.encoder import Target
from netwright.features.preparation import MAX_DENSE, Preparation
from tests.conftest import make_frame
from tests.export.tables import odd_rows, run, table_task

TASKS = {kind: table_task(kind) for kind in ("binary", "multiclass", "regression")}


def fitted(task: Task, numbers: str, fill: str, categories: str) -> Preparation:
    """Learned from a task's rows."""
    said = {"numbers": numbers, "categories": categories, "text": "svd"}
    made = Preparation(task.schema, Config({"fill": fill}), said)
    made.fit_transform(task.data.features, Target(task.data.target, task.outputs))
    return made


def in_onnx(preparation: Preparation, schema: Schema, features: pd.DataFrame) -> np.ndarray:
    """What the same operations in a file make of rows."""
    graph = Graph()
    made = prepared(graph, preparation, column_inputs(graph, schema))
    width = len(preparation.names)
    assert (made in graph.gaps) == (width > MAX_DENSE)
    return run(graph.model(graph.cast(made, np.float64), width), table_feed(features, schema))


WAYS = list(product(("raw", "standard", "quantile"), ("codes", "one_hot", "target")))


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize(("numbers", "categories"), WAYS)
def test_features_are_the_same(kind: str, numbers: str, categories: str) -> None:
    task = TASKS[kind]
    features = odd_rows(task)
    preparation = fitted(task, numbers, "mean", categories)
    expected = preparation.transform(features).values
    found = in_onnx(preparation, task.schema, features)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
    assert np.isnan(expected).any() == (numbers == "raw" or categories == "codes")


@pytest.mark.parametrize("numbers", ["raw", "quantile"])
def test_dates_stand_between_numbers_and_means(numbers: str) -> None:
    frame = make_frame(90, "multiclass").drop(columns="note")
    frame.loc[3, "day"] = None
    task = prepare(frame, "y", Wishes(), Audit())
    preparation = fitted(task, numbers, "median", "target")
    expected = preparation.transform(task.data.features).values
    found = in_onnx(preparation, task.schema, task.data.features)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
    assert any(name.startswith("day.") for name in preparation.names)


def test_the_median_fills_too() -> None:
    task = TASKS["regression"]
    features = odd_rows(task)
    preparation = fitted(task, "standard", "median", "codes")
    expected = preparation.transform(features).values
    found = in_onnx(preparation, task.schema, features)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("categories", [(), ("a", "b")])
def test_columns_of_one_kind_only(categories: tuple[str, ...]) -> None:
    values = ["a", "b", "a", None] * 10 if categories else np.arange(40.0)
    kind = "category" if categories else "number"
    schema = Schema((Column("c", kind, categories=categories),))  # type: ignore[arg-type]
    dtype = pd.CategoricalDtype(list(categories)) if categories else float
    features = pd.DataFrame({"c": pd.Series(values, dtype=dtype)})
    said = {"numbers": "quantile", "categories": "one_hot", "text": ""}
    made = Preparation(schema, Config({}), said)
    expected = made.fit_transform(features, Target(np.arange(40) % 2, 2)).values
    np.testing.assert_allclose(in_onnx(made, schema, features), expected, atol=1e-7)


def test_strings_are_codes_and_other_strings_none() -> None:
    graph = Graph()
    schema = Schema((Column("town", "category", categories=("Rome", "größte")),))
    codes = graph.cast(column_inputs(graph, schema)["town"], np.float64)
    words = np.array(
        [["größte"], ["Rome"], [""], ["rome"], ["Oslo"], ["Rome "], [" größte"]], dtype=object
    )
    found = run(graph.model(codes, 1), {"town": words})
    assert found[:, 0].tolist() == [1, 0, -1, -1, -1, 0, 1]


@pytest.mark.parametrize("kind", ["text", "image"])
def test_columns_that_cannot_be_read_are_named(kind: str) -> None:
    schema = Schema((Column("x", "number"), Column("note", kind)))  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=f"'note', which is {kind}"):
        column_inputs(Graph(), schema)


def test_columns_without_use_are_no_inputs() -> None:
    schema = Schema((Column("x", "number"), Column("key", "id"), Column("c", "constant")))
    assert list(column_inputs(Graph(), schema)) == ["x"]
