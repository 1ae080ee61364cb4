"""The space of nets that grow: its designs, its moves, and who inherits from whom."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from netwright.core.config import Config
from netwright.core.errors import ConfigError
from netwright.spaces import get_space
from netwright.spaces.lineage import ORPHAN, PARENT, Lineage, design_of, key_of
from netwright.spaces.morphism import Morphism
from netwright.spaces.nets import image_task
from netwright.testing import check_space

SPACE = Morphism(stages=2, blocks=2, widths=(4, 6, 9), kernels=(3, 5))
TASK = image_task((3, 8, 8), 4)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def parameters(config: Config) -> int:
    return sum(weights.numel() for weights in SPACE.build(config, TASK).parameters())


def test_both_spaces_keep_their_contract() -> None:
    check_space(SPACE)
    check_space(Lineage(SPACE))
    assert isinstance(get_space("morphism"), Morphism)


def test_the_size_is_exact() -> None:
    tiny = Morphism(stages=1, blocks=2, widths=(4, 6), kernels=(3, 5))
    assert tiny.size() == sum(1 for _ in tiny.every()) == 2 * 2 * (1 + 4 + 16)
    assert Morphism().size() == (9 * 3 * sum(6**blocks for blocks in range(5))) ** 3


@pytest.mark.parametrize("side", [1, 2, 7, 32])
def test_any_design_fits_any_image(side: int) -> None:
    for seed in range(4):
        net = SPACE.build(SPACE.sample(rng(seed)), image_task((1, side, side), 3))
        assert net(torch.randn(2, 1, side, side)).shape == (2, 3)


def test_growing_starts_small() -> None:
    start = SPACE.complete()
    assert start["stage0.width"] == 4
    assert start["stage0.blocks"] == start["stage1.blocks"] == 0


@pytest.mark.parametrize("seed", range(6))
def test_every_move_keeps_the_function_and_costs_more(seed: int) -> None:
    config = SPACE.sample(rng(seed))
    torch.manual_seed(seed)
    parent = SPACE.build(config, TASK)
    parent(torch.randn(16, 3, 8, 8))  # statistics of its own
    parent.eval()
    images = torch.randn(3, 3, 8, 8)
    for text, child in SPACE.moves(config):
        assert SPACE.complete(child) == child
        assert SPACE.contains(child, config)
        assert not SPACE.contains(config, child)
        assert parameters(child) > parameters(config), text
        grown = SPACE.grow(parent, child, seed)
        torch.testing.assert_close(grown(images), parent(images), atol=1e-5, rtol=1e-5)


def test_moves_have_names_and_no_design_comes_twice() -> None:
    config = SPACE.complete({"stage0.blocks": 1, "stage1.width": 9})
    moves = SPACE.moves(config)
    assert len({child for _, child in moves}) == len(moves)
    assert [text for text, _ in moves] == [
        "widen stage0",
        "grow kernel of stage0",
        "grow kernel of stage0.blocks.0",
        "add skip to stage0.blocks.0",
        "deepen stage0 at 0",
        "grow kernel of stage1",
        "deepen stage1 at 0",
    ]


def test_a_new_block_moves_the_others_on() -> None:
    config = SPACE.complete(
        {"stage0.blocks": 1, "stage0.blocks.0.kernel": 5, "stage0.blocks.0.skip": True}
    )
    deeper = dict(SPACE.moves(config))["deepen stage0 at 0"]
    assert [deeper[f"stage0.blocks.{place}.kernel"] for place in (0, 1)] == [3, 5]
    assert [deeper[f"stage0.blocks.{place}.skip"] for place in (0, 1)] == [False, True]


def test_the_biggest_net_stays_as_it_is() -> None:
    config = SPACE.complete()
    for _ in range(60):
        config = SPACE.descend(config, rng())
    assert SPACE.moves(config) == []
    assert SPACE.descend(config, rng(), moves=3) == config


def test_moves_compose() -> None:
    parent = SPACE.complete()
    torch.manual_seed(0)
    net = SPACE.build(parent, TASK).eval()
    child = SPACE.descend(parent, rng(1), moves=12)
    grown = SPACE.grow(net, child, seed=0)
    images = torch.randn(2, 3, 8, 8)
    torch.testing.assert_close(grown(images), net(images), atol=1e-5, rtol=1e-5)


def test_the_seed_decides_what_is_copied() -> None:
    parent, child = SPACE.complete(), SPACE.complete({"stage0.width": 9})
    net = SPACE.build(parent, TASK)
    one, same, other = (SPACE.grow(net, child, seed).state_dict() for seed in (0, 0, 1))
    name = "stages.1.0.conv.weight"
    assert torch.equal(one[name], same[name])
    assert not torch.equal(one[name], other[name])


def test_a_design_is_drawn_as_a_chain() -> None:
    config = SPACE.complete({"stage0.blocks": 1, "stage0.blocks.0.skip": True})
    (graph,) = SPACE.graphs(config)
    assert graph.nodes == ("image", "stage 0", "stage 0.0", "stage 1")
    assert ("stage 0", "stage 0.0", "skip") in graph.edges
    assert len(graph.edges) == 4


def test_text_round_trip() -> None:
    config = SPACE.sample(rng(3))
    assert SPACE.from_text(SPACE.to_text(config)) == config


@pytest.mark.parametrize("words", [{"stages": 0}, {"kernels": (3, 4)}])
def test_spaces_that_make_no_sense(words: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="Nets that grow need a stage and odd kernels"):
        Morphism(**words)  # type: ignore[arg-type]


# ------------------------------------------------------------------ lineage

FAMILY = Lineage(SPACE)


def test_a_child_knows_its_parent_however_many_moves_away() -> None:
    parent = FAMILY.sample(rng())
    child = FAMILY.descend(parent, rng(), moves=3)
    assert parent[PARENT] == ORPHAN
    assert child[PARENT] == key_of(parent) == key_of(design_of(parent))
    grandchild = FAMILY.descend(child, rng())
    assert grandchild[PARENT] == key_of(child)
    assert SPACE.contains(design_of(grandchild), design_of(parent))


def test_a_key_survives_optunas_numbers() -> None:
    """Optuna keeps whole numbers as floats inside."""
    distribution = FAMILY.distributions()[PARENT]
    for key in (ORPHAN, key_of(SPACE.complete()), 16**12 - 1):
        assert distribution.to_external_repr(distribution.to_internal_repr(key)) == key


def test_the_parent_changes_nothing_but_the_beginning() -> None:
    child = FAMILY.descend(FAMILY.complete(), rng())
    orphan = Config({**child, PARENT: ORPHAN})
    assert FAMILY.canonical(child) == FAMILY.canonical(orphan)
    assert FAMILY.size() == SPACE.size()
    assert FAMILY.to_text(child) == SPACE.to_text(design_of(child))
    assert FAMILY.graphs(child) == FAMILY.graphs(orphan)
    np.testing.assert_array_equal(*FAMILY.encode([child, orphan])[:, None])
    built = FAMILY.build(child, TASK)
    assert built(torch.randn(2, 3, 8, 8)).shape == (2, 4)


def test_what_may_be_smaller_has_no_parent() -> None:
    child = FAMILY.descend(FAMILY.complete(), rng())
    others = [
        FAMILY.mutate(child, rng()),
        FAMILY.crossover(child, child, rng()),
        *FAMILY.neighbours(child),
    ]
    assert {other[PARENT] for other in others} == {ORPHAN}
