"""The look-up table: what is measured, how often, and what it adds up to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from netwright.core.errors import DataError
from netwright.hardware.lookup import LookUpTable, calls_of, measured
from netwright.spaces.nasbench201 import NASBench201
from netwright.spaces.nets import image_task


class Counting:
    """Measures nothing: one millisecond for every thousand numbers that go in."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, module: nn.Module, shape: tuple[int, ...]) -> float:
        self.asked.append(f"{module} {shape}")
        return float(np.prod(shape)) / 1000


def test_a_sum_of_known_parts() -> None:
    net = nn.Sequential(nn.Linear(10, 30), nn.ReLU(), nn.Linear(30, 5))
    assert LookUpTable(Counting()).latency_ms(net, (10,)) == pytest.approx(0.070)


def test_each_operation_is_measured_once() -> None:
    measure = Counting()
    table = LookUpTable(measure)
    twice = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 8))
    assert table.latency_ms(twice, (8,)) == pytest.approx(0.016)
    assert len(measure.asked) == 1
    table.latency_ms(twice, (8,))
    table.latency_ms(nn.Sequential(nn.Linear(8, 8), nn.ReLU()), (8,))
    assert len(measure.asked) == 2


def test_a_space_has_few_operations() -> None:
    measure, space = Counting(), NASBench201(channels=4, cells=2)
    table = LookUpTable(measure)
    for seed in range(10):
        net = space.build(space.sample(np.random.default_rng(seed)), image_task((3, 8, 8), 2))
        table.latency_ms(net, (3, 8, 8))
    assert len(measure.asked) < 40


class Strided(nn.Module):
    """Its text does not say its stride."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :: self.stride]


def test_modules_that_look_alike_and_differ_in_shape() -> None:
    measure = Counting()
    table = LookUpTable(measure)
    for stride in (1, 2):
        table.latency_ms(nn.Sequential(Strided(stride)), (8,))
    assert len(table.known) == 2


def test_calls_leave_the_net_as_it_was() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    assert [made for _, _, made in calls_of(net, (3,))] == [(1, 4), (1, 4)]
    assert net.training
    assert not net[0]._forward_hooks


def test_a_real_measurement() -> None:
    assert 0 < measured(nn.Linear(4, 4), (1, 4)) < 50


def test_a_table_is_saved_and_read(tmp_path: Path) -> None:
    table = LookUpTable(Counting())
    table.latency_ms(nn.Sequential(nn.Linear(10, 2)), (10,))
    table.save(tmp_path / "table.json")
    again = LookUpTable.load(tmp_path / "table.json")
    assert again.known == table.known
    assert torch.get_num_threads() >= 1


@pytest.mark.parametrize("text", ["hello", "[1]", '{"a": "b"}'])
def test_a_table_that_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "table.json").write_text(text)
    with pytest.raises(DataError, match="not a table"):
        LookUpTable.load(tmp_path / "table.json")
