"""Following nets that do unusual things on their way."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from netwright.hardware.counting import peak_activation_bytes, peak_bytes
from netwright.hardware.tracing import trace

FLOAT = 4  # bytes


class Makes(nn.Module):
    """Makes tensors of its own on the way, on the processor."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 3, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        place = torch.arange(6, dtype=torch.float32)
        out: Tensor = self.linear(torch.cat([x[:, :3], x[:, 3:]], dim=1) + place)
        return out


class Lists(nn.Module):
    """Takes apart and puts together."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack(list(torch.split(x, 2, dim=1)), dim=0).sum(dim=0)


class Folds(nn.Module):
    """Works on its weights before it uses them."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(5, 4))

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight / self.weight.norm(dim=1, keepdim=True)
        return x @ weight.t()


class Asks(nn.Module):
    """Goes another way when it sees certain values."""

    def __init__(self) -> None:
        super().__init__()
        self.short, self.long = nn.Linear(4, 1), nn.Linear(4, 100)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.long(x) if float(x.sum()) == 0 else self.short(x)
        return out


class Tells(nn.Module):
    """Returns more than one thing, as nets with auxiliary heads do."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x * 2, x + 1


@pytest.mark.parametrize(
    ("net", "shape", "flops"),
    [
        (Makes(), (6,), 18),
        (Lists(), (6,), 0),
        (Folds(), (4,), 20),
        (Asks(), (4,), 400),
        (Tells(), (3,), 0),
        (nn.LSTM(3, 5, batch_first=True), (7, 3), 7 * 4 * 5 * (3 + 5)),
        (nn.LSTM(3, 5, 2, bidirectional=True), (7, 3), 7 * 2 * 4 * 5 * (3 + 5 + 10 + 5)),
        (nn.GRU(3, 5), (7, 3), 7 * 3 * 5 * (3 + 5)),
    ],
)
def test_unusual_nets_are_followed(net: nn.Module, shape: tuple[int, ...], flops: int) -> None:
    assert trace(net, shape).flops == flops


def test_a_net_that_does_not_take_the_shape_says_so_itself() -> None:
    with pytest.raises(RuntimeError):
        trace(nn.Linear(3, 4), (5,))


def test_a_second_look_finds_the_same() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2))
    first, second = trace(net, (3, 9, 9)), trace(net, (3, 9, 9))
    assert first.flops == second.flops
    assert peak_activation_bytes(first) == peak_activation_bytes(second)
    assert len(first.steps) == len(second.steps)


def test_what_is_followed_without_values_is_what_is_run_with_them() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten())
    on_meta = trace(net, (3, 9, 9))

    class Looking(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            float(x.sum())  # cannot be done without values
            out: Tensor = net(x)
            return out

    assert trace(Looking(), (3, 9, 9)).flops == on_meta.flops


def test_the_peak_of_a_sequence_by_hand() -> None:
    size = {"x": 10, "weight": 1000, "a": 30, "b": 5, "c": 7}
    steps = [
        (set(), {"x"}),
        ({"x", "weight"}, {"a"}),
        ({"a"}, {"b"}),
        ({"x", "b"}, {"c"}),
    ]
    assert peak_bytes(steps, size.__getitem__) == 10 + 30 + 5


@pytest.mark.parametrize("seed", range(5))
def test_the_peak_is_that_of_counting_step_by_step(seed: int) -> None:
    """Against the definition, on random graphs."""
    rng = np.random.default_rng(seed)
    size = {name: int(rng.integers(1, 100)) for name in range(12)}
    steps: list[tuple[set[int], set[int]]] = [(set(), {0})]
    for made in range(1, 12):
        read = {int(name) for name in rng.choice(made, min(made, 2), replace=False)}
        steps.append((read, {made}))

    def alive(place: int) -> int:
        born = [name for name in size if any(name in w for _, w in steps[: place + 1])]
        needed = {name for read, written in steps[place:] for name in read | written}
        return sum(size[name] for name in born if name in needed)

    assert peak_bytes(steps, size.__getitem__) == max(alive(place) for place in range(12))
