"""Nets as ONNX files: one file each, weights inside, for any number of inputs at a time."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor, nn

from netwright.core.errors import ConfigError
from netwright.core.registry import import_attribute
from netwright.export.graph import OPSETS, OUTPUT
from netwright.nn.modes import predicting

INPUT = "inputs"
"""What goes into a net's file; out comes `OUTPUT`."""


def export_onnx(
    net: nn.Module, shape: Sequence[int], path: str | Path, dtype: torch.dtype = torch.float32
) -> Path:
    """Writes a net as it is when it predicts.

    PyTorch's older exporter is used: it takes a second where the newer one takes half a minute,
    and the files are the same operation for operation.

    Args:
        net: Takes (batch, *shape); left as it was. Its input is called `inputs` in the file, its
            result `outputs`; both have a batch of any size.
        shape: Of one input, without the batch.
        path: Where to; what is there is replaced once the new file is whole.
        dtype: Of the inputs; `torch.uint8` for a net that takes pixels as they are stored.

    Raises:
        ConfigError: The net does something that ONNX has no word for.
    """
    target = Path(path)
    draft = target.with_name(f"{target.name}.draft")
    device = next((weights.device for weights in net.parameters()), torch.device("cpu"))
    try:
        _write(net, {INPUT: torch.zeros(2, *shape, dtype=dtype, device=device)}, draft)
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)
    return target


def net_model(net: nn.Module, examples: Mapping[str, Tensor]) -> Any:
    """A net as a part of a larger graph; see `netwright.export.graph.Graph.include`.

    Args:
        net: Left as it was.
        examples: Each input's name, and two of it, in the order the net takes them.

    Raises:
        ConfigError: The net does something that ONNX has no word for.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder, "net.onnx")
        _write(net, examples, file)
        return import_attribute("onnx:load")(file)


def _write(net: nn.Module, examples: Mapping[str, Tensor], path: Path) -> None:
    any_number = {name: {0: "batch"} for name in (*examples, OUTPUT)}
    try:
        with predicting(net), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of shapes that become constants, as they should
            torch.onnx.export(
                net,
                tuple(examples.values()),
                path,
                input_names=list(examples),
                output_names=[OUTPUT],
                dynamic_axes=any_number,
                opset_version=OPSETS[""],
                dynamo=False,
            )
    except (torch.onnx.errors.OnnxExporterError, RuntimeError) as error:
        said = str(error).strip().split("\n")[0]
        raise ConfigError(f"This net cannot be written as ONNX: {said}") from error
