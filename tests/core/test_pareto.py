"""Fronts, volumes and knees against brute force, Optuna and Monte Carlo."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from optuna._hypervolume import compute_hypervolume

from netwright.core.errors import ConfigError, NoModel
from netwright.core.pareto import hypervolume, knee, pareto_mask
from netwright.core.result import Result
from netwright.core.space import Float
from netwright.core.study import Study
from netwright.strategies import get_strategy

TABLES = st.tuples(st.integers(1, 30), st.integers(1, 4)).flatmap(
    lambda shape: arrays(float, shape, elements=st.integers(0, 6).map(float))
)


def brute_front(losses: np.ndarray) -> np.ndarray:
    """Every row against every other."""
    return np.array(
        [not any((a <= b).all() and (a < b).any() for a in losses) for b in losses], dtype=bool
    )


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_the_front_is_who_nobody_dominates(losses: np.ndarray) -> None:
    np.testing.assert_array_equal(pareto_mask(losses), brute_front(losses))


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_the_volume_is_optunas(losses: np.ndarray) -> None:
    reference = np.full(losses.shape[1], 5.0)
    inside = losses[(losses < reference).all(axis=1)]
    theirs = compute_hypervolume(inside, reference) if len(inside) else 0.0
    assert hypervolume(losses, reference) == pytest.approx(theirs)


@pytest.mark.parametrize("objectives", [1, 2, 3, 4, 5])
def test_the_volume_is_the_share_of_random_points_that_are_dominated(objectives: int) -> None:
    rng = np.random.default_rng(objectives)
    losses = rng.random((25, objectives))
    points = rng.random((100_000, objectives))
    dominated = np.zeros(len(points), dtype=bool)
    for row in losses:
        dominated |= (row <= points).all(axis=1)
    assert hypervolume(losses, np.ones(objectives)) == pytest.approx(dominated.mean(), abs=0.006)


def test_a_big_table_of_two_objectives_is_quick_and_right() -> None:
    losses = np.random.default_rng(0).random((20_000, 2))
    front = losses[pareto_mask(losses)]
    assert brute_front(front).all()
    assert compute_hypervolume(losses, np.ones(2)) == pytest.approx(hypervolume(losses, np.ones(2)))


def test_equal_rows_stand_together_and_nan_never_does() -> None:
    nan = float("nan")
    losses = [[1, 2], [1, 2], [2, 1], [2, 2], [nan, 0], [0, nan]]
    assert pareto_mask(losses).tolist() == [True, True, True, False, False, False]


def test_infinite_losses_are_losses() -> None:
    inf = float("inf")
    assert pareto_mask([[1, inf], [2, inf], [3, 0]]).tolist() == [True, False, True]
    assert pareto_mask([[inf, inf]]).tolist() == [True]
    assert hypervolume([[0, inf], [0, 0]], [1, 1]) == 1


def test_nothing_covers_nothing() -> None:
    assert hypervolume(np.empty((0, 2)), [1, 1]) == 0
    assert hypervolume([[1, 0], [2, 0]], [1, 1]) == 0
    assert pareto_mask(np.empty((0, 3))).shape == (0,)


@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_the_knee_is_where_the_front_bends_whatever_the_units(scale: float) -> None:
    losses = np.array([[0, 10], [1, 4], [2, 1], [6, 0.5], [10, 0], [9, 9]]) * [1, scale]
    assert knee(losses) == 2


def test_a_sphere_bends_in_its_middle() -> None:
    """The point nearest the ideal, of a front that is an eighth of a sphere's inside."""
    angles = np.random.default_rng(0).random((500, 3)) + 1e-3
    on_sphere = angles / np.linalg.norm(angles, axis=1, keepdims=True)
    losses = np.concatenate([1 - on_sphere, 1 - np.eye(3)])
    found = losses[knee(losses)]
    assert np.ptp(found) < 0.15


def test_a_front_of_one_is_its_own_knee() -> None:
    assert knee([[3, 3], [1, 1], [2, 1]]) == 1
    assert knee([[3.0], [1.0]]) == 1
    assert knee([[1, 1], [1, 1]]) == 0


@pytest.mark.parametrize("losses", [[1.0, 2.0], np.empty((2, 0)), np.empty((1, 1, 1))])
def test_losses_are_a_table(losses: object) -> None:
    with pytest.raises(ConfigError, match="a column an objective"):
        pareto_mask(losses)  # type: ignore[arg-type]


def test_no_number_has_no_knee() -> None:
    with pytest.raises(ConfigError, match="at least one design"):
        knee([[float("nan"), 1]])


# -------------------------------------------------------------------------- in a study


def study_of(rows: list[tuple[float, float, float]]) -> Study:
    """A study with accuracy up, seconds down and a limit for each row."""
    study = Study(
        {"x": Float(0, 1)},
        objectives=[("accuracy", "maximize"), ("seconds", "minimize")],
        strategy=get_strategy("random"),
    )
    for accuracy, seconds, violation in rows:
        trial = study.ask()
        assert trial is not None
        scores = {"accuracy": accuracy, "seconds": seconds}
        study.tell(trial, Result(scores=scores, constraints={"size": violation}))
    return study


def test_the_front_of_a_study_keeps_limits_and_signs() -> None:
    study = study_of([(0.9, 10, 0), (0.8, 2, 0), (0.5, 1, 0), (0.99, 0, 1), (0.7, 5, 0)])
    assert [record.number for record in study.pareto_front()] == [0, 1, 2]
    assert study.knee().number == 1


def test_a_study_without_feasible_trials_has_no_front() -> None:
    study = study_of([(0.9, 10, 1)])
    assert study.pareto_front() == []
    with pytest.raises(NoModel, match="keeps its limits"):
        study.knee()
