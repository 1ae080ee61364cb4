"""Weights come from parent to child through a folder, and training goes on from there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.nn.training import Batchable, Recipe, classification_loss, train, validate
from netwright.spaces.inheritance import bequeath, inherit
from netwright.spaces.lineage import ORPHAN, PARENT, Lineage, design_of, key_of
from netwright.spaces.morphism import Morphism
from netwright.spaces.nets import image_task

SPACE = Lineage(Morphism(stages=2, blocks=2, widths=(4, 6, 9), kernels=(3, 5)))
TASK = image_task((1, 8, 8), 2)


def stripes(rows: int = 200, seed: int = 0) -> Batchable:
    """Noise; in images of class 1 it runs from left to right."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(rows, 1, 8, 8, generator=generator)
    target = torch.arange(rows) % 2
    images[target == 1] += 1.5 * torch.randn(rows // 2, 1, 8, 1, generator=generator)
    return Batchable([images], target)


def loss_of(net: nn.Module) -> float:
    return validate(net, stripes(seed=1), classification_loss)


def trained(config: Config, folder: Path) -> nn.Module:
    torch.manual_seed(0)
    net = inherit(SPACE, config, TASK, folder, seed=0)
    recipe = Recipe(epochs=6, batch_size=20, lr=0.01)
    train(net, stripes(), None, classification_loss, recipe, Context())
    bequeath(net, config, folder)
    return net


def family(generations: int, seed: int = 0) -> list[Config]:
    rng = np.random.default_rng(seed)
    line = [SPACE.complete()]
    for _ in range(generations):
        line.append(SPACE.descend(line[-1], rng, moves=3))
    return line


def test_each_generation_begins_where_the_last_one_ended(tmp_path: Path) -> None:
    first, *later = family(2)
    ended = loss_of(trained(first, tmp_path))
    assert ended < 0.5 < loss_of(SPACE.build(first, TASK))
    for config in later:
        assert loss_of(inherit(SPACE, config, TASK, tmp_path, 0)) == pytest.approx(ended, rel=1e-4)
        ended = loss_of(trained(config, tmp_path))
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("parent", [ORPHAN, 12345])
def test_without_a_parent_weights_are_random(parent: int, tmp_path: Path) -> None:
    config = Config({**SPACE.complete(), PARENT: parent})
    torch.manual_seed(3)
    net = inherit(SPACE, config, TASK, tmp_path, 0)
    torch.manual_seed(3)
    built = SPACE.build(config, TASK)
    for name, value in built.state_dict().items():
        assert torch.equal(net.state_dict()[name], value)


def test_what_cannot_grow_from_its_parent_starts_anew(tmp_path: Path) -> None:
    parent, child = family(1)
    bequeath(SPACE.build(child, TASK), child, tmp_path)
    backwards = Config({**design_of(parent), PARENT: key_of(child)})
    assert inherit(SPACE, backwards, TASK, tmp_path, 0)(stripes(4).inputs[0]).shape == (4, 2)


def test_a_damaged_inheritance_is_none(tmp_path: Path) -> None:
    parent, child = family(1)
    bequeath(SPACE.build(parent, TASK), parent, tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:200])
    assert inherit(SPACE, child, TASK, tmp_path, 0)(stripes(4).inputs[0]).shape == (4, 2)


def test_the_seed_decides_what_is_inherited(tmp_path: Path) -> None:
    parent, child = SPACE.complete(), family(1)[1]
    wide = Config({**design_of(child), "stage0.width": 9, PARENT: key_of(parent)})
    trained(parent, tmp_path)
    one, same, other = (
        inherit(SPACE, wide, TASK, tmp_path, seed).state_dict() for seed in (0, 0, 1)
    )
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)
