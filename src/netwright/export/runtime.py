"""Opens ONNX files with ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import DataError
from netwright.core.registry import import_attribute

ERRORS_ONLY = 3
NUMBERS = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8, "tensor(double)": np.float64}


class OnnxFile:
    """An ONNX file with one input, ready to run on the processor.

    Args:
        path: The file.
        threads: How many to run with; 0 for all cores.

    Attributes:
        shape: Of one input, without the batch; an open side is 1.
        dtype: Of the inputs.

    Raises:
        DataError: It is not such a file.
    """

    def __init__(self, path: str | Path, threads: int = 1) -> None:
        options = import_attribute("onnxruntime:SessionOptions")()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = ERRORS_ONLY
        self.session = _session(Path(path), options)
        inputs = self.session.get_inputs()
        if len(inputs) != 1 or inputs[0].type not in NUMBERS:
            taken = ", ".join(f"{one.name}: {one.type}" for one in inputs)
            raise DataError(f"{str(path)!r} should take one array of numbers. It takes {taken}.")
        self.name = inputs[0].name
        self.dtype = NUMBERS[inputs[0].type]
        self.shape = tuple(side if isinstance(side, int) else 1 for side in inputs[0].shape[1:])

    def __call__(self, inputs: NDArray[Any]) -> NDArray[Any]:
        """(batch, *shape) -> the first output, (batch, ...)."""
        return np.asarray(self.session.run(None, {self.name: inputs.astype(self.dtype)})[0])

    def zeros(self, batch: int) -> NDArray[Any]:
        """An input of the right shape and type."""
        return np.zeros((batch, *self.shape), dtype=self.dtype)


def _session(path: Path, options: Any) -> Any:
    make: Callable[..., Any] = import_attribute("onnxruntime:InferenceSession")
    if not path.is_file():
        raise DataError(f"There is no file {str(path)!r}.")
    try:
        return make(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime has a family of its own, without a common root
        raise DataError(f"{str(path)!r} is not an ONNX file that can be run.") from error
