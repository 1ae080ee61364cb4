"""Scaling."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from netwright.features.numbers import CLIP, Scaler

RNG = np.random.default_rng(0)


def test_standard_is_scikit_learns() -> None:
    values = RNG.normal(3, 2, size=(200, 3)).astype(np.float32)
    ours = Scaler("standard").fit(values).transform(values)
    np.testing.assert_allclose(ours, StandardScaler().fit_transform(values), atol=1e-4)


def test_quantile_is_close_to_scikit_learns() -> None:
    values = RNG.lognormal(size=(400, 2)).astype(np.float32)
    theirs = QuantileTransformer(n_quantiles=256, output_distribution="normal")
    expected = np.clip(theirs.fit_transform(values), -3.0, 3.0)
    ours = Scaler("quantile").fit(values).transform(values)
    np.testing.assert_allclose(np.clip(ours, -3.0, 3.0), expected, atol=0.02)


def test_ties_get_the_middle_rank() -> None:
    values = np.array([[0.0]] * 50 + [[1.0]] * 50, dtype=np.float32)
    scaled = Scaler("quantile").fit(values).transform(values)
    assert scaled[0, 0] == pytest.approx(-scaled[-1, 0], abs=0.05)


def test_raw_leaves_everything_as_it_is() -> None:
    values = np.array([[1.0, np.nan]], dtype=np.float32)
    assert Scaler("raw").fit(values).transform(values) is values


@pytest.mark.parametrize("fill", ["median", "mean"])
def test_missing_values_are_filled_and_flagged(fill: str) -> None:
    values = np.array([[1.0, 5.0], [np.nan, 6.0], [4.0, 7.0], [10.0, 8.0]], dtype=np.float32)
    scaler = Scaler("standard", fill).fit(values)
    found = scaler.transform(values)
    assert found.shape == (4, 3)
    np.testing.assert_array_equal(found[:, 2], [0, 1, 0, 0])
    assert scaler.arrays["fill"][0] == (4.0 if fill == "median" else 5.0)
    assert scaler.names(["a", "b"]) == ["a", "b", "a missing"]


def test_a_column_without_any_value_is_zero() -> None:
    values = np.full((5, 1), np.nan, dtype=np.float32)
    assert (Scaler("standard").fit(values).transform(values)[:, 0] == 0).all()


def test_far_values_are_cut_off() -> None:
    scaler = Scaler("standard").fit(RNG.normal(size=(100, 1)).astype(np.float32))
    assert scaler.transform(np.array([[1e9]], dtype=np.float32))[0, 0] == CLIP


@settings(max_examples=30, deadline=None)
@given(
    how=st.sampled_from(["standard", "quantile"]),
    rows=st.integers(2, 60),
    scale=st.sampled_from([1e-6, 1.0, 1e6]),
    seed=st.integers(0, 50),
)
def test_what_comes_out_is_finite_and_keeps_the_order(
    how: str, rows: int, scale: float, seed: int
) -> None:
    values = (np.random.default_rng(seed).normal(size=(rows, 2)) * scale).astype(np.float32)
    found = Scaler(how).fit(values).transform(values)
    assert np.isfinite(found).all()
    order = np.argsort(values[:, 0])
    assert (np.diff(found[order, 0]) >= -1e-5).all()


@pytest.mark.parametrize("how", ["standard", "quantile"])
def test_a_column_of_zeros_with_a_few_counts_stays_straight(how: str) -> None:
    counts = np.where(RNG.random(4000) < 0.02, RNG.integers(1, 20, 4000), 0).astype(np.float32)
    values = np.column_stack([counts, RNG.normal(size=4000)]).astype(np.float32)
    found = Scaler(how).fit(values).transform(values)
    assert np.corrcoef(found[:, 0], counts)[0, 1] > 0.9999


def test_one_value_far_out_is_still_cut_off() -> None:
    counts = np.where(RNG.random(4000) < 0.02, RNG.integers(1, 20, 4000), 0).astype(np.float32)
    counts[5] = 1e9
    values = counts[:, None]
    found = Scaler("standard").fit(values).transform(values)
    assert found.max() <= CLIP
