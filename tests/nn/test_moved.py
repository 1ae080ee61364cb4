"""Rows that stand for moved weights, against the weights themselves."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from netwright.nn.moved import Moved, worth_rows


def wide(bias: bool = True) -> nn.Sequential:
    """Two layers larger than three rows, and one that is not."""
    torch.manual_seed(0)
    layers = nn.Linear(30, 20, bias=bias), nn.ReLU(), nn.Linear(20, 25), nn.ReLU(), nn.Linear(25, 2)
    return nn.Sequential(*layers).double()


def rows(count: int, width: int = 30) -> Tensor:
    return torch.randn(count, width, dtype=torch.double)


def test_large_layers_are_worth_it() -> None:
    net = wide()
    every = {name for name, _ in net.named_parameters()}
    assert worth_rows(net, every, rows(3)) == {"0": (3, 20), "2": (3, 25)}
    assert worth_rows(net, every, rows(11)) == {"0": (11, 20), "2": (11, 25)}
    assert worth_rows(net, every, rows(12)) == {}  # 12 * (30 + 20) numbers are as many as 30 * 20
    assert worth_rows(net, every - {"0.bias"}, rows(3)) == {"2": (3, 25)}


def test_layers_that_are_used_twice_are_left_out() -> None:
    twice = nn.Linear(30, 30)
    net = nn.Sequential(twice, nn.ReLU(), twice)
    assert worth_rows(net, {"0.weight", "0.bias"}, torch.randn(2, 30)) == {}
    tied = nn.Sequential(nn.Linear(30, 30), nn.Linear(30, 30))
    tied[1].weight = tied[0].weight
    every = {name for name, _ in tied.named_parameters()}
    assert worth_rows(tied, every, torch.randn(2, 30)) == {}


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(4, 30), (2, 5, 30)])
def test_rows_stand_for_weights(shape: tuple[int, ...], bias: bool) -> None:
    net, x = wide(bias), torch.randn(*shape, dtype=torch.double)
    steps = {
        "0": [(rows(3), rows(3, 20)), (rows(2), rows(2, 20))],
        "2": [(rows(3, 20), rows(3, 25))],
    }
    moved = Moved({"4.weight": torch.randn(2, 25, dtype=torch.double)}, steps)
    whole = moved.whole(net)
    assert ("0.bias" in whole) == bias
    assert torch.allclose(moved.run(net, x), functional_call(net, whole, (x,)))


def test_what_is_added_tells_the_slope_of_a_weight() -> None:
    net, x = wide(), rows(3)
    added = {
        "0": torch.zeros(3, 20, dtype=torch.double, requires_grad=True),
        "2": torch.zeros(3, 25, dtype=torch.double, requires_grad=True),
    }
    out, seen = Moved({}, {"0": [], "2": []}).watched(net, x, added)
    assert torch.equal(out, net(x))
    slopes = torch.autograd.grad(out.square().sum(), list(added.values()))
    net(x).square().sum().backward()
    for (name, inputs), slope in zip(seen.items(), slopes, strict=True):
        layer = net.get_submodule(name)
        assert torch.allclose(slope.T @ inputs, layer.weight.grad)  # type: ignore[arg-type]
        assert torch.allclose(slope.sum(dim=0), layer.bias.grad)  # type: ignore[arg-type]


def test_no_hook_is_left() -> None:
    net = wide()
    with pytest.raises(RuntimeError):
        Moved({}, {"0": []}).run(net, rows(3, 7))
    assert not any(layer._forward_hooks for layer in net.modules())
