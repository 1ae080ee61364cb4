"""Opens ONNX files with ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from netwright.core.errors import DataError
from netwright.core.registry import import_attribute

ERRORS_ONLY = 3
TYPES: dict[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(uint8)": np.uint8,
    "tensor(double)": np.float64,
    "tensor(string)": object,
}
Inputs: TypeAlias = NDArray[Any] | Mapping[str, NDArray[Any]]
"""(n, *shape) for a file with one input, or one array a name."""


class OnnxFile:
    """An ONNX file, ready to run on the processor.

    Args:
        path: The file.
        threads: How many to run with; 0 for all cores.

    Attributes:
        dtypes: Of each input, by its name.
        shapes: Of one row of each, without the batch; an open side is 1.

    Raises:
        DataError: It is not such a file, or takes what is neither numbers nor strings.
    """

    def __init__(self, path: str | Path, threads: int = 1) -> None:
        options = import_attribute("onnxruntime:SessionOptions")()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = ERRORS_ONLY
        self.path = Path(path)
        self.session = _session(self.path, options)
        inputs = self.session.get_inputs()
        self._taken = ", ".join(f"{one.name}: {one.type}" for one in inputs)
        if not inputs or any(one.type not in TYPES for one in inputs):
            raise self._unfit("arrays of numbers or strings")
        self.dtypes = {one.name: TYPES[one.type] for one in inputs}
        self.shapes = {
            one.name: tuple(side if isinstance(side, int) else 1 for side in one.shape[1:])
            for one in inputs
        }

    @property
    def name(self) -> str:
        """Of the only input.

        Raises:
            DataError: There are several, or it takes no numbers.
        """
        (name, *others) = self.dtypes
        if others or self.dtypes[name] is object:
            raise self._unfit("one array of numbers")
        return name

    def __call__(self, inputs: Inputs) -> NDArray[Any]:
        """Inputs (batch, *shape) -> the first output, (batch, ...)."""
        feed = inputs if isinstance(inputs, Mapping) else {self.name: inputs}
        typed = {name: values.astype(self.dtypes[name]) for name, values in feed.items()}
        return np.asarray(self.session.run(None, typed)[0])

    def zeros(self, batch: int) -> dict[str, NDArray[Any]]:
        """Inputs of the right shapes and types: zeros, and empty strings."""
        return {
            name: np.full((batch, *self.shapes[name]), "" if dtype is object else 0, dtype=dtype)
            for name, dtype in self.dtypes.items()
        }

    def _unfit(self, wanted: str) -> DataError:
        return DataError(f"{str(self.path)!r} should take {wanted}. It takes {self._taken}.")


def _session(path: Path, options: Any) -> Any:
    make: Callable[..., Any] = import_attribute("onnxruntime:InferenceSession")
    if not path.is_file():
        raise DataError(f"There is no file {str(path)!r}.")
    try:
        return make(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime has a family of its own, without a common root
        raise DataError(f"{str(path)!r} is not an ONNX file that can be run.") from error
