"""Averaged weights against the closed form."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from netwright.nn.averaging import Averaged


def test_the_average_is_the_closed_form() -> None:
    """After n steps: the product of all decays for the start, and of the later ones for each."""
    net = nn.Linear(1, 1, bias=False)
    seen = [net.weight.item()]
    averaged = Averaged(net, 0.6)
    for step in range(1, 13):
        with torch.no_grad():
            net.weight.fill_(float(step**2))
        seen.append(float(step**2))
        averaged.update()
    decays = [min(0.6, (1 + step) / (10 + step)) for step in range(1, 13)]
    weights = torch.tensor([1.0] + [1 - decay for decay in decays], dtype=torch.float64)
    for place, decay in enumerate(decays, start=1):
        weights[:place] *= decay
    assert float(weights.sum()) == pytest.approx(1)
    expected = float(weights @ torch.tensor(seen, dtype=torch.float64))
    assert averaged.net.weight.item() == pytest.approx(expected, rel=1e-5)


def test_statistics_are_averaged_and_counters_copied() -> None:
    net = nn.BatchNorm1d(2)
    averaged = Averaged(net, 0.9)
    for _ in range(3):
        net(torch.full((4, 2), 5.0) + torch.randn(4, 2))
        averaged.update()
    assert isinstance(averaged.net, nn.BatchNorm1d)
    assert averaged.net.num_batches_tracked == 3
    its, mine = net.running_mean, averaged.net.running_mean
    assert its is not None
    assert mine is not None
    assert bool(((mine > 0) & (mine < its)).all())


def test_the_average_is_a_net_of_its_own() -> None:
    net = nn.Linear(2, 2)
    averaged = Averaged(net, 0.9)
    assert all(not weight.requires_grad for weight in averaged.net.parameters())
    assert all(weight.requires_grad for weight in net.parameters())
    assert not averaged.net.training
