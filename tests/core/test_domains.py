"""Single choices: their values, their places in [0, 1], and where they move."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netwright.core.domains import (
    Categorical,
    Float,
    Int,
    Ordinal,
    adjacent,
    another,
    distribution_of,
    middle_of,
    values_of,
)
from netwright.core.errors import ConfigError

DOMAINS = {
    "float": Float(-2, 3),
    "log float": Float(1e-5, 10, log=True),
    "stepped float": Float(0, 1, step=0.25),
    "int": Int(1, 9),
    "stepped int": Int(0, 10, step=5),
    "log int": Int(4, 512, log=True),
    "category": Categorical(("a", "b", "c")),
    "order": Ordinal((8, 16, 32, 64)),
    "switch": Categorical((True, False)),
}


@pytest.mark.parametrize("name", DOMAINS)
def test_every_place_holds_a_value_that_knows_its_place(name: str) -> None:
    domain = DOMAINS[name]
    for unit in np.linspace(0, 1, 23):
        value = domain.at(float(unit))
        assert domain.fits(value)
        assert 0 <= domain.unit(value) <= 1 + 1e-12
        if not isinstance(domain, Categorical):
            assert domain.at(domain.unit(value)) == pytest.approx(value)


@pytest.mark.parametrize("name", DOMAINS)
def test_a_move_goes_elsewhere_and_stays_inside(name: str) -> None:
    domain, rng = DOMAINS[name], np.random.default_rng(0)
    value = middle_of(domain)
    for _ in range(50):
        moved = another(domain, value, rng)
        assert moved != value
        assert domain.fits(moved)
        value = moved


@pytest.mark.parametrize("name", DOMAINS)
def test_neighbours_are_near_and_inside(name: str) -> None:
    domain = DOMAINS[name]
    for unit in (0.0, 0.4, 1.0):
        value = domain.at(unit)
        beside = adjacent(domain, value)
        assert beside
        assert value not in beside
        assert len(set(beside)) == len(beside)
        assert all(domain.fits(other) for other in beside)
        if not isinstance(domain, Categorical):
            apart = [abs(domain.unit(other) - domain.unit(value)) for other in beside]
            assert max(apart) <= 0.5


@pytest.mark.parametrize(
    ("domain", "size"),
    [
        (Float(0, 1), math.inf),
        (Float(2, 2), 1),
        (Float(0, 1, step=0.1), 11),
        (Int(1, 9), 9),
        (Int(0, 10, step=3), 4),
        (Categorical(("a", "b")), 2),
        (Ordinal((1, 2, 4)), 3),
    ],
)
def test_sizes(domain: Float | Int | Categorical | Ordinal, size: float) -> None:
    assert domain.size() == size
    if size < math.inf and domain != Float(2, 2):
        assert len(values_of(domain)) == size


def test_a_domain_of_one_value_does_not_move() -> None:
    assert another(Int(3, 3), 3, np.random.default_rng(0)) == 3
    assert another(Categorical(("x",)), "x", np.random.default_rng(0)) == "x"


def test_an_order_moves_to_its_neighbours_and_a_category_anywhere() -> None:
    assert adjacent(Ordinal((1, 2, 3, 4)), 2) == [1, 3]
    assert adjacent(Ordinal((1, 2, 3, 4)), 4) == [3]
    assert adjacent(Categorical(("a", "b", "c")), "b") == ["a", "c"]


def test_the_middle_of_an_order_is_its_default() -> None:
    assert middle_of(Ordinal(("small", "medium", "large"))) == "medium"
    assert middle_of(Float(1e-4, 1, log=True)) == pytest.approx(1e-2)


def test_endless_values_are_not_listed() -> None:
    with pytest.raises(ConfigError, match="without steps"):
        values_of(Float(0, 1))


@pytest.mark.parametrize(
    ("domain", "wrong"),
    [
        (Float(0, 1), "0.5"),
        (Float(0, 1), True),
        (Float(0, 1), 1.5),
        (Int(0, 10, step=5), 3),
        (Int(0, 10), 2.5),
        (Categorical(("a",)), "b"),
        (Ordinal((1, 2)), 3),
    ],
)
def test_strangers_do_not_fit(domain: Float | Int | Categorical | Ordinal, wrong: object) -> None:
    assert not domain.fits(wrong)


@settings(max_examples=60, deadline=None)
@given(low=st.integers(1, 50), width=st.integers(1, 200), log=st.booleans(), unit=st.floats(0, 1))
def test_whole_numbers_of_any_range(low: int, width: int, log: bool, unit: float) -> None:
    domain = Int(low, low + width, log=log)
    value = domain.at(unit)
    assert domain.fits(value)
    assert domain.at(domain.unit(value)) == value
    assert distribution_of(domain)._contains(value)


@pytest.mark.parametrize("name", DOMAINS)
def test_optuna_says_the_same(name: str) -> None:
    domain = DOMAINS[name]
    told = distribution_of(domain)
    for unit in (0.0, 0.3, 1.0):
        assert told._contains(told.to_internal_repr(domain.at(unit)))


@pytest.mark.parametrize("kind", [Categorical, Ordinal])
@pytest.mark.parametrize(
    ("choices", "match"),
    [
        ((), "Got none"),
        ((1, True), "1 and True for one"),
        (("a", "b", "a"), "'a' and 'a' for one"),
        (((1, 2), (2, 1)), r"Got \(1, 2\); give each a name"),
        (([1], "a"), r"Got \[1\]"),
    ],
)
def test_choices_that_a_storage_cannot_keep_are_refused(
    kind: type, choices: tuple, match: str
) -> None:
    with pytest.raises(ConfigError, match=match):
        kind(choices)


def test_choices_of_numpy_become_plain() -> None:
    assert [type(one) for one in Ordinal((np.int64(1), np.float32(2.5))).choices] == [int, float]


@pytest.mark.parametrize("kind", [Float, Int])
def test_ranges_that_hold_nothing_are_refused(kind: type) -> None:
    with pytest.raises(ConfigError, match=r"up to another\. Got 2 to 1"):
        kind(2, 1)
    with pytest.raises(ConfigError, match=r"begins above zero\. Got 0 to 1"):
        kind(0, 1, log=True)
