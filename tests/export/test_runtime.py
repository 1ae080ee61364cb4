"""Files as they are run: what they take, and with what."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from netwright.export.checking import CHUNK, in_chunks, run_onnx
from netwright.export.onnx import export_onnx
from netwright.export.runtime import OnnxFile


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A linear layer."""
    torch.manual_seed(0)
    return export_onnx(nn.Linear(3, 2), (3,), tmp_path / "net.onnx")


@pytest.mark.parametrize("threads", [0, 1, 2])
def test_threads_change_no_prediction(file: Path, threads: int) -> None:
    inputs = np.random.default_rng(0).normal(size=(5, 3))
    assert np.allclose(OnnxFile(file, threads)(inputs), OnnxFile(file)(inputs), atol=1e-6)


def test_inputs_are_brought_to_the_type_of_the_file(file: Path) -> None:
    opened = OnnxFile(file)
    assert opened.dtypes == {"inputs": np.float32}
    assert opened(np.ones((2, 3), dtype=np.float64)).dtype == np.float32
    assert opened.zeros(4)["inputs"].shape == (4, 3)


@pytest.mark.parametrize("rows", [1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_chunks_are_put_together_in_order(file: Path, rows: int) -> None:
    inputs = np.random.default_rng(1).normal(size=(rows, 3)).astype(np.float32)
    assert np.allclose(run_onnx(file, inputs), OnnxFile(file)(inputs), atol=1e-6)
    assert np.array_equal(in_chunks(lambda part: part, inputs), inputs)


def test_chunks_of_several_inputs() -> None:
    rng = np.random.default_rng(2)
    inputs = {"a": rng.normal(size=(2 * CHUNK + 5, 1)), "b": rng.normal(size=(2 * CHUNK + 5, 1))}
    found = in_chunks(lambda part: part["a"] - part["b"], inputs)
    assert np.array_equal(found, inputs["a"] - inputs["b"])
