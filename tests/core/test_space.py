"""Spaces and choosers."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netwright.core.combining import Branch, Frozen, Joined
from netwright.core.config import Config
from netwright.core.errors import ConfigError, UnknownName
from netwright.core.space import (
    Categorical,
    Chooser,
    Float,
    Int,
    Parameters,
    Space,
    space_of,
)
from netwright.testing import check_space, toy_space, toy_spaces


@pytest.mark.parametrize("name", toy_spaces())
def test_the_contract(name: str) -> None:
    check_space(toy_spaces()[name])


@pytest.mark.parametrize("name", toy_spaces())
def test_the_contract_of_flat_spaces(name: str) -> None:
    check_space(toy_spaces()[name].flat())


@settings(max_examples=40, deadline=None)
@given(
    low=st.floats(-100, 100),
    width=st.floats(0.01, 100),
    seed=st.integers(0, 1000),
)
def test_floats_stay_inside(low: float, width: float, seed: int) -> None:
    space = Parameters({"x": Float(low, low + width)})
    value = space.sample(np.random.default_rng(seed))["x"]
    assert low <= value <= low + width  # type: ignore[operator]


@settings(max_examples=40, deadline=None)
@given(
    low=st.integers(1, 50), width=st.integers(0, 200), log=st.booleans(), seed=st.integers(0, 99)
)
def test_integers_stay_inside(low: int, width: int, log: bool, seed: int) -> None:
    space = Parameters({"n": Int(low, low + width, log=log)})
    value = space.sample(np.random.default_rng(seed))["n"]
    assert isinstance(value, int)
    assert low <= value <= low + width


def test_logarithmic_floats_are_spread_over_decades() -> None:
    space = Parameters({"lr": Float(1e-4, 1.0, log=True)})
    rng = np.random.default_rng(0)
    drawn = np.array([space.sample(rng)["lr"] for _ in range(2000)], dtype=float)
    assert 0.45 < np.mean(drawn < 1e-2) < 0.55


def test_steps_are_kept() -> None:
    space = Parameters({"n": Int(2, 9, step=3), "x": Float(0, 1, step=0.25)})
    rng = np.random.default_rng(0)
    drawn = [space.sample(rng) for _ in range(60)]
    assert {config["n"] for config in drawn} == {2, 5, 8}
    assert {config["x"] for config in drawn} == {0, 0.25, 0.5, 0.75, 1.0}


def test_every_integer_of_a_logarithmic_range_can_be_drawn() -> None:
    space = Parameters({"n": Int(1, 5, log=True)})
    rng = np.random.default_rng(0)
    assert {space.sample(rng)["n"] for _ in range(300)} == {1, 2, 3, 4, 5}


def test_an_optuna_trial_is_a_chooser() -> None:
    trial = optuna.trial.FixedTrial(
        {"side": "right", "right.mode": "fast", "right.gear": 2, "right.turbo": 0.5}
    )
    config = toy_space().configure(trial)  # type: ignore[arg-type]
    expected = {"side": "right", "right.mode": "fast", "right.gear": 2, "right.turbo": 0.5}
    assert config == Config(expected)


def test_conditions_hide_what_does_not_matter() -> None:
    slow = toy_space().complete({"side": "right"})
    assert "right.turbo" not in slow
    fast = toy_space().complete({"side": "right", "right.mode": "fast"})
    assert "right.turbo" in fast


def test_a_condition_may_name_several_values() -> None:
    space = Parameters(
        {"kind": Categorical(("a", "b", "c")), "x": Float(0, 1)}, when={"x": ("kind", ("a", "b"))}
    )
    assert "x" in space.complete({"kind": "b"})
    assert "x" not in space.complete({"kind": "c"})


def test_the_union_covers_every_branch() -> None:
    found = toy_space().distributions()
    assert set(found) == {"side", "left.x", "right.mode", "right.gear", "right.turbo"}


class DeepCondition(Space):
    """A number opens a branch inside a branch."""

    def configure(self, choose: Chooser) -> Config:
        depth = choose.suggest_int("depth", 1, 4)
        found: dict = {"depth": depth}
        if depth > 2:
            found["kind"] = choose.suggest_categorical("kind", ["a", "b"])
            if found["kind"] == "b":
                found["rate"] = choose.suggest_float("rate", 0, 1)
        return Config(found)


def test_the_union_follows_numbers_into_branches() -> None:
    assert set(DeepCondition().distributions()) == {"depth", "kind", "rate"}


def test_a_space_needs_configure_only() -> None:
    check_space(DeepCondition())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"side": "up"}, "must be one of"),
        ({"side": "left", "left.x": 3.0}, "must be a number from -1"),
        ({"side": "left", "left.x": "much"}, "must be a number"),
        ({"side": "right", "right.gear": 2.5}, "must be a whole number from 1 to 5"),
        ({"side": "right", "right.gear": True}, "must be a whole number"),
    ],
)
def test_wrong_values_are_refused_by_name(values: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        toy_space().complete(values)


def test_unknown_and_idle_names_are_refused() -> None:
    with pytest.raises(UnknownName, match=r"Did you mean 'left.x'"):
        toy_space().complete({"side": "left", "left.xx": 1})
    with pytest.raises(UnknownName):
        toy_space().complete({"side": "left", "right.gear": 1})


def test_whole_floats_pass_as_integers() -> None:
    assert toy_space().complete({"side": "right", "right.gear": 2.0})["right.gear"] == 2


def test_defaults_are_declared_or_in_the_middle() -> None:
    space = Parameters(
        {
            "told": Float(0, 1, default=0.9),
            "middle": Float(0, 1),
            "log": Float(1e-4, 1e-2, log=True),
            "int": Int(1, 9),
            "stepped": Int(0, 10, step=4),
            "first": Categorical(("a", "b")),
            "second": Categorical(("a", "b"), default="b"),
        }
    )
    config = space.complete()
    assert config["told"] == 0.9
    assert config["middle"] == 0.5
    assert config["log"] == pytest.approx(1e-3)
    assert config["int"] == 5
    assert config["stepped"] in (4, 8)
    assert (config["first"], config["second"]) == ("a", "b")


def test_joined_spaces_stand_side_by_side() -> None:
    joined = Joined(Parameters({"a": Int(1, 2)}), Parameters({"b": Int(3, 4)}))
    check_space(joined)
    assert set(joined.complete()) == {"a", "b"}


def test_frozen_choices_are_made_but_still_told() -> None:
    frozen = Frozen(toy_space(), {"side": "right", "right.gear": 4})
    check_space(frozen)
    assert set(frozen.distributions()) == {"right.mode", "right.turbo"}
    rng = np.random.default_rng(0)
    for _ in range(10):
        config = frozen.sample(rng)
        assert (config["side"], config["right.gear"]) == ("right", 4)


def test_a_frozen_choice_may_be_named_but_not_changed() -> None:
    frozen = Frozen(toy_space(), {"side": "left"})
    assert frozen.complete({"side": "left", "left.x": 0.5})["left.x"] == 0.5
    with pytest.raises(ConfigError, match="is fixed to 'left'"):
        frozen.complete({"side": "right"})


def test_a_frozen_choice_must_be_valid() -> None:
    with pytest.raises(ConfigError):
        Frozen(toy_space(), {"side": "up"}).sample(np.random.default_rng(0))


def test_a_flat_space_asks_everything_and_tells_what_matters() -> None:
    flat = toy_space().flat()
    trial = optuna.trial.FixedTrial(
        {"side": "left", "left.x": 0.5, "right.mode": "slow", "right.gear": 1, "right.turbo": 0.1}
    )
    assert flat.configure(trial) == Config({"side": "left", "left.x": 0.5})  # type: ignore[arg-type]
    assert set(flat.distributions()) == set(toy_space().distributions())


def test_a_mapping_of_domains_is_a_space() -> None:
    assert isinstance(space_of({"x": Float(0, 1)}), Parameters)
    space = toy_space()
    assert space_of(space) is space


@pytest.mark.parametrize("wrong", [None, 3, {"x": 1}, "space"])
def test_anything_else_is_refused_with_an_example(wrong: object) -> None:
    with pytest.raises(ConfigError, match="such as"):
        space_of(wrong)  # type: ignore[arg-type]


def test_a_branch_defaults_to_its_first_part() -> None:
    branch = Branch("b", {"one": Parameters({"x": Int(1, 3)}), "two": Parameters({})})
    assert branch.complete() == Config({"b": "one", "one.x": 2})
    assert branch.complete({"b": "two"}) == Config({"b": "two"})
