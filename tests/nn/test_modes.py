"""A net that predicts for a moment is afterwards what it was."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from netwright.nn.modes import predicting


def net() -> nn.Module:
    """Three parts, one of them frozen."""
    made = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout(0.9))
    made[1].eval()
    return made


def modes(module: nn.Module) -> list[bool]:
    return [part.training for part in module.modules()]


def test_every_part_predicts_and_goes_back_into_its_own_mode() -> None:
    made = net()
    before = modes(made)
    assert before == [True, True, False, True]
    with predicting(made):
        assert modes(made) == [False] * 4
        assert not torch.is_grad_enabled()
    assert modes(made) == before
    assert torch.is_grad_enabled()


def test_so_it_does_after_an_error() -> None:
    made = net()
    with pytest.raises(ValueError, match="odd"), predicting(made):
        raise ValueError("odd")
    assert modes(made) == [True, True, False, True]
    assert torch.is_grad_enabled()


def test_predictions_repeat_and_teach_nothing() -> None:
    made = net().train()
    x = torch.randn(8, 2)
    with predicting(made):
        first, second = made(x), made(x)
    assert torch.equal(first, second)
    assert not first.requires_grad
    assert torch.equal(made[1].running_mean, torch.zeros(2))
