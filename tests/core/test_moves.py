"""Mutation, crossover, neighbours, counting: for every shape of space."""

from __future__ import annotations

import math
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netwright.core import moves
from netwright.core.choosers import RandomChooser
from netwright.core.combining import Branch, Frozen, Joined, Repeated
from netwright.core.config import Config
from netwright.core.errors import ConfigError
from netwright.core.space import Categorical, Chooser, Float, Int, Ordinal, Parameters, Space
from netwright.testing import toy_spaces


class Hidden(Space):
    """A space that tells nothing but its questions."""

    def configure(self, choose: Chooser) -> Config:
        depth = choose.suggest_int("depth", 0, 3)
        kinds = [choose.suggest_categorical(f"kind{i}", ["a", "b"]) for i in range(depth)]
        return Config({"depth": depth, **{f"kind{i}": kind for i, kind in enumerate(kinds)}})


SPACES = {**toy_spaces(), "hidden": Hidden()}


@pytest.mark.parametrize("name", SPACES)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_moves_are_valid_designs(name: str, seed: int) -> None:
    space, rng = SPACES[name], np.random.default_rng(seed)
    mother, father = space.sample(rng), space.sample(rng)
    mutant = space.mutate(mother, rng)
    assert mutant != mother
    for child in (mutant, space.crossover(mother, father, rng), *space.neighbours(mother)):
        assert space.complete(child) == child


@pytest.mark.parametrize("name", SPACES)
def test_a_mutation_changes_one_choice(name: str) -> None:
    space, rng = SPACES[name], np.random.default_rng(1)
    for _ in range(20):
        parent = space.sample(rng)
        child = space.mutate(parent, rng)
        both = set(parent) & set(child)
        assert sum(parent[key] != child[key] for key in both) <= 1


def test_several_changes_at_once() -> None:
    space, rng = toy_spaces()["plain"], np.random.default_rng(0)
    parent = space.sample(rng)
    child = space.mutate(parent, rng, changes=3)
    assert all(parent[name] != child[name] for name in parent)


def test_a_space_of_one_design_stays_where_it_is() -> None:
    space, rng = Parameters({"x": Int(3, 3)}), np.random.default_rng(0)
    only = space.sample(rng)
    assert space.mutate(only, rng) == only
    assert space.neighbours(only) == []
    assert space.size() == 1


def test_children_inherit_from_both_parents() -> None:
    space = Parameters({f"x{i}": Int(0, 100) for i in range(30)})
    rng = np.random.default_rng(0)
    mother, father = (
        Config(dict.fromkeys(space.declared, 1)),
        Config(dict.fromkeys(space.declared, 2)),
    )
    child = space.crossover(mother, father, rng)
    assert set(child.values()) == {1, 2}


def test_a_child_keeps_what_its_branch_needs() -> None:
    space, rng = toy_spaces()["conditional"], np.random.default_rng(3)
    left = space.complete({"side": "left", "left.x": 0.5})
    right = space.complete({"side": "right", "right.gear": 4})
    for _ in range(20):
        child = space.crossover(left, right, rng)
        if child["side"] == "left":
            assert child["left.x"] == 0.5
        else:
            assert child["right.gear"] == 4


def test_neighbours_of_a_discrete_design() -> None:
    space = toy_spaces()["discrete"]
    here = space.complete({"a": "q", "b": 0, "c": 2, "d": 0.3})
    found = space.neighbours(here)
    # two letters, one switch, c at 0 and 4, d at 0.1 and 1.0
    assert len(found) == 7
    assert all(sum(here[n] != other[n] for n in here) == 1 for other in found)


def test_what_a_neighbour_opens_takes_its_default() -> None:
    space = toy_spaces()["conditional"]
    here = space.complete({"side": "left"})
    right = next(other for other in space.neighbours(here) if other["side"] == "right")
    assert right == space.complete({"side": "right"})


@pytest.mark.parametrize("name", ["discrete", "blocks", "hidden"])
def test_every_design_is_listed_once(name: str) -> None:
    space, rng = SPACES[name], np.random.default_rng(0)
    all_of_them = list(moves.every(space))
    assert len(set(all_of_them)) == len(all_of_them) == space.size()
    assert {space.sample(rng) for _ in range(200)} <= set(all_of_them)


@pytest.mark.parametrize("name", ["discrete", "blocks"])
def test_formulas_count_as_counting_does(name: str) -> None:
    assert SPACES[name].size() == moves.count(SPACES[name])


def test_sizes_of_combinations() -> None:
    three, two = Parameters({"a": Int(1, 3)}), Parameters({"b": Categorical(("x", "y"))})
    assert Branch("which", {"three": three, "two": two}).size() == 5
    assert Joined(three, two).size() == 6
    assert Repeated("blocks", two, 0, 3).size() == 1 + 2 + 4 + 8
    assert Joined(three, Parameters({"f": Float(0, 1)})).size() == math.inf
    assert Frozen(Joined(three, two), {"a": 2}).size() == 2
    assert Hidden().size() == 1 + 2 + 4 + 8


def test_conditions_are_counted_exactly() -> None:
    space = Parameters(
        {
            "free": Int(1, 4),
            "mode": Categorical(("off", "on", "auto")),
            "power": Int(1, 10),
            "curve": Ordinal((1, 2)),
        },
        when={"power": ("mode", ("on", "auto")), "curve": ("power", 10)},
    )
    # off: 1; on and auto: 9 powers without a curve and one with two
    assert space.size() == 4 * (1 + 2 * (9 + 2)) == moves.count(space)


def test_too_many_to_count() -> None:
    class Huge(Space):
        def configure(self, choose: Chooser) -> Config:
            return Config({f"x{i}": choose.suggest_int(f"x{i}", 0, 9) for i in range(7)})

    with pytest.raises(ConfigError, match=r"override its size\(\)"):
        Huge().size()
    assert len(list(islice(moves.every(Huge()), 30))) == 30


def test_values_that_do_not_fit_are_mended() -> None:
    space, rng = toy_spaces()["conditional"], np.random.default_rng(0)
    mended = moves.mend(space, {"side": "right", "right.gear": 99, "right.mode": "slow"}, rng)
    assert mended["side"] == "right"
    assert 1 <= mended["right.gear"] <= 5
    assert "right.turbo" not in mended


def test_repeated_blocks_have_their_own_choices() -> None:
    space = Repeated("layers", Parameters({"width": Ordinal((8, 16, 32))}), 1, 3)
    config = space.complete({"layers": 2, "layers.1.width": 32})
    assert config == Config({"layers": 2, "layers.0.width": 16, "layers.1.width": 32})
    assert set(space.domains()) == {"layers", *(f"layers.{i}.width" for i in range(3))}


def test_configs_survive_json() -> None:
    import json

    for space in SPACES.values():
        config = space.configure(RandomChooser(np.random.default_rng(0)))
        assert space.complete(json.loads(json.dumps(config.to_json()))) == config
