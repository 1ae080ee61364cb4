"""The costs of an ONNX file, counted from its graph; the same numbers as for the net inside."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from netwright.core.errors import DataError
from netwright.core.registry import import_attribute
from netwright.hardware.costs import Costs
from netwright.hardware.counting import Step, peak_bytes

Sizes = tuple[int, ...]

MULTIPLY_ADDS: dict[str, Callable[[Sizes, Sizes, Sizes], int]] = {
    "Conv": lambda out, x, weight: math.prod(out) * math.prod(weight[1:]),
    "ConvTranspose": lambda out, x, weight: math.prod(x) * math.prod(weight[1:]),
    "MatMul": lambda out, left, right: math.prod(out) * left[-1],
    "Gemm": lambda out, left, right: math.prod(left) * out[-1],
}
"""Operation to (shape of what comes out, of the first two that go in) -> multiply-adds."""


def costs_of_file(path: str | Path) -> Costs:
    """Counts an ONNX file, for one input.

    Raises:
        DataError: It is no ONNX file, or its shapes cannot be worked out.
    """
    graph = _Graph(_single(path))
    steps, flops = [], 0
    for node in graph.nodes:
        if node.op_type in MULTIPLY_ADDS:
            made, left, right = (graph.sizes(n) for n in (node.output[0], *node.input[:2]))
            flops += MULTIPLY_ADDS[node.op_type](made, left, right)
        read, written = set(node.input) & graph.moving, set(node.output) & graph.moving
        steps.append((read, written))
    first: Step[str] = (set(), graph.inputs)
    memory = graph.weight_bytes + peak_bytes([first, *steps], graph.bytes_of)
    return Costs(graph.weights / 1e6, flops / 1e9, memory / 1e6)


def _single(path: str | Path) -> Any:
    """The model for one input at a time, with the shape of everything inside."""
    onnx: Any = import_attribute("onnx:shape_inference")
    load = import_attribute("onnx:load")
    try:
        model = load(str(path))
        for one in model.graph.input:
            one.type.tensor_type.shape.dim[0].dim_value = 1
        del model.graph.value_info[:]
        for one in model.graph.output:
            one.type.tensor_type.ClearField("shape")
        return onnx.infer_shapes(model, strict_mode=True)
    except Exception as error:  # protobuf, ONNX and the system each raise their own
        raise DataError(f"{str(path)!r} is not an ONNX file that can be counted.") from error


class _Graph:
    """A model's graph, by names."""

    def __init__(self, model: Any) -> None:
        graph = model.graph
        constants = {one.name: one for one in graph.initializer}
        self.nodes = list(graph.node)
        self.inputs = {one.name for one in graph.input} - set(constants)
        self.weights = sum(math.prod(one.dims) for one in constants.values() if _is_weight(one))
        self.weight_bytes = sum(
            math.prod(one.dims) * _width(one.data_type) for one in constants.values()
        )
        described = (*graph.input, *graph.output, *graph.value_info)
        self._types = {one.name: one.type.tensor_type for one in described}
        self._constants = constants
        self.moving = set(self.inputs)
        for node in self.nodes:  # in the order they run
            if self.moving & set(node.input):
                self.moving |= set(node.output) - {""}

    def sizes(self, name: str) -> Sizes:
        """Shape of a tensor."""
        if name in self._constants:
            return tuple(self._constants[name].dims)
        return tuple(side.dim_value for side in self._types[name].shape.dim)

    def bytes_of(self, name: str) -> int:
        """Bytes of a tensor."""
        return math.prod(self.sizes(name)) * _width(self._types[name].elem_type)


def _is_weight(constant: Any) -> bool:
    return math.prod(constant.dims) > 1


def _width(kind: int) -> int:
    numpy_type = import_attribute("onnx.helper:tensor_dtype_to_np_dtype")(kind)
    return int(numpy_type.itemsize)
