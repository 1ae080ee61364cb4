"""Layout: what must not gather pixels itself is handed them, and computes the same."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from torch import nn

from netwright.core.config import Config
from netwright.nn.layout import Picking, pixels_last, suited
from netwright.nn.single_path import SinglePath
from netwright.nn.weight_bank import WeightBank, share_as


@pytest.mark.parametrize("stride", [2, (3, 1)])
@pytest.mark.parametrize("groups", [1, 2])
def test_handed_pixels_it_computes_what_it_did(stride: int | tuple[int, int], groups: int) -> None:
    torch.manual_seed(0)
    before = nn.Sequential(nn.Conv2d(4, 6, 1, stride, groups=groups)).double()
    after = pixels_last(deepcopy(before))
    assert isinstance(after[0], Picking)
    assert after.state_dict().keys() == before.state_dict().keys()
    x, found = torch.randn(2, 4, 7, 8, dtype=torch.double), []
    for net in (before, after):
        mine = x.clone().requires_grad_()
        out = net(mine)
        out.square().sum().backward()
        found.append([out, mine.grad, *(weight.grad for weight in net.parameters())])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize(
    "conv",
    [nn.Conv2d(16, 8, 1, 2), nn.Conv2d(4, 8, 1), nn.Conv2d(4, 8, 3, 2), nn.Conv2d(4, 8, 1, 2, 1)],
    ids=["many channels", "no stride", "a larger kernel", "padding"],
)
def test_others_are_left_alone(conv: nn.Conv2d) -> None:
    assert type(pixels_last(conv)) is nn.Conv2d
    assert conv.weight.is_contiguous(memory_format=torch.channels_last)


def test_it_stays_the_object_that_others_know() -> None:
    conv = share_as(nn.Conv2d(3, 8, 1, 2), "thin")
    net, seen = nn.ModuleList([conv, conv]), list[str]()
    conv.register_forward_hook(lambda *_: seen.append("ran"))
    assert suited(net)[1] is conv
    net[1](torch.zeros(1, 3, 4, 4))
    assert seen == ["ran"]
    assert all(key.startswith("thin") for key in WeightBank([net]).weights)


def test_drawn_nets_are_safe_too() -> None:
    def build(design: Config) -> nn.Module:
        return nn.Sequential(nn.Conv2d(3, 4, 1, 2))

    path = SinglePath(WeightBank([build(Config({}))]), build, lambda _: Config({}))
    assert isinstance(path.drawn[0], Picking)  # type: ignore[index]
    assert path(torch.rand(2, 3, 5, 5)).shape == (2, 4, 3, 3)
