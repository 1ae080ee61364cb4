"""Heads side by side: the loss and the answers against float64 by hand, missing targets, ONNX."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from netwright.nn.batches import Batchable
from netwright.nn.head import Head, head_of
from netwright.nn.joint import Answering, JointLoss, answers, loss_of
from netwright.nn.losses import classification_loss, regression_loss, training_loss
from netwright.nn.mixing import Mix

WIDTHS = (3, 1, 2)
ROWS = 8
NAN = float("nan")


def outputs(seed: int = 0) -> Tensor:
    return torch.randn(ROWS, 6, generator=torch.Generator().manual_seed(seed))


def targets(missing: bool = True) -> Tensor:
    """Three classes, a number, two classes (rows, targets)."""
    rng = np.random.default_rng(1)
    found = np.column_stack(
        [rng.integers(0, 3, ROWS), rng.normal(size=ROWS), rng.integers(0, 2, ROWS)]
    )
    if missing:
        found[[0, 3], 0] = found[2:6, 1] = found[[1, 2], 2] = np.nan
    return torch.from_numpy(found.astype(np.float32))


def by_hand(said: Tensor, target: Tensor, weight: np.ndarray, smoothing: float = 0.0) -> float:
    """The same in float64 numpy, a row after another."""
    values, truth = said.double().numpy(), target.double().numpy()
    losses, start = [], 0
    for place, width in enumerate(WIDTHS):
        part, column = values[:, start : start + width], truth[:, place]
        total, counted = 0.0, 0.0
        for row in range(ROWS):
            if np.isnan(column[row]):
                continue
            if width == 1:
                one = (part[row, 0] - column[row]) ** 2
            else:
                logs = part[row] - np.log(np.exp(part[row]).sum())
                wanted = np.full(width, smoothing / width)
                wanted[int(column[row])] += 1 - smoothing
                one = -(wanted * logs).sum()
            total, counted = total + weight[row] * one, counted + weight[row]
        losses.append(total / counted if counted else 0.0)
        start += width
    return float(np.mean(losses))


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_is_what_it_is_by_hand(missing: bool, smoothing: float) -> None:
    weight = np.random.default_rng(2).uniform(0.2, 3, ROWS)
    target, loss = targets(missing), loss_of(WIDTHS)
    equal = float(loss(outputs(), target, None, smoothing))
    assert equal == pytest.approx(by_hand(outputs(), target, np.ones(ROWS), smoothing), rel=1e-6)
    ours = float(loss(outputs(), target, torch.from_numpy(weight).float(), smoothing))
    assert ours == pytest.approx(by_hand(outputs(), target, weight, smoothing), rel=1e-6)


def test_mixed_rows_have_two_targets_each() -> None:
    mix = Mix(torch.randperm(ROWS, generator=torch.Generator().manual_seed(3)), 0.3)
    batch = Batchable([torch.zeros(ROWS, 1, 2, 2)], targets())
    ours = float(training_loss(outputs(), batch, mix, loss_of(WIDTHS), 0.1))
    own = by_hand(outputs(), targets(), np.ones(ROWS), 0.1)
    other = by_hand(outputs(), targets()[mix.other], np.ones(ROWS), 0.1)
    assert ours == pytest.approx(0.3 * own + 0.7 * other, rel=1e-6)


def test_one_target_has_the_loss_it_always_had() -> None:
    assert loss_of([1]) is regression_loss
    assert loss_of([4]) is classification_loss


def test_missing_values_move_nothing() -> None:
    said = outputs().requires_grad_()
    target = targets()
    target[:, 2] = NAN  # a batch may know nothing of a target at all
    loss_of(WIDTHS)(said, target, None, 0.0).backward()
    assert said.grad is not None
    moved = said.grad != 0
    known = ~target.isnan()
    assert torch.equal(moved.any(dim=1), known.any(dim=1))
    assert torch.equal(moved[:, 3], known[:, 1])
    assert not moved[:, 4:].any()


def test_the_gradient_is_right() -> None:
    said = outputs().double().requires_grad_()
    target = targets().double()
    assert torch.autograd.gradcheck(lambda one: JointLoss(WIDTHS)(one, target, None, 0.1), said)


def test_answers_are_probabilities_and_numbers_in_their_unit() -> None:
    heads = [Head(3), Head(1, 40.0, 12.0), Head(2)]
    told = answers(outputs(), heads)
    assert torch.equal(told[:, :3], torch.softmax(outputs()[:, :3], dim=1))
    assert torch.equal(told[:, 3], outputs()[:, 3] * 12 + 40)
    torch.testing.assert_close(told[:, 4:].sum(dim=1), torch.ones(ROWS))
    net = Answering(torch.nn.Identity(), heads)
    assert torch.equal(net(outputs()), told)


def test_a_head_knows_the_scale_of_what_is_known() -> None:
    assert head_of(1, np.array([2.0, np.nan, 6.0])) == Head(1, 4.0, 2.0)
    assert head_of(1, np.array([5.0, 5.0])) == Head(1, 5.0, 1.0)
    assert head_of(1, np.array([np.nan])) == Head(1)
    assert head_of(3, np.array([0, 2, 1])) == Head(3)
