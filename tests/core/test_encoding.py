"""Designs as numbers."""

from __future__ import annotations

import numpy as np
import pytest

from netwright.core.config import Config
from netwright.core.encoding import Encoder
from netwright.core.errors import ConfigError
from netwright.core.space import Categorical, Float, Int, Ordinal, Parameters
from netwright.testing import toy_spaces

SPACE = Parameters(
    {
        "kind": Categorical(("a", "b", "c")),
        "rate": Float(1e-4, 1, log=True),
        "depth": Int(0, 4),
        "size": Ordinal((8, 16, 64)),
    },
    when={"depth": ("kind", ("b", "c"))},
)


def test_codes_are_indices_places_and_gaps() -> None:
    configs = [
        Config({"kind": "a", "rate": 1e-2, "size": 8}),
        Config({"kind": "c", "rate": 1.0, "depth": 1, "size": 64}),
    ]
    codes = Encoder(SPACE.domains()).codes(configs)
    # What a branch opens comes last.
    assert list(SPACE.domains()) == ["kind", "rate", "size", "depth"]
    np.testing.assert_allclose(codes, [[0, 0.5, 0, np.nan], [2, 1, 1, 0.25]])
    assert Encoder(SPACE.domains()).categorical == [True, False, False, False]


def test_one_hot_tells_idle_from_zero() -> None:
    configs = [
        Config({"kind": "a", "rate": 1e-4, "size": 16}),
        Config({"kind": "b", "rate": 1e-4, "depth": 0, "size": 16}),
    ]
    expected = [[1, 0, 0, 1, 0, 1, 0.5, 0, 0], [0, 1, 0, 1, 0, 1, 0.5, 1, 0]]
    np.testing.assert_allclose(SPACE.encode(configs), expected)


@pytest.mark.parametrize("name", toy_spaces())
def test_different_designs_have_different_numbers(name: str) -> None:
    space, rng = toy_spaces()[name], np.random.default_rng(0)
    configs = list({space.sample(rng) for _ in range(60)})
    encoded = space.encode(configs)
    assert len(encoded) == len(configs) == len(np.unique(encoded, axis=0))
    assert ((encoded >= 0) & (encoded <= 1)).all()


def test_nothing_to_encode() -> None:
    assert SPACE.encode([]).shape == (0, 9)
    assert Parameters({}).encode([Config({})]).shape == (1, 0)


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"one_hot only\. Got 'path'"):
        SPACE.encode([], "path")
