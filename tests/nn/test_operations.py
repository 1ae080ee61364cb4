"""Operations: shapes that always fit, and convolutions checked against their definition."""

from __future__ import annotations

import pytest
import torch

from netwright.core.errors import ConfigError
from netwright.nn.drop_path import drop_path
from netwright.nn.operations import OPERATIONS, make


@pytest.mark.parametrize("side", [1, 2, 5, 8])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_fits_every_map(name: str, stride: int, side: int) -> None:
    small = -(-side // stride)
    for inputs, outputs in ((4, 4), (3, 5)):
        out = make(name, inputs, outputs, stride)(torch.randn(2, inputs, side, side + 1))
        assert out.shape == (2, outputs, small, -(-(side + 1) // stride))


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("conv_1x1", 8 * 8 + 16),
        ("conv_5x5", 25 * 8 * 8 + 16),
        ("conv_3x3_dilated_3", 9 * 8 * 8 + 16),
        ("sep_conv_3x3", 2 * (9 * 8 + 8 * 8 + 16)),
        ("sep_conv_7x7", 2 * (49 * 8 + 8 * 8 + 16)),
        ("dil_conv_5x5", 25 * 8 + 8 * 8 + 16),
        ("max_pool_3x3", 0),
        ("none", 0),
    ],
)
def test_weights_are_as_many_as_published(name: str, weights: int) -> None:
    assert sum(part.numel() for part in make(name, 8, 8).parameters()) == weights


@pytest.mark.parametrize(
    ("name", "reach"),
    [("conv_5x5", 2), ("conv_3x3_dilated_3", 3), ("dil_conv_3x3", 2), ("dil_conv_5x5", 4)],
)
def test_a_pixel_sees_as_far_as_it_should(name: str, reach: int) -> None:
    x = torch.rand(1, 2, 17, 17, requires_grad=True)
    make(name, 2, 2).eval()(x)[0, :, 8, 8].sum().backward()
    assert x.grad is not None
    rows = x.grad.abs().sum(dim=(0, 1, 3)).nonzero().flatten()
    assert (rows.min(), rows.max()) == (8 - reach, 8 + reach)


def test_an_unknown_operation_is_named() -> None:
    with pytest.raises(ConfigError, match="sep_conv_3x3"):
        make("sep_conv_4x4", 2, 2)


def test_dropping_paths_keeps_the_mean() -> None:
    torch.manual_seed(0)
    out = drop_path(torch.ones(20_000, 1, 1, 1), 0.3)
    assert out.unique().tolist() == pytest.approx([0, 1 / 0.7])
    assert out.mean() == pytest.approx(1, abs=0.02)
