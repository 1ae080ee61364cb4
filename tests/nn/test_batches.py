"""Rows as tensors: some of them, how big they are, where they lie."""

from __future__ import annotations

import pytest
import torch

from netwright.nn.batches import Batchable

ROWS = Batchable(
    [torch.arange(24, dtype=torch.uint8).reshape(6, 1, 2, 2)],
    torch.arange(6),
    torch.linspace(0, 1, 6),
)


def test_some_rows_are_some_of_everything() -> None:
    some = ROWS.take(torch.tensor([4, 1]))
    assert len(some) == 2
    assert some.inputs[0][:, 0, 0, 0].tolist() == [16, 4]
    assert some.target.tolist() == [4, 1]
    assert some.weight is not None
    torch.testing.assert_close(some.weight, torch.tensor([0.8, 0.2]))
    assert ROWS.take(slice(2, 4)).target.tolist() == [2, 3]


def test_bytes_are_those_of_all_parts() -> None:
    assert ROWS.nbytes == 24 + 6 * 8 + 6 * 4
    assert Batchable(ROWS.inputs, ROWS.target).nbytes == 24 + 6 * 8


def test_images_are_one_input_of_four_dimensions() -> None:
    assert ROWS.images
    assert not Batchable([torch.zeros(6, 3)], ROWS.target).images
    assert not Batchable([*ROWS.inputs, *ROWS.inputs], ROWS.target).images


def test_rows_move_whole_and_only_when_they_must() -> None:
    assert ROWS.to(torch.device("cpu")) is ROWS
    moved = ROWS.near(torch.device("meta"))
    assert moved.weight is not None
    assert {part.device.type for part in (*moved.inputs, moved.target, moved.weight)} == {"meta"}


def test_rows_too_big_for_the_device_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (2 * ROWS.nbytes - 2, 0))
    assert ROWS.near(torch.device("cuda")) is ROWS
