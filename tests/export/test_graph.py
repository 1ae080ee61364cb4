"""Graphs: what is made once, what is named how, and other models inside them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from netwright.core.errors import ConfigError, MissingExtra
from netwright.export.graph import Graph, write_model
from netwright.export.onnx import net_model
from tests.export.tables import column_graph, run

X = np.array([[1.0], [-2.0], [0.5]])


def test_operations_and_constants() -> None:
    graph, x = column_graph()
    line = graph.add("Add", graph.add("Mul", x, 3.0), np.array([[1.0, 2.0]]))
    assert np.allclose(run(graph.model(line, 2), {"x": X}), 3 * X + [1, 2])


def test_what_stands_for_the_same_is_made_once() -> None:
    graph, x = column_graph()
    assert graph.add("Mul", x, 3.0) == graph.add("Mul", x, np.asarray(3.0))
    assert graph.add("Mul", x, 3.0) != graph.add("Mul", x, 4.0)
    assert graph.add("Cast", x, to=1) != graph.add("Cast", x, to=11)
    assert graph.constant(1) != graph.constant(1.0)
    assert graph.constant(np.zeros((1, 2))) != graph.constant(np.zeros((2, 1)))


def test_a_column_may_have_any_name() -> None:
    """Also one that tensors inside would have had."""
    graph = Graph()
    names = ["1", "2", "a b", "größe", "x:0"]
    inputs = [graph.input(name, np.float64) for name in names]
    model = graph.model(graph.columns([graph.add("Neg", one) for one in inputs]), 5)
    found = run(model, {name: X * i for i, name in enumerate(names)})
    assert np.allclose(found, -X * np.arange(5))


@pytest.mark.parametrize("name", ["", "outputs", "x"])
def test_a_name_that_cannot_be(name: str) -> None:
    graph, _ = column_graph()
    with pytest.raises(ConfigError, match="rename it"):
        graph.input(name, np.float64)


def test_shares_and_rests() -> None:
    graph, x = column_graph()
    pair = graph.with_rest(graph.add("Sigmoid", x))
    found = run(graph.model(pair, 2), {"x": X})
    assert np.allclose(found, np.hstack([1 / (1 + np.exp(X)), 1 / (1 + np.exp(-X))]))
    graph, x = column_graph()
    parts = graph.shares(graph.add("Add", graph.add("Abs", x), np.array([[0.0, 1.0]])))
    assert np.allclose(run(graph.model(parts, 2), {"x": X}).sum(axis=1), 1)


def test_other_models_become_parts() -> None:
    """Twice the same net, and another one."""
    torch.manual_seed(0)
    first, second = nn.Linear(1, 2), nn.Sequential(nn.Linear(1, 3), nn.ReLU(), nn.Linear(3, 2))
    graph, x = column_graph()
    single = graph.cast(x, np.float32)
    parts = [
        graph.include(net_model(net, {"x": torch.zeros(2, 1)}), {"x": single})
        for net in (first, second, first)
    ]
    found = run(graph.model(graph.cast(graph.add("Sum", *parts), np.float64), 2), {"x": X})
    inputs = torch.from_numpy(X).float()
    assert np.allclose(found, (2 * first(inputs) + second(inputs)).detach(), atol=1e-6)


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    class Broken:
        def SerializeToString(self) -> bytes:
            raise OSError("no space left")

    path = tmp_path / "model.onnx"
    path.write_text("before")
    with pytest.raises(OSError, match="no space"):
        write_model(Broken(), path)
    assert [one.name for one in tmp_path.iterdir()] == ["model.onnx"]
    assert path.read_text() == "before"


def test_without_onnx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.setitem(sys.modules, "onnx.helper", None)
    with pytest.raises(MissingExtra, match=r"netwright\[deploy\]"):
        Graph()
