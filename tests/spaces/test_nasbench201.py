"""The NAS-Bench-201 net: published parameter counts, any image size, exact zero cells."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from netwright.spaces import get_space
from netwright.spaces.nasbench201 import NASBench201
from netwright.spaces.nets import image_task

TASK = image_task((3, 32, 32), 10)
PUBLISHED = {
    "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|"
    "skip_connect~2|": 0.129306,
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|"
    "skip_connect~2|": 1.045466,
    "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|": 0.073306,
}


def parameters(net: torch.nn.Module) -> int:
    return sum(weights.numel() for weights in net.parameters())


@pytest.mark.parametrize(("text", "millions"), PUBLISHED.items())
def test_parameters_are_the_published_ones(text: str, millions: float) -> None:
    space = NASBench201()
    assert parameters(space.build(space.from_text(text), TASK)) == round(millions * 1e6)


@pytest.mark.parametrize("side", [1, 2, 5, 7, 8, 28])
def test_any_size_of_image_fits(side: int) -> None:
    space = get_space("nasbench201")
    assert isinstance(space, NASBench201)
    net = space.build(space.sample(np.random.default_rng(side)), image_task((1, side, side), 3))
    assert net(torch.randn(2, 1, side, side)).shape == (2, 3)


def test_a_cell_that_delivers_nothing_still_answers() -> None:
    space = NASBench201(channels=4, cells=1)
    net = space.build(space.from_text("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"), TASK)
    assert torch.isfinite(net(torch.randn(2, 3, 8, 8))).all()


def test_the_drawing_has_every_edge() -> None:
    space = NASBench201()
    (graph,) = space.graphs(space.complete())
    assert graph.nodes == ("input", "node 1", "node 2", "output")
    assert len(graph.edges) == 6
