"""The process behind `auto`, against scikit-learn's and against finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern

from netwright.strategies.gaussian_process import (
    Points,
    Posterior,
    distances,
    fit,
    matern,
    negative_log_posterior,
    prior_centre,
)


def numbers(rng: np.random.Generator, count: int, width: int = 2) -> Points:
    return Points(rng.random((count, width)), np.zeros(width, dtype=bool))


def mixed(rng: np.random.Generator, count: int) -> Points:
    codes = np.column_stack([rng.random(count), rng.integers(0, 3, count), rng.random(count)])
    codes[rng.random(count) < 0.3, 2] = np.nan
    block = rng.integers(0, 2, (count, 5)).astype(float)
    return Points(codes, np.array([False, True, False]), (block,))


def test_prediction_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    seen, pool = numbers(rng, 25), numbers(rng, 40)
    y = np.sin(4 * seen.codes[:, 0]) + seen.codes[:, 1]
    lengths, noise = np.array([0.4, 0.9]), 1e-2
    logs = np.append(np.log(1 / lengths**2), np.log(noise))
    reference = GaussianProcessRegressor(Matern(lengths, nu=2.5), alpha=noise, optimizer=None)
    mean, deviation = reference.fit(seen.codes, y).predict(pool.codes, return_std=True)
    found, spread = Posterior(seen, pool, logs).predict(y)
    np.testing.assert_allclose(found, mean, atol=1e-9)
    np.testing.assert_allclose(spread, deviation, atol=1e-9)


def test_growing_row_by_row_is_the_whole() -> None:
    rng = np.random.default_rng(1)
    seen, pool = mixed(rng, 30), mixed(rng, 50)
    y, logs = rng.normal(size=30), np.array([0.5, -0.2, 0.1, 0.3, np.log(0.02)])
    whole = Posterior(seen, pool, logs)
    grown = Posterior(seen.take([*range(10)]), pool, logs)
    for row in range(10, 30):
        grown.extend(seen.take([row]))
    np.testing.assert_allclose(grown.mean(y), whole.mean(y), atol=1e-9)
    np.testing.assert_allclose(grown.variance, whole.variance, atol=1e-9)


def test_the_gradient_is_the_finite_difference() -> None:
    rng = np.random.default_rng(2)
    points, y = mixed(rng, 20), rng.normal(size=20)
    apart = distances(points, points)
    centre = prior_centre(apart)
    at = centre + rng.normal(scale=0.5, size=len(centre))
    _, gradient = negative_log_posterior(at, centre, apart, y)
    numeric = approx_fprime(at, lambda x: negative_log_posterior(x, centre, apart, y)[0], 1e-6)
    np.testing.assert_allclose(gradient, numeric, rtol=1e-4, atol=1e-4)


def test_distances_of_every_kind() -> None:
    codes = np.array([[0.0, 1, np.nan], [0.5, 1, np.nan], [1.0, 2, 0.3]])
    apart = distances(*[Points(codes, np.array([False, True, False]))] * 2)
    np.testing.assert_allclose(apart[0], [[0, 0.25, 1], [0.25, 0, 0.25], [1, 0.25, 0]])
    np.testing.assert_allclose(apart[1], [[0, 0, 1], [0, 0, 1], [1, 1, 0]])
    np.testing.assert_allclose(apart[2], [[0, 0, 1], [0, 0, 1], [1, 1, 0]])  # idle and active


def test_weights_tell_what_matters() -> None:
    rng = np.random.default_rng(3)
    points = numbers(rng, 60, width=3)
    y = np.sin(6 * points.codes[:, 1])
    logs = fit(points, (y - y.mean()) / y.std())
    assert logs[1] > max(logs[0], logs[2]) + 2
    assert logs[-1] < np.log(1e-2)


def test_the_slope_of_the_kernel() -> None:
    assert matern(np.array([0.0])) == 1
    assert (np.diff(matern(np.linspace(0, 9, 50))) < 0).all()


@pytest.mark.parametrize("count", [1, 2])
def test_hardly_anything_known(count: int) -> None:
    rng = np.random.default_rng(4)
    seen, pool = mixed(rng, count), mixed(rng, 5)
    logs = fit(seen, np.zeros(count))
    mean, deviation = Posterior(seen, pool, logs).predict(np.zeros(count))
    assert np.isfinite(mean).all()
    assert (deviation > 0).all()
