"""Nets as ONNX files: one file each, weights inside, for any number of inputs at a time."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from netwright.core.errors import ConfigError
from netwright.nn.modes import predicting

INPUT, OUTPUT = "inputs", "outputs"
"""Names of what goes in and what comes out."""
OPSET = 18


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
    example = torch.zeros(2, *shape, dtype=dtype, device=device)
    any_number = {name: {0: "batch"} for name in (INPUT, OUTPUT)}
    try:
        with predicting(net), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of shapes that become constants, as they should
            torch.onnx.export(
                net,
                (example,),
                draft,
                input_names=[INPUT],
                output_names=[OUTPUT],
                dynamic_axes=any_number,
                opset_version=OPSET,
                dynamo=False,
            )
        os.replace(draft, target)
    except (torch.onnx.errors.OnnxExporterError, RuntimeError) as error:
        said = str(error).strip().split("\n")[0]
        raise ConfigError(f"This net cannot be written as ONNX: {said}") from error
    finally:
        draft.unlink(missing_ok=True)
    return target
