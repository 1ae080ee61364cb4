"""Costs of ONNX files against those of the nets inside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from netwright.core.errors import DataError
from netwright.export.onnx import export_onnx
from netwright.export.quantise import quantise
from netwright.hardware.costs import costs_of
from netwright.hardware.files import costs_of_file
from netwright.spaces.nasbench201 import NASBench201
from netwright.spaces.nets import image_task


class Product(nn.Module):
    """A product of matrices without weights."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.matmul(x, x.transpose(1, 2))


@pytest.mark.parametrize(
    ("net", "shape"),
    [
        (
            nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, groups=4)),
            (3, 9, 9),
        ),
        (nn.ConvTranspose2d(4, 6, 2, 2), (4, 5, 5)),
        (nn.Sequential(nn.Flatten(), nn.Linear(12, 7), nn.ReLU(), nn.Linear(7, 3)), (3, 2, 2)),
        (Product(), (5, 4)),
    ],
)
def test_a_file_costs_what_its_net_costs(
    net: nn.Module, shape: tuple[int, ...], tmp_path: Path
) -> None:
    inside = costs_of_file(export_onnx(net, shape, tmp_path / "net.onnx"))
    assert inside.flops_g == costs_of(net, shape).flops_g
    assert inside.params_m == costs_of(net, shape).params_m
    assert inside.memory_mb == pytest.approx(costs_of(net, shape).memory_mb, rel=0.35)


def test_a_cell_net_loses_only_its_folded_normalisations(tmp_path: Path) -> None:
    space = NASBench201(channels=8, cells=1)
    net = space.build(space.sample(np.random.default_rng(4)), image_task((3, 16, 16), 4))
    whole = costs_of(net, (3, 16, 16))
    inside = costs_of_file(export_onnx(net, (3, 16, 16), tmp_path / "net.onnx"))
    assert inside.flops_g == whole.flops_g
    assert 0.9 * whole.params_m < inside.params_m <= whole.params_m
    assert 0.6 * whole.memory_mb < inside.memory_mb <= whole.memory_mb


def test_eight_bits_weigh_less_and_multiply_as_often(tmp_path: Path) -> None:
    net = nn.Sequential(nn.Conv2d(3, 64, 3), nn.ReLU(), nn.Conv2d(64, 64, 3))
    whole = export_onnx(net, (3, 8, 8), tmp_path / "net.onnx")
    samples = np.random.default_rng(0).normal(size=(16, 3, 8, 8)).astype(np.float32)
    quantise(whole, tmp_path / "int8.onnx", samples)
    before, after = costs_of_file(whole), costs_of_file(tmp_path / "int8.onnx")
    assert after.flops_g == before.flops_g
    assert after.memory_mb < 0.6 * before.memory_mb


def test_a_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_text("hello")
    with pytest.raises(DataError, match="not an ONNX file"):
        costs_of_file(tmp_path / "net.onnx")
