"""Eight-bit files: small, right, readable, and quiet."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from netwright.core.errors import DataError
from netwright.export.checking import run_onnx
from netwright.export.onnx import export_onnx
from netwright.export.quantise import Quantised, quantise
from netwright.nn.head import Head
from netwright.nn.joint import Answering
from tests.export.conftest import Learned


@pytest.fixture(scope="module")
def twins(
    learned: Learned, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, Quantised]:
    """A file, its twin, and what was said about it."""
    folder = tmp_path_factory.mktemp("twins")
    whole = export_onnx(learned.net, (1, 8, 8), folder / "net.onnx")
    return whole, folder / "int8.onnx", quantise(whole, folder / "int8.onnx", learned.inputs)


def accuracy(path: Path, learned: Learned) -> float:
    return float((run_onnx(path, learned.inputs).argmax(axis=1) == learned.labels).mean())


def test_accuracy_stays_within_a_point(
    twins: tuple[Path, Path, Quantised], learned: Learned
) -> None:
    whole, small, _ = twins
    assert accuracy(whole, learned) > 0.8
    assert accuracy(small, learned) > accuracy(whole, learned) - 0.01


def test_the_file_shrinks_to_less_than_a_third(twins: tuple[Path, Path, Quantised]) -> None:
    whole, small, said = twins
    assert whole.stat().st_size > 1e6
    assert small.stat().st_size < 0.3 * whole.stat().st_size
    assert said.size_share == small.stat().st_size / whole.stat().st_size
    assert said.checked.agreement > 0.97
    assert said.checked.samples == 256


def test_the_file_is_sound_and_alone(twins: tuple[Path, Path, Quantised]) -> None:
    whole, small, _ = twins
    onnx.checker.check_model(str(small))
    assert {path.name for path in small.parent.iterdir()} == {whole.name, small.name}
    kinds = {node.op_type for node in onnx.load(str(small)).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds


def test_it_is_quiet(learned: Learned, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    whole = export_onnx(learned.net, (1, 8, 8), tmp_path / "net.onnx")
    quantise(whole, tmp_path / "int8.onnx", learned.inputs[:20])
    assert capfd.readouterr() == ("", "")
    assert not logging.root.manager.disable


def test_without_samples_there_is_nothing_to_calibrate_with(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="typical inputs"):
        quantise(tmp_path / "net.onnx", tmp_path / "int8.onnx", np.empty((0, 1, 8, 8)))


def test_names_and_zero_points_are_left_out(twins: tuple[Path, Path, Quantised]) -> None:
    graph = onnx.load(str(twins[1])).graph
    names = {name for node in graph.node for name in (*node.input, *node.output)}
    assert all(len(name) <= 4 or name in ("inputs", "outputs") for name in names)
    made_by = {node.output[0]: node for node in graph.node}
    given = {"Conv": 2, "Gemm": 3}  # to what turns their weights back into floats
    weighted = [node for node in graph.node if node.op_type in given]
    assert [node.op_type for node in weighted] == ["Conv", "Conv", "Gemm", "Gemm"]
    for node in weighted:
        assert len(made_by[node.input[1]].input) == given[node.op_type]


def test_answers_keep_their_own_scales(tmp_path: Path, learned: Learned) -> None:
    """Probabilities beside a number in the thousands are no coarser for it."""
    heads = [Head(2), Head(1, 5000.0, 900.0)]
    trunk = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 3))
    whole = export_onnx(Answering(trunk, heads), (1, 8, 8), tmp_path / "net.onnx")
    quantise(whole, tmp_path / "int8.onnx", learned.inputs)
    exact, found = (run_onnx(tmp_path / name, learned.inputs) for name in ("net.onnx", "int8.onnx"))
    assert np.abs(exact[:, :2] - found[:, :2]).max() < 0.05
    assert np.abs(exact[:, 2] - found[:, 2]).max() < 0.2 * 900
    np.testing.assert_allclose(found[:, :2].sum(axis=1), 1, atol=1e-5)


class DeadBranch(torch.nn.Module):
    """A branch that says nothing to any calibration input, and a layer with a bias behind it."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body = torch.nn.Conv2d(1, 6, 3, padding=1)
        self.branch = torch.nn.Conv2d(1, 6, 3, padding=1)
        self.behind = torch.nn.Conv2d(6, 6, 1)
        self.head = torch.nn.Linear(6, 5)
        torch.nn.init.constant_(self.branch.bias, -100.0)
        torch.nn.init.normal_(self.behind.bias, std=0.3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, 1, h, w) -> (batch, 5)."""
        branch = self.behind(torch.relu(self.branch(x)))
        return self.head((torch.relu(self.body(x)) + branch).mean(dim=(2, 3)))


def test_a_branch_that_calibration_found_dead_spoils_nothing(tmp_path: Path) -> None:
    inputs = np.random.default_rng(0).normal(size=(200, 1, 8, 8)).astype(np.float32)
    whole = export_onnx(DeadBranch().eval(), (1, 8, 8), tmp_path / "net.onnx")
    said = quantise(whole, tmp_path / "int8.onnx", inputs)
    spread = run_onnx(whole, inputs).std()
    assert said.checked.max_difference < 0.15 * spread
    assert said.checked.agreement > 0.9
