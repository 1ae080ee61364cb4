"""Pixels become numbers inside the net."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from netwright.nn.inputs import Pixels


def images(rows: int = 50) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(256, (rows, 3, 5, 4), generator=generator, dtype=torch.uint8)


def test_each_channel_has_mean_zero_and_spread_one() -> None:
    out = Pixels.measured(images())(images())
    assert out.dtype == torch.float32
    torch.testing.assert_close(out.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(out.std(dim=(0, 2, 3), correction=0), torch.ones(3))


def test_uint8_and_float_are_the_same() -> None:
    layer = Pixels.measured(images())
    assert torch.equal(layer(images()), layer(images().float()))


def test_a_channel_of_one_shade_stays_finite() -> None:
    black = torch.zeros(4, 1, 2, 2, dtype=torch.uint8)
    assert torch.equal(Pixels.measured(black)(black), torch.zeros(4, 1, 2, 2))


def test_many_rows_are_measured_here_and_there() -> None:
    many = images(300).repeat(30, 1, 1, 1)
    every, some = Pixels.measured(many[:4000]), Pixels.measured(many)
    torch.testing.assert_close(every.mean, some.mean, rtol=0.05, atol=0)


def test_the_measures_travel_with_the_weights() -> None:
    layer, other = Pixels.measured(images()), Pixels(torch.zeros(3), torch.ones(3))
    other.load_state_dict(layer.state_dict())
    assert torch.equal(other(images()), layer(images()))
    assert list(layer.parameters()) == []


def test_a_smaller_picture_may_be_seen() -> None:
    even = images()[..., :4, :]
    layer = Pixels.measured(even, (2, 2))
    means = even.float().unfold(2, 2, 2).unfold(3, 2, 2).mean(dim=(-2, -1))
    torch.testing.assert_close(layer(even), Pixels.measured(even)(means))


@pytest.mark.parametrize("kind", [torch.uint8, torch.float32])
def test_it_works_in_front_of_any_net(kind: torch.dtype) -> None:
    net = nn.Sequential(Pixels.measured(images()), nn.Conv2d(3, 2, 3))
    assert net(images().to(kind)).shape == (50, 2, 3, 2)
