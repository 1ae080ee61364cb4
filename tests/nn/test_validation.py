"""Validation in slices is validation at once."""

from __future__ import annotations

import time

import pytest
import torch
from torch import nn

from netwright.core.context import Context
from netwright.nn.batches import Batchable
from netwright.nn.losses import classification_loss
from netwright.nn.precision import Precision
from netwright.nn.validation import judge, validate

FLOAT32 = Precision("float32", torch.device("cpu"))


def net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.Dropout(0.5), nn.Flatten(), nn.LazyLinear(4)
    )


def images(rows: int, side: int, weighted: bool = False) -> Batchable:
    generator = torch.Generator().manual_seed(1)
    weight = torch.rand(rows, generator=generator) if weighted else None
    pictures = torch.rand(rows, 1, side, side, generator=generator)
    return Batchable([pictures], torch.arange(rows) % 4, weight)


@pytest.mark.parametrize("weighted", [False, True])
def test_big_images_go_a_few_at_a_time(weighted: bool) -> None:
    rows, made = images(50, 128, weighted), net()  # sixteen of 128 x 128 at once
    sizes: list[int] = []
    made.register_forward_pre_hook(lambda module, given: sizes.append(len(given[0])))
    loss, outputs, _ = judge(made, rows, classification_loss, FLOAT32)
    assert sizes == [16, 16, 16, 2]
    with torch.no_grad():
        whole = made(*rows.inputs)
    torch.testing.assert_close(outputs, whole, rtol=1e-4, atol=1e-5)
    expected = float(classification_loss(whole, rows.target, rows.weight))
    assert loss == pytest.approx(expected, rel=1e-4)
    assert validate(made, rows, classification_loss) == pytest.approx(loss)


def test_small_images_and_tables_go_by_thousands() -> None:
    rows, made = images(300, 8), net()
    sizes: list[int] = []
    made.register_forward_pre_hook(lambda module, given: sizes.append(len(given[0])))
    validate(made, rows, classification_loss)
    assert sizes == [300]


def test_outputs_are_float32_whatever_was_computed_in() -> None:
    half = Precision("bfloat16", torch.device("cpu"))
    loss, outputs, _ = judge(net(), images(20, 8), classification_loss, half)
    assert outputs.dtype == torch.float32
    exact = validate(net(), images(20, 8), classification_loss)
    assert loss == pytest.approx(exact, rel=0.05)


def test_a_deadline_that_has_passed_ends_it_after_the_first_rows() -> None:
    rows, made = images(50, 128), net()
    late = Context(deadline=time.monotonic() - 1)
    _, outputs, target = judge(made, rows, classification_loss, FLOAT32, late)
    assert len(outputs) == len(target) == 16
    early = Context(deadline=time.monotonic() + 600)
    assert len(judge(made, rows, classification_loss, FLOAT32, early).outputs) == 50
