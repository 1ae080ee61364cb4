"""Shared weights: who takes which part, and that a part computes what its net computes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from netwright.core.errors import ConfigError
from netwright.nn.recalibration import recalibrate
from netwright.nn.single_path import SinglePath
from netwright.nn.weight_bank import PATIENCE, WeightBank, share_as


def convolution(width: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(2, width, kernel, padding=kernel // 2), nn.BatchNorm2d(width))


def test_a_smaller_net_takes_the_first_channels_and_the_middle_of_the_kernel() -> None:
    bank = WeightBank([convolution(6, 5), convolution(4, 3)])
    small = convolution(4, 3)
    parts = bank.parts(small)
    whole = bank.weights["0/weight:4"]
    assert whole.shape == (6, 2, 5, 5)
    torch.testing.assert_close(parts["0.weight"], whole[:4, :, 1:4, 1:4])
    torch.testing.assert_close(bank.fill(small)[1].weight, bank.weights["1/weight:1"][:4])


def test_what_is_large_in_different_ways_fits_into_one() -> None:
    torch.manual_seed(0)
    wide, high = convolution(6, 3), convolution(4, 7)
    bank = WeightBank([wide, high])
    whole = bank.weights["0/weight:4"]
    assert whole.shape == (6, 2, 7, 7)
    assert torch.isfinite(whole).all()
    torch.testing.assert_close(whole[:, :, 2:5, 2:5], wide[0].weight)  # what came first stays
    numbers = torch.cat([wide[0].weight.flatten(), high[0].weight.flatten()])
    assert torch.isin(whole, numbers).all()


def test_words_stand_for_places() -> None:
    first = nn.Sequential(share_as(nn.Linear(3, 3), "a"), share_as(nn.Linear(3, 3), "b"))
    second = nn.Sequential(share_as(nn.Linear(3, 3), "b"))
    bank = WeightBank([first])
    torch.testing.assert_close(bank.fill(second)[0].weight, first[1].weight)


def test_a_net_with_another_place_is_refused() -> None:
    bank = WeightBank([convolution(4, 3)])
    wider = convolution(5, 3)
    assert not bank.holds(wider)
    with pytest.raises(ConfigError, match="no weights for"):
        bank.parts(wider)


def test_nets_without_end_come_to_one() -> None:
    asked = 0

    def nets():
        nonlocal asked
        while True:
            asked += 1
            yield convolution(4, 3)

    WeightBank(nets())
    assert asked == 1 + PATIENCE


def path(widths: list[int]) -> SinglePath[int]:
    """A supernet whose designs are widths, drawn in turn."""
    turns = iter(widths)
    bank = WeightBank([convolution(6, 3)])
    return SinglePath(bank, lambda width: convolution(width, 3), lambda seed: next(turns))


def test_a_batch_changes_the_weights_of_its_design_alone() -> None:
    torch.manual_seed(0)
    net = path([4]).train()
    net(torch.randn(3, 2, 5, 5)).square().mean().backward()
    gradient = net.bank.weights["0/weight:4"].grad
    assert gradient is not None
    assert (gradient[:4] != 0).any()
    assert (gradient[4:] == 0).all()


def test_designs_without_weights_are_not_drawn() -> None:
    net = path([7, 8, 5])
    assert net(torch.randn(3, 2, 5, 5)).shape[1] == 5


def test_a_net_that_is_run_twice_is_built_once() -> None:
    built = []

    def build(width: int) -> nn.Module:
        built.append(width)
        return convolution(width, 3)

    net = SinglePath(WeightBank([convolution(6, 3)]), build, lambda seed: 6)
    before = torch.get_rng_state()
    first = net.run(6, torch.ones(2, 2, 5, 5))
    torch.testing.assert_close(net.run(6, torch.ones(2, 2, 5, 5)), first)
    assert built == [6]
    assert torch.equal(torch.get_rng_state(), before)  # building draws nothing


def test_statistics_are_measured_anew() -> None:
    torch.manual_seed(0)
    net = convolution(4, 3).train()
    net(5 + torch.randn(8, 2, 6, 6))  # statistics of something else
    batches = [torch.randn(16, 2, 6, 6) for _ in range(3)]
    maps = [net[0](batch) for batch in batches]
    recalibrate(net, batches)
    means = torch.stack([found.mean(dim=(0, 2, 3)) for found in maps])
    torch.testing.assert_close(net[1].running_mean, means.mean(dim=0))
    spreads = torch.stack([found.var(dim=(0, 2, 3)) for found in maps])
    torch.testing.assert_close(net[1].running_var, spreads.mean(dim=0))
    assert net[1].momentum == 0.1
    assert not net.training
