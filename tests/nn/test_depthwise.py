"""Wide depthwise convolutions: the same numbers, however they are derived."""

from __future__ import annotations

import warnings
from copy import deepcopy
from functools import partial

import pytest
import torch
from torch import nn
from torch.func import functional_call, grad, jvp, vmap
from torch.nn.functional import conv2d

from netwright.nn.depthwise import WideDepthwise
from netwright.nn.layout import pixels_last


def wide(kernel: int | tuple[int, int], channels: int = 3, **words: object) -> nn.Conv2d:
    high, across = (kernel, kernel) if isinstance(kernel, int) else kernel
    told = {"padding": (high // 2, across // 2), "groups": channels, "bias": False, **words}
    return nn.Conv2d(channels, channels, (high, across), **told)  # type: ignore[arg-type]


@pytest.mark.parametrize("kernel", [5, 7, (3, 5), (5, 9)])
@pytest.mark.parametrize("shape", [(6, 7), (2, 3), (9, 1), (1, 9)])
def test_its_gradients_are_those_of_the_plain_one(
    kernel: int | tuple[int, int], shape: tuple[int, int]
) -> None:
    torch.manual_seed(0)
    before = wide(kernel).double()
    after = pixels_last(deepcopy(before))
    assert isinstance(after, WideDepthwise)
    x, found = torch.randn(2, 3, *shape, dtype=torch.double), []
    for conv in (before, after):
        mine = x.clone().requires_grad_()
        out = conv(mine)
        out.pow(3).sum().backward()
        found.append([out, mine.grad, conv.weight.grad])
    for ours, theirs in zip(*reversed(found), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_second_derivatives_agree_with_finite_differences() -> None:
    torch.manual_seed(0)
    conv = pixels_last(wide(5, channels=2).double())
    x = torch.randn(1, 2, 4, 3, dtype=torch.double, requires_grad=True)

    def run(pictures: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = functional_call(conv, {"weight": weight}, (pictures,))
        return out

    assert torch.autograd.gradgradcheck(run, (x, conv.weight.detach().requires_grad_()))


def test_functional_transforms_pass_through_it() -> None:
    torch.manual_seed(0)
    conv = pixels_last(wide(5).double())
    pictures, weight = torch.randn(4, 1, 3, 5, 5, dtype=torch.double), conv.weight.detach()

    def ours(weight: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = functional_call(conv, {"weight": weight}, (x,))
        return out.pow(3).sum()

    def plain(weight: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return conv2d(x, weight, padding=2, groups=3).pow(3).sum()

    found = [vmap(grad(loss), (None, 0))(weight, pictures) for loss in (ours, plain)]
    torch.testing.assert_close(*found)
    moves = torch.randn_like(weight)
    with warnings.catch_warnings():  # the first time, torch calls what it deprecates
        warnings.simplefilter("ignore", DeprecationWarning)
        curved = [
            jvp(grad(partial(loss, x=pictures[0])), (weight,), (moves,)) for loss in (ours, plain)
        ]
    torch.testing.assert_close(*curved)


@pytest.mark.parametrize(
    "conv",
    [
        wide(3),
        wide(5, stride=2),
        wide(5, padding=0),
        wide(5, bias=True),
        wide(5, groups=1),
        wide(5, dilation=2, padding=4),
        wide(5, padding_mode="circular"),
    ],
    ids=["narrow", "strided", "shrinking", "with a bias", "not depthwise", "dilated", "circular"],
)
def test_others_stay_what_they_are(conv: nn.Conv2d) -> None:
    assert type(pixels_last(conv)) is nn.Conv2d
