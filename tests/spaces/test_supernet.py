"""A supernet of any space: its designs compute what they compute alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from netwright.core.config import Config
from netwright.core.task import Task
from netwright.nn.choices import LayerChoice, ValueChoice
from netwright.nn.single_path import SinglePath
from netwright.spaces import get_space
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import image_task

TASK = image_task((3, 9, 9), 4)
SPACES = {
    "cell": {"channels": 4, "cells": 3},
    "chain": {"layers": (2, 3), "filters": (4, 8), "channels": 4},
    "darts": {"channels": 4, "cells": 3},
    "mobile": {},
    "nasbench101": {"channels": 8, "cells": 1},
    "nasbench201": {"channels": 4, "cells": 1},
    "resnet": {"stages": 2, "deepest": 2},
}


class Mine(nn.Module):
    """A space of a person's own."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        width = ValueChoice("width", [4, 8])
        layers = {"small": nn.Conv2d(3, width, 1), "large": nn.Conv2d(3, width, 3, padding=1)}
        self.layer = LayerChoice("layer", layers)
        self.head = nn.Linear(width, task.outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(torch.relu(self.layer(x)).mean(dim=(2, 3)))


def supernet(space: str, **arguments: object) -> SinglePath[Config]:
    torch.manual_seed(0)
    net = get_space("supernet", space=space, arguments=arguments).build(Config({}), TASK)
    assert isinstance(net, SinglePath)
    return net


@pytest.mark.parametrize("name", SPACES)
def test_a_design_says_the_same_alone(name: str) -> None:
    space, whole = get_space(name, **SPACES[name]), supernet(name, **SPACES[name])
    rng, x = np.random.default_rng(1), torch.randn(4, 3, 9, 9)
    compared = 0
    for _ in range(8):
        design = space.sample(rng)
        alone = space.build(design, TASK)
        if not whole.bank.holds(alone):
            continue
        compared += 1
        whole.bank.fill(alone).eval()
        for norm in alone.modules():
            if isinstance(norm, _BatchNorm):
                norm.train()  # statistics of the batch, as in the supernet
        with torch.no_grad():
            torch.testing.assert_close(whole.eval().run(design, x), alone(x))
    assert compared >= 6


def test_every_operation_of_an_edge_has_weights_of_its_own() -> None:
    keys = set(supernet("nasbench201", **SPACES["nasbench201"]).bank.weights)
    inside = {key for key in keys if "2<-1 " in key and key.startswith("stages/0/")}
    assert {key.split("/")[3] for key in inside} == {"2<-1 nor_conv_1x1", "2<-1 nor_conv_3x3"}


def test_a_block_keeps_its_weights_when_others_come_before_it() -> None:
    space, whole = get_space("mobile"), supernet("mobile")
    short = space.complete({f"stage{stage}.depth": 2 for stage in range(1, 5)})
    long = space.complete({f"stage{stage}.depth": 4 for stage in range(1, 5)})
    nets = [whole.bank.fill(space.build(design, TASK)) for design in (short, long)]
    last = [net.blocks[at].depthwise[0].weight for net, at in zip(nets, (7, 13), strict=True)]
    torch.testing.assert_close(*last)  # the first block of stage 4 in both


def test_a_space_of_ones_own_shares_weights() -> None:
    name = f"{__name__}:Mine"
    whole, space = supernet(name), get_space(name)
    assert set(whole.bank.weights) == {
        "head/bias:1", "head/weight:2", "layer/large/bias:1", "layer/large/weight:4",
        "layer/small/bias:1", "layer/small/weight:4",
    }  # fmt: skip
    small = whole.bank.fill(space.build(Config({"width": 4, "layer": "small"}), TASK))
    torch.testing.assert_close(small.head.weight, whole.bank.weights["head/weight:2"][:, :4])


def test_its_convolutions_begin_by_passing_on_what_comes_in() -> None:
    whole = supernet("nasbench201", **SPACES["nasbench201"])
    begun = [value for key, value in whole.bank.weights.items() if "nor_conv_3x3" in key]
    squares = [value for value in begun if value.ndim == 4]
    assert squares
    for weight in squares:
        assert weight[..., 1, 1].diagonal().mean() > 0.8
        assert weight.sum() < 1.5 * len(weight)


def test_it_learns_as_other_nets_do() -> None:
    net = supernet("nasbench201", **SPACES["nasbench201"]).train()
    x, target = torch.randn(32, 3, 9, 9), torch.arange(32) % 4
    optimiser = torch.optim.AdamW(net.parameters(), 0.01)
    losses = []
    for _ in range(60):
        loss = nn.functional.cross_entropy(net(x), target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert np.mean(losses[-20:]) < np.mean(losses[:20]) - 0.1


def test_saved_weights_find_their_supernet_again() -> None:
    words = {"space": "resnet", "arguments": SPACES["resnet"]}
    first, second = (NetSpaceName("supernet", words).open().build(Config({}), TASK) for _ in "12")
    second.load_state_dict(first.state_dict())
    torch.testing.assert_close(first.state_dict(), second.state_dict())
