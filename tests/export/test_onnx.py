"""Exported files: the same predictions, any batch, one file, and clear refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor, nn

from netwright.core.errors import ConfigError, DataError
from netwright.export.checking import Checked, check_export, compare, run_onnx
from netwright.export.onnx import export_onnx
from netwright.export.runtime import OnnxFile
from netwright.spaces.nasbench201 import NASBench201
from netwright.spaces.nets import image_task
from tests.export.conftest import Learned


def test_a_trained_net_says_the_same(learned: Learned, tmp_path: Path) -> None:
    path = export_onnx(learned.net, (1, 8, 8), tmp_path / "net.onnx")
    checked = check_export(learned.net, path, learned.inputs)
    assert checked.max_difference < 1e-4
    assert (checked.agreement, checked.samples) == (1.0, 256)


@pytest.mark.parametrize("seed", range(3))
def test_random_cells_say_the_same(seed: int, tmp_path: Path) -> None:
    torch.manual_seed(seed)
    space = NASBench201(channels=4, cells=1)
    task = image_task((3, 9, 9), 4)
    net = space.build(space.sample(np.random.default_rng(seed)), task)
    net(torch.randn(32, 3, 9, 9))  # statistics that are not those of a new net
    path = export_onnx(net, (3, 9, 9), tmp_path / "net.onnx")
    samples = np.random.default_rng(0).normal(size=(40, 3, 9, 9)).astype(np.float32)
    assert check_export(net, path, samples).max_difference < 1e-4


class FromPixels(nn.Module):
    """A net that normalises what it is given."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, pixels: Tensor) -> Tensor:
        out: Tensor = self.net((pixels.float() / 255 - 0.3) / 0.2)
        return out


def test_pixels_go_in_as_they_are_stored(learned: Learned, tmp_path: Path) -> None:
    net = FromPixels(learned.net)
    path = export_onnx(net, (1, 8, 8), tmp_path / "net.onnx", dtype=torch.uint8)
    pixels = np.random.default_rng(0).integers(0, 256, (20, 1, 8, 8), dtype=np.uint8)
    assert OnnxFile(path).dtypes == {"inputs": np.uint8}
    by_hand = learned.net(torch.from_numpy((pixels / 255 - 0.3) / 0.2).float()).detach().numpy()
    assert np.allclose(run_onnx(path, pixels), by_hand, atol=1e-4)


@pytest.mark.parametrize("batch", [1, 3, 17])
def test_any_batch_and_one_file(learned: Learned, tmp_path: Path, batch: int) -> None:
    path = export_onnx(learned.net, (1, 8, 8), tmp_path / "net.onnx")
    onnx.checker.check_model(str(path))
    assert list(tmp_path.iterdir()) == [path]
    assert OnnxFile(path)(learned.inputs[:batch]).shape == (batch, 10)
    assert OnnxFile(path).shapes == {"inputs": (1, 8, 8)}


def test_exporting_leaves_the_net_as_it_was(tmp_path: Path) -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.LazyLinear(2))
    net(torch.zeros(2, 1, 6, 6))
    net[1].eval()
    export_onnx(net, (1, 6, 6), tmp_path / "net.onnx")
    assert [net.training, net[0].training, net[1].training] == [True, True, False]


class Odd(nn.Module):
    """ONNX has no word for this."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.linalg.matrix_exp(x)


def test_what_cannot_be_written_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be written as ONNX"):
        export_onnx(Odd(), (3, 3), tmp_path / "net.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_onnx_file(tmp_path: Path) -> None:
    broken = tmp_path / "net.onnx"
    broken.write_text("hello")
    with pytest.raises(DataError, match="not an ONNX file"):
        OnnxFile(broken)
    with pytest.raises(DataError, match="There is no file"):
        OnnxFile(tmp_path / "absent.onnx")


def two_inputs(path: Path, kind: int) -> Path:
    """A file that adds, or joins, two rows."""
    ends = [onnx.helper.make_tensor_value_info(name, kind, ["n", 2]) for name in "abc"]
    node = onnx.helper.make_node("Concat", ["a", "b"], ["c"], axis=1)
    graph = onnx.helper.make_graph([node], "joined", ends[:2], ends[2:])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)])
    model.ir_version = 10
    onnx.save(model, str(path))
    return path


def test_a_file_with_two_inputs_takes_them_by_name(tmp_path: Path) -> None:
    file = OnnxFile(two_inputs(tmp_path / "two.onnx", onnx.TensorProto.STRING))
    assert file(file.zeros(3)).tolist() == [[""] * 4] * 3
    words = {name: np.array([[name, "z"]], dtype=object) for name in "ba"}
    assert file(words).tolist() == [["a", "z", "b", "z"]]
    with pytest.raises(DataError, match=r"one array of numbers. It takes a: tensor\(string\), b"):
        file(np.zeros((1, 2)))


def test_a_file_of_other_types_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"numbers or strings. It takes a: tensor\(bool\)"):
        OnnxFile(two_inputs(tmp_path / "two.onnx", onnx.TensorProto.BOOL))


def test_a_comparison_by_hand() -> None:
    truth, other = np.array([[0.0, 1.0], [0.6, 0.4]]), np.array([[0.1, 1.0], [0.4, 0.6]])
    assert compare(truth, other) == Checked(pytest.approx(0.2), 0.5, 2)
