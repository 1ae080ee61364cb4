"""Compound scaling: the paper's rule, and multiply-adds that double as often as phi says."""

from __future__ import annotations

import pytest
from torch import nn

from netwright.core.errors import ConfigError
from netwright.hardware.counting import count_flops
from netwright.paradigms.nas.scaling import (
    PUBLISHED,
    Base,
    Scaling,
    Size,
    grid,
    grid_search,
    largest_phi,
    scale,
)
from netwright.spaces.nasbench201 import NASBench201
from netwright.spaces.nets import image_task

CELL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|skip_connect~0|none~1|nor_conv_1x1~2|"


def plain(size: Size) -> nn.Module:
    """A stem, then equal layers: multiply-adds are known in closed form."""
    layers = [nn.Conv2d(3, size.channels, 1, bias=False)]
    layers += [
        nn.Conv2d(size.channels, size.channels, 3, padding=1, bias=False)
        for _ in range(size.layers)
    ]
    return nn.Sequential(*layers)


def cells(size: Size) -> nn.Module:
    """A real space, wider and deeper than it was searched."""
    space = NASBench201(channels=size.channels, cells=size.layers)
    return space.build(space.from_text(CELL), image_task((3, size.side, size.side), 10))


PLAIN = Base(plain, Size(4, 16, 16))


def test_closed_form() -> None:
    assert PLAIN.own_flops == 16 * 16 * (3 * 16 + 4 * 9 * 16 * 16)


def test_the_published_scaling_is_on_the_grid() -> None:
    assert PUBLISHED in grid(0.05)
    assert PUBLISHED.growth == pytest.approx(1.92, abs=0.01)


@pytest.mark.parametrize("step", [0.05, 0.1, 0.2])
def test_every_scaling_of_a_grid_keeps_the_rule(step: float) -> None:
    found = grid(step)
    assert found
    assert len(set(found)) == len(found)
    for one in found:
        assert min(one.alpha, one.beta, one.gamma) >= 1
        assert 1.8 <= one.alpha * one.beta**2 * one.gamma**2 <= 2.2


@pytest.mark.parametrize("phi", [-1.0, 0.5, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("scaling", [PUBLISHED, Scaling(2.0, 1.0, 1.0), Scaling(1.0, 1.4, 1.0)])
def test_multiply_adds_double_phi_times(scaling: Scaling, phi: float) -> None:
    size = scale(PLAIN, scaling, phi)
    measured = count_flops(plain(size), (3, size.side, size.side))
    assert measured / PLAIN.own_flops == pytest.approx(2**phi, rel=0.1)


@pytest.mark.parametrize("phi", [1.0, 2.0])
def test_a_net_of_cells(phi: float) -> None:
    base = Base(cells, Size(1, 8, 16))
    size = scale(base, PUBLISHED, phi)
    assert base.flops(size) / base.own_flops == pytest.approx(2**phi, rel=0.1)
    assert size.layers >= 1
    assert size.channels > 8


def test_nothing_changes_at_phi_zero() -> None:
    assert scale(PLAIN, PUBLISHED, 0.0) == PLAIN.size


def test_channels_are_multiples() -> None:
    base = Base(plain, Size(6, 32, 24), divisor=8)
    assert scale(base, PUBLISHED, 1.0).channels % 8 == 0


def test_a_size_that_cannot_be_had_is_said() -> None:
    with pytest.raises(ConfigError, match="within 10 %"):
        scale(Base(plain, Size(1, 16, 1), divisor=16), Scaling(1.0, 1.4, 1.0), 0.5)


def test_the_grid_finds_what_the_judge_likes() -> None:
    asked: list[Size] = []

    def deep(size: Size) -> float:
        asked.append(size)
        return size.layers

    assert grid_search(PLAIN, deep).alpha >= 1.8
    assert len(asked) == len(set(asked))


def test_phi_is_what_one_can_pay() -> None:
    assert largest_phi(lambda phi: 5 * 2**phi, 40.0) == pytest.approx(3.0, abs=0.01)
    assert largest_phi(lambda phi: 1.0, 2.0) == pytest.approx(8.0, abs=0.01)
    with pytest.raises(ConfigError, match="more than the limit"):
        largest_phi(lambda phi: 5 * 2**phi, 4.0)
