"""Double precision brought to single precision."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwright.features.centring import LARGEST, Centring

RNG = np.random.default_rng(0)


def centred(values: np.ndarray) -> np.ndarray:
    return Centring().fit(values[:, None]).transform(values[:, None])[:, 0]


@pytest.mark.parametrize(
    "values",
    [
        1_700_000_000 + np.arange(600.0),
        1.7e15 + np.arange(600.0) * 3,
        1e12 + RNG.normal(size=500),
        -5e9 + RNG.normal(size=500) * 1e-3,
        RNG.normal(size=500) * 1e-42,
        RNG.normal(size=500) * 1e300,
        2.0**60 + np.arange(500.0) * 2**20,
    ],
    ids=["seconds", "microseconds", "offset", "narrow", "tiny", "huge", "large whole numbers"],
)
def test_values_keep_their_order_and_their_distances(values: np.ndarray) -> None:
    found = centred(values).astype(np.float64)
    distinct = np.unique(values)
    assert len(np.unique(found)) > 0.9 * len(distinct)
    values = values / np.abs(values).max()
    expected = (values - values.mean()) / values.std()
    np.testing.assert_allclose((found - found.mean()) / found.std(), expected, atol=1e-3)


def test_a_few_values_far_away_are_no_hindrance() -> None:
    seconds = 1_700_000_000 + RNG.integers(0, 120, 500).astype(float)
    found = centred(np.where(np.arange(500) % 10 == 0, 0.0, seconds))
    assert len(np.unique(found)) > 100


@pytest.mark.parametrize(
    "values", [np.arange(100.0), RNG.normal(size=100), np.array([0.0, 1.0] * 9), np.zeros(5)]
)
def test_ordinary_columns_are_left_as_they_are(values: np.ndarray) -> None:
    np.testing.assert_array_equal(centred(values), values.astype(np.float32))


def test_what_does_not_fit_is_the_nearest_end_in_training_and_later() -> None:
    values = np.array([1.0, 2.0, 3.5e38, np.nan])[:, None]
    fitted = Centring().fit(values)
    assert fitted.transform(values)[2, 0] == np.float32(LARGEST)
    assert np.isnan(fitted.transform(values)[3, 0])
    assert fitted.transform(np.array([[-1e300]]))[0, 0] == -np.float32(LARGEST)


@given(st.lists(st.floats(allow_infinity=False), min_size=1, max_size=30))
def test_any_doubles_become_finite_or_missing(values: list[float]) -> None:
    found = centred(np.array(values))
    assert (np.isfinite(found) | np.isnan(values)).all()
