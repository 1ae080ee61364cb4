"""What every space of nets for pictures promises, whatever it is made of."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from torch import nn

from netwright.core.errors import ConfigError
from netwright.spaces import get_space
from netwright.spaces.chain import Chain
from netwright.spaces.connected import ConnectedLayers
from netwright.spaces.conv4 import FourBlocks
from netwright.spaces.darts import DARTS
from netwright.spaces.mobile import Mobile
from netwright.spaces.named import NamedDesigns
from netwright.spaces.nasbench101 import NASBench101
from netwright.spaces.nasbench201 import NASBench201
from netwright.spaces.nets import NetSpace, image_task
from netwright.spaces.node_cell import NodeCells
from netwright.testing import check_space

SPACES: dict[str, NetSpace] = {
    "cell": NodeCells(channels=4, cells=3),
    "chain": Chain(filters=(4, 8), channels=4),
    "connected": ConnectedLayers(),
    "conv4": FourBlocks(),
    "darts": DARTS(channels=4, cells=3, auxiliary=True),
    "mobile": Mobile(),
    "named": NamedDesigns(("resnet20", "mobilenet_v3_small")),
    "nasbench101": NASBench101(channels=8, cells=1),
    "nasbench201": NASBench201(channels=4, cells=1),
}
every_space = pytest.mark.parametrize("name", SPACES)


@every_space
def test_the_contract_of_spaces(name: str) -> None:
    check_space(SPACES[name], samples=10)


@every_space
@pytest.mark.parametrize("side", [1, 7, 32])
def test_any_design_learns_from_pictures_of_any_size(name: str, side: int) -> None:
    torch.manual_seed(0)
    space, rng = SPACES[name], np.random.default_rng(side)
    channels = 1 if side == 7 else 3
    task = image_task((channels, side, side), 4)
    for _ in range(3):
        net = space.build(space.sample(rng), task)
        x = torch.randn(2, channels, side, side)
        out = net.train()(x)
        outputs = out if isinstance(out, tuple) else (out,)
        assert all(head.shape == (2, 4) for head in outputs)
        sum(head.square().sum() for head in outputs).backward()
        assert all(torch.isfinite(head).all() for head in outputs)
        assert net.eval()(x).shape == (2, 4)


@every_space
def test_pictures_need_not_be_square(name: str) -> None:
    space = SPACES[name]
    net = space.build(space.sample(np.random.default_rng(3)), image_task((2, 5, 12), 3))
    assert net(torch.randn(2, 2, 5, 12)) is not None


@every_space
def test_designs_survive_being_written_and_read(name: str) -> None:
    space, rng = SPACES[name], np.random.default_rng(1)
    for _ in range(10):
        config = space.sample(rng)
        text = space.to_text(config)
        assert "\n" not in text
        again = space.from_text(text)
        assert space.canonical(again) == space.canonical(config)
        assert space.to_text(again) == text


@every_space
@pytest.mark.parametrize("text", ["", "nothing", "{", "[1]", '{"strange": 1}'])
def test_what_is_no_design_is_refused(name: str, text: str) -> None:
    with pytest.raises(ConfigError):
        SPACES[name].from_text(text)


@every_space
def test_designs_move_to_designs(name: str) -> None:
    space, rng = SPACES[name], np.random.default_rng(2)
    mother, father = space.sample(rng), space.sample(rng)
    moved = [space.mutate(mother, rng), space.crossover(mother, father, rng)]
    for config in [*moved, *space.neighbours(mother)[:20]]:
        assert space.complete(config) == config
        assert isinstance(space.build(config, image_task((1, 4, 4), 2)), nn.Module)


@every_space
def test_designs_can_be_drawn(name: str) -> None:
    space = SPACES[name]
    for graph in space.graphs(space.sample(np.random.default_rng(5))):
        place = {node: number for number, node in enumerate(graph.nodes)}
        assert all(place[start] < place[end] for start, end, _ in graph.edges)


@every_space
def test_spaces_travel_to_other_processes(name: str) -> None:
    space = SPACES[name]
    again = pickle.loads(pickle.dumps(space))
    drawn = [one.sample(np.random.default_rng(0)) for one in (space, again)]
    assert drawn[0] == drawn[1]
    assert again.size() == space.size()


@every_space
def test_spaces_are_found_by_name(name: str) -> None:
    assert type(get_space(name)) is type(SPACES[name])
