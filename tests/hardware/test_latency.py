"""Measured latencies: in milliseconds, of the right call, within the time given."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from netwright.core.errors import ConfigError, DataError
from netwright.export.onnx import export_onnx
from netwright.hardware.latency import cores, measure_latency, timed


class Sleeper(nn.Module):
    """Takes five milliseconds, and notes what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[tuple[int, ...], bool, int]] = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append((tuple(x.shape), self.training, torch.get_num_threads()))
        time.sleep(0.005)
        return x


def test_a_call_of_known_length() -> None:
    found = measure_latency(lambda: time.sleep(0.005), repeats=10, warm_up=0)
    assert 5 <= found.median_ms < 50
    assert found.spread_ms >= 0
    assert found.calls == 10


def test_a_net_runs_as_it_predicts_with_the_threads_given() -> None:
    net, before = Sleeper(), torch.get_num_threads()
    found = measure_latency(net, (3, 4), batch=2, threads=1, warm_up=1, repeats=6)
    assert set(net.seen) == {((2, 3, 4), False, 1)}
    assert len(net.seen) == 7
    assert (found.batch, found.threads) == (2, 1)
    assert net.training
    assert torch.get_num_threads() == before


def test_all_cores_are_none_named() -> None:
    net = Sleeper()
    measure_latency(net, (1,), threads=0, warm_up=0, repeats=1)
    assert net.seen[0][2] == cores()


def test_time_ends_a_measurement_but_not_before_five_calls() -> None:
    assert len(timed(lambda: time.sleep(0.01), 0, 100, seconds=0.0)) == 5


def test_a_file_is_measured(tmp_path: Path) -> None:
    path = export_onnx(nn.Linear(4, 2), (4,), tmp_path / "net.onnx")
    found = measure_latency(path, batch=3, repeats=5)
    assert 0 < found.median_ms < 100


@pytest.mark.parametrize("wrong", [{"batch": 0}, {"threads": -1}, {"repeats": 0}])
def test_numbers_that_make_no_sense(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match=r"batch >= 1"):
        measure_latency(lambda: None, **wrong)


def test_a_net_needs_a_shape() -> None:
    with pytest.raises(ConfigError, match="shape"):
        measure_latency(nn.Linear(1, 1))


def test_a_path_that_is_not_there() -> None:
    with pytest.raises(DataError, match="There is no file"):
        measure_latency("absent.onnx")
