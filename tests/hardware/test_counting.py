"""Counts against hand formulas, PyTorch's own counter and the published table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from netwright.hardware.counting import count_flops, count_parameters, peak_memory_bytes
from netwright.hardware.tracing import trace
from netwright.spaces.nasbench201 import NASBench201
from netwright.spaces.nets import image_task

TASK = image_task((3, 32, 32), 10)
FLOAT = 4  # bytes


class Looks(nn.Module):
    """Cannot be followed without values."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 2)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.linear(x)
        return out if out.sum().item() > 1e9 else out * 2


class Attention(nn.Module):
    """Products of matrices without weights."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.bmm(torch.softmax(torch.bmm(x, x.transpose(1, 2)), dim=-1), x)


@pytest.mark.parametrize(
    ("net", "shape", "flops"),
    [
        (nn.Conv2d(3, 8, 3, padding=1), (3, 10, 12), 10 * 12 * 8 * 3 * 9),
        (nn.Conv2d(3, 8, 3, 2, 1, bias=False), (3, 9, 9), 5 * 5 * 8 * 3 * 9),
        (nn.Conv2d(8, 8, 5, padding=2, groups=8), (8, 6, 6), 6 * 6 * 8 * 25),
        (nn.ConvTranspose2d(4, 6, 2, 2), (4, 5, 5), 5 * 5 * 4 * 6 * 4),
        (nn.Linear(20, 7), (20,), 140),
        (nn.Linear(20, 7, bias=False), (20,), 140),
        (nn.Conv1d(2, 4, 3), (2, 30), 28 * 4 * 2 * 3),
        (Attention(), (5, 4), 2 * 5 * 5 * 4),
        (nn.Sequential(nn.BatchNorm2d(3), nn.ReLU(), nn.AvgPool2d(2)), (3, 8, 8), 0),
        (Looks(), (6,), 12),
    ],
)
def test_multiply_adds_by_hand(net: nn.Module, shape: tuple[int, ...], flops: int) -> None:
    assert count_flops(net, shape) == flops


def test_half_of_what_pytorch_counts() -> None:
    space = NASBench201()
    rng = np.random.default_rng(0)
    for _ in range(5):
        net = space.build(space.sample(rng), TASK).eval()
        with FlopCounterMode(display=False) as counter:
            net(torch.zeros(1, 3, 32, 32))
        assert count_flops(net, (3, 32, 32)) == counter.get_total_flops() / 2


def test_the_published_columns(shared_data: Path) -> None:
    table = pd.read_csv(shared_data / "nas" / "nasbench201_cifar10.csv.gz")
    drawn = table.sample(40, random_state=0).dropna(subset=["zc_c10_flops"])
    space = NASBench201()
    nets = [space.build(space.from_text(text), TASK) for text in drawn["arch_str"]]
    flops = np.array([count_flops(net, (3, 32, 32)) for net in nets]) / 1e6
    theirs = drawn["zc_c10_flops"].to_numpy()  # with normalisations and pools
    assert spearmanr(flops, theirs).statistic > 0.99
    assert np.all((theirs / flops > 1) & (theirs / flops < 2))
    published = drawn["c10_params_M"].to_numpy()
    assert np.allclose([count_parameters(net) / 1e6 for net in nets], published)


def test_following_leaves_the_net_as_it_was() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout())
    net[1].eval()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    trace(net, (3, 8, 8))
    assert [net.training, net[1].training, net[2].training] == [True, False, True]
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    assert all(value.requires_grad for value in net.parameters())


def test_a_chain_holds_two_activations_at_most() -> None:
    net = nn.Sequential(nn.Linear(10, 100, bias=False), nn.Linear(100, 50, bias=False))
    assert peak_memory_bytes(net, (10,)) == FLOAT * (1000 + 5000 + 100 + 50)


class Branches(nn.Module):
    """A skip keeps its input alive past the branch."""

    def __init__(self) -> None:
        super().__init__()
        self.grow, self.shrink = nn.Linear(8, 64, bias=False), nn.Linear(64, 8, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.shrink(self.grow(x))
        return out


def test_a_skip_is_alive_beside_its_branch() -> None:
    assert peak_memory_bytes(Branches(), (8,)) == FLOAT * (2 * 8 * 64 + 8 + 64 + 8)


def test_views_and_operations_in_place_take_no_memory() -> None:
    net = nn.Sequential(nn.Flatten(), nn.ReLU(inplace=True), nn.Unflatten(1, (2, 50)))
    assert peak_memory_bytes(net, (100,)) == FLOAT * 100


def test_shared_weights_count_once() -> None:
    layer = nn.Linear(5, 5)
    assert count_parameters(nn.Sequential(layer, layer)) == 30
