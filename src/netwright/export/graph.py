"""ONNX graphs that grow an operation at a time.

A tensor is known by its name. What stands for the same value is made once: members of an ensemble
that prepare a column alike share the work.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from netwright.core.errors import ConfigError
from netwright.core.registry import import_attribute

ML = "ai.onnx.ml"
"""Where ONNX keeps what belongs to machine learning."""
OPSETS = {"": 18, ML: 5}
"""Versions of the words used; from 5 on, trees may think in doubles."""
IR = 10
OUTPUT = "outputs"
"""What comes out of every file."""
ROWS = "rows"
"""The open side of every input and output."""
Value: TypeAlias = Any
"""A tensor's name, or numbers that become a constant: whole ones int64, others float64, arrays as
they are."""


class Graph:
    """A graph under construction.

    Attributes:
        gaps: Tensors whose zeros were left out, as missing ones, of what a learner saw (it saw
            sparse rows); hardly any learner minds.

    Raises:
        MissingExtra: The package `onnx` is not installed.
    """

    def __init__(self) -> None:
        self._onnx = import_attribute("onnx:helper")
        self._arrays = import_attribute("onnx:numpy_helper")
        self._inputs: dict[str, Any] = {}
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._names: dict[bytes, str] = {}
        self._count = 0
        self.gaps: set[str] = set()

    def input(self, name: str, dtype: DTypeLike) -> str:
        """A column (rows, 1) that whoever runs the file hands in; `str` for strings.

        Raises:
            ConfigError: ONNX cannot have an input of that name.
        """
        if name in ("", OUTPUT) or name in self._inputs:
            raise ConfigError(
                f"A column {name!r} cannot be an input of an ONNX file; rename it and fit again."
            )
        kind = self._kind(np.dtype(object) if dtype is str else dtype)
        self._inputs[name] = self._onnx.make_tensor_value_info(name, kind, [ROWS, 1])
        return name

    def constant(self, value: Any) -> str:
        """Numbers that stand in the file."""
        array = np.asarray(value)
        key = _digest(str((array.dtype, array.shape)).encode(), array.tobytes())
        if key not in self._names:
            self._names[key] = self._fresh()
            self._constants.append(self._arrays.from_array(array, self._names[key]))
        return self._names[key]

    def add(self, operation: str, *inputs: Value, domain: str = "", **attributes: Any) -> str:
        """One operation; returns its first output.

        Args:
            operation: As in the list of ONNX, such as `MatMul`.
            inputs: Names, or values that become constants.
            domain: `ai.onnx.ml` for what belongs to machine learning.
            attributes: The operation's own.
        """
        names = [one if isinstance(one, str) else self.constant(one) for one in inputs]
        node = self._onnx.make_node(operation, names, [], domain=domain, **attributes)
        key = _digest(node.SerializeToString(deterministic=True))
        if key not in self._names:
            self._names[key] = self._fresh()
            node.output.append(self._names[key])
            self._nodes.append(node)
        return self._names[key]

    def cast(self, value: Value, dtype: DTypeLike) -> str:
        """The same numbers with another precision."""
        return self.add("Cast", value, to=self._kind(dtype))

    def columns(self, parts: Iterable[str]) -> str:
        """Tensors (rows, ...) of one type side by side."""
        found = list(parts)
        return found[0] if len(found) == 1 else self.add("Concat", *found, axis=1)

    def with_rest(self, share: str) -> str:
        """The share of the second of two classes (rows, 1), after the first's: (rows, 2)."""
        return self.columns([self.add("Sub", 1.0, share), share])

    def boosted(self, scores: str, outputs: int) -> str:
        """What sums of trees (rows, 1 or classes) say: a number, the log odds of the second of two
        classes, or the logarithms of several shares, up to a constant."""
        if outputs == 1:
            return scores
        if outputs == 2:
            return self.with_rest(self.add("Sigmoid", scores))
        return self.add("Softmax", scores, axis=1)

    def shares(self, value: str) -> str:
        """Each row (rows, classes) divided by its sum."""
        return self.add("Div", value, self.add("ReduceSum", value, [1], keepdims=1))

    def include(self, model: Any, inputs: Mapping[str, str]) -> str:
        """Another ONNX model, as a part of this one; returns its only output.

        Args:
            model: Of the same version of ONNX's words.
            inputs: Name of each of its inputs to a tensor here.
        """
        names = {"": "", **inputs}
        for tensor in model.graph.initializer:
            names[tensor.name] = self.constant(self._arrays.to_array(tensor))
        for node in model.graph.node:
            for made in node.output:
                names[made] = self._fresh()
            node.input[:] = [names[one] for one in node.input]
            node.output[:] = [names[one] for one in node.output]
            node.name = ""
            self._nodes.append(node)
        return names[model.graph.output[0].name]

    def model(self, output: str, width: int) -> Any:
        """The finished model, whose output is called `outputs`.

        Args:
            output: Name of float64 numbers (rows, width).
            width: How many numbers a row has.
        """
        last = self._onnx.make_node("Identity", [output], [OUTPUT])
        kind = self._kind(np.float64)
        made = self._onnx.make_tensor_value_info(OUTPUT, kind, [ROWS, width])
        graph = self._onnx.make_graph(
            [*self._nodes, last], "netwright", list(self._inputs.values()), [made], self._constants
        )
        opsets = [self._onnx.make_opsetid(*one) for one in OPSETS.items()]
        return self._onnx.make_model(
            graph, opset_imports=opsets, ir_version=IR, producer_name="netwright"
        )

    def _kind(self, dtype: DTypeLike) -> int:
        return int(self._onnx.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def _fresh(self) -> str:
        """A name that no column has."""
        self._count += 1
        name = f"{self._count:x}"
        return self._fresh() if name in self._inputs else name


def _digest(*parts: bytes) -> bytes:
    return sha256(b"\0".join(parts)).digest()


def write_model(model: Any, path: Path) -> None:
    """Writes a model; what is there is replaced once the new file is whole."""
    draft = path.with_name(f"{path.name}.draft")
    try:
        draft.write_bytes(model.SerializeToString())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
