"""ONNX files with eight-bit numbers: a quarter of the size, and faster on most processors.

Static quantisation of ONNX Runtime: each operation stands between a quantiser and its inverse
(QDQ), so that any runtime can read the file. Filters have a scale a channel and signed numbers,
activations a scale a tensor and unsigned ones: processors multiply these two at once, and other
pairs several times slower. Weights use seven bits of the eight, because processors without VNNI
overflow at eight.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import DataError
from netwright.core.registry import import_attribute
from netwright.export.checking import CHUNK, SAMPLES, Checked, compare, run_onnx
from netwright.export.runtime import OnnxFile

LEAST_RANGE = 1e-3
"""A tensor that calibration found constant is given this range: a step of one in its place would
round the bias behind it, which shares its scale, to nothing."""
WEIGHTED = ("Conv", "Gemm", "MatMul")
"""Operations that have weights."""


@dataclass(frozen=True)
class Quantised:
    """What became of a file.

    Attributes:
        size_share: Bytes of the new file for each byte of the old one.
        checked: How the new file's outputs compare with the old one's, on the calibration inputs.
    """

    size_share: float
    checked: Checked


def quantise(path: str | Path, out: str | Path, samples: NDArray[Any]) -> Quantised:
    """Writes a file's eight-bit twin.

    Args:
        path: An ONNX file of floats with one input.
        out: Where the new one goes.
        samples: Inputs (n, *shape) to calibrate with, typical ones; the first 256 are used.

    Raises:
        DataError: There are no samples.
    """
    if len(samples) == 0:
        raise DataError("Quantisation needs typical inputs to calibrate with. Got none.")
    source, target = Path(path), Path(out)
    used = samples[:SAMPLES]
    with TemporaryDirectory() as folder, quiet():
        prepared = Path(folder, "prepared.onnx")
        import_attribute("onnxruntime.quantization.shape_inference:quant_pre_process")(
            str(source), str(prepared), skip_symbolic_shape=True
        )
        draft = target.with_name(f"{target.name}.draft")
        _quantise(prepared, draft, _Calibration(OnnxFile(source), used))
        slim(draft)
        os.replace(draft, target)
    checked = compare(run_onnx(source, used), run_onnx(target, used))
    return Quantised(target.stat().st_size / source.stat().st_size, checked)


def _quantise(source: Path, target: Path, calibration: Any) -> None:
    from onnxruntime import quantization

    quantization.quantize_static(
        str(source),
        str(target),
        calibration,
        quant_format=quantization.QuantFormat.QDQ,
        per_channel=True,
        reduce_range=True,
        activation_type=quantization.QuantType.QUInt8,
        weight_type=quantization.QuantType.QInt8,
        calibrate_method=quantization.CalibrationMethod.MinMax,
        nodes_to_exclude=_behind_weights(source),
        extra_options={
            "QuantizeBias": False,  # ONNX Runtime does it better when it loads the file
            "MinimumRealRange": LEAST_RANGE,
        },
    )


def _behind_weights(path: Path) -> list[str]:
    """What makes answers of the last layer's outputs: it costs nothing and stays in floats.

    In eight bits probabilities would share one scale with the numbers of another target.
    """
    import onnx

    nodes = onnx.load(str(path)).graph.node
    weighted = [place for place, node in enumerate(nodes) if node.op_type in WEIGHTED]
    return [node.name for node in nodes[max(weighted, default=len(nodes)) + 1 :]]


class _Calibration:
    """Hands inputs to ONNX Runtime, a few at a time, and None at the end."""

    def __init__(self, file: OnnxFile, samples: NDArray[Any]) -> None:
        starts = range(0, len(samples), CHUNK)
        self._rest = iter(
            [{file.name: samples[at : at + CHUNK].astype(file.dtypes[file.name])} for at in starts]
        )

    def get_next(self) -> dict[str, NDArray[np.generic]] | None:
        return next(self._rest, None)


def slim(path: Path) -> None:
    """Leaves out of a quantised file what a reader can do without.

    Names such as `stages.3.operations.2<-1.1.weight_quantized` become numbers, and zero points of
    filters, which are zero, are left out: together a tenth of a small file. (Those of linear
    layers stay: without them ONNX Runtime multiplies floats.)
    """
    import onnx

    model = onnx.load(str(path))
    graph = model.graph
    zeros = {
        tensor.name
        for tensor in graph.initializer
        if tensor.data_type == onnx.TensorProto.INT8
        and not onnx.numpy_helper.to_array(tensor).any()
    }
    filters = {node.input[1] for node in graph.node if node.op_type == "Conv"}
    for node in graph.node:
        node.name = ""
        dequantises = node.op_type == "DequantizeLinear"
        if dequantises and node.output[0] in filters and node.input[2] in zeros:
            del node.input[2:]
    _shorten_names(graph)
    onnx.save(model, str(path))


def _shorten_names(graph: Any) -> None:
    """Numbers tensors in the order of their use; what is not used goes."""
    fixed = {one.name for one in (*graph.input, *graph.output)} | {""}
    short: dict[str, str] = {name: name for name in fixed}
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [short.setdefault(name, f"{len(short):x}") for name in names]
    kept = [deepcopy(tensor) for tensor in graph.initializer if tensor.name in short]
    for tensor in kept:
        tensor.name = short[tensor.name]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    del graph.value_info[:]


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps the quantiser's advice away from a person who has asked for something else."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
