"""Convolutions that begin as the identity."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from netwright.nn.passing import begin_passing


@pytest.mark.parametrize("kernel", [1, 3, 5])
@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize("dilation", [1, 2])
def test_what_is_not_random_is_the_identity(kernel: int, groups: int, dilation: int) -> None:
    padding = dilation * (kernel - 1) // 2
    made = nn.Conv2d(6, 6, kernel, 1, padding, dilation, groups, bias=False)
    before = made.weight.detach().clone()
    begin_passing(nn.Sequential(made))
    x = torch.randn(2, 6, 7, 7)
    with torch.no_grad():
        made.weight.sub_(before)
        torch.testing.assert_close(made(x), x)


def test_what_changes_the_channels_stays_random() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Linear(4, 4))
    before = [weight.clone() for weight in net.parameters()]
    assert all(map(torch.equal, before, begin_passing(net).parameters()))
