"""Skill against scikit-learn's scores that measure the same way, and what is left out of it."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as theirs

from netwright.core.metric import METRICS
from netwright.core.skill import joint_metrics, joint_skill, skill
from netwright.core.target import Target

CLASSES = Target("a", "multiclass", "accuracy", ("x", "y", "z"))
NUMBER = Target("b", "regression", "rmse")
RNG = np.random.default_rng(0)
CODES = RNG.choice(3, 60, p=[0.5, 0.3, 0.2])
SHARES = RNG.dirichlet(np.ones(3), 60) * 0.5 + 0.5 * np.eye(3)[CODES]
NUMBERS = RNG.normal(40, 12, 60)
GUESSES = NUMBERS + RNG.normal(0, 6, 60)
WEIGHT = RNG.uniform(0.1, 3, 60)
WEIGHTS = pytest.mark.parametrize("weight", [None, WEIGHT], ids=["equal", "weighted"])


@WEIGHTS
def test_of_log_loss_it_is_d2(weight: np.ndarray | None) -> None:
    expected = theirs.d2_log_loss_score(CODES, SHARES, sample_weight=weight)
    assert skill(METRICS["log_loss"].score, CODES, SHARES, weight) == pytest.approx(expected)


@WEIGHTS
def test_of_balanced_accuracy_it_is_the_adjusted_one(weight: np.ndarray | None) -> None:
    expected = theirs.balanced_accuracy_score(
        CODES, SHARES.argmax(axis=1), sample_weight=weight, adjusted=True
    )
    ours = skill(METRICS["balanced_accuracy"].score, CODES, SHARES, weight)
    assert ours == pytest.approx(expected)


@WEIGHTS
def test_of_r2_it_is_r2_and_of_rmse_the_share_of_the_spread(weight: np.ndarray | None) -> None:
    r2 = theirs.r2_score(NUMBERS, GUESSES, sample_weight=weight)
    assert skill(METRICS["r2"].score, NUMBERS, GUESSES, weight) == pytest.approx(r2)
    ours = skill(METRICS["rmse"].score, NUMBERS, GUESSES, weight)
    assert ours == pytest.approx(1 - (1 - r2) ** 0.5)


def test_of_accuracy_it_is_the_way_from_the_commonest_class() -> None:
    right, common = (SHARES.argmax(axis=1) == CODES).mean(), (CODES == 0).mean()
    ours = skill(METRICS["accuracy"].score, CODES, SHARES)
    assert ours == pytest.approx((right - common) / (1 - common))


@pytest.mark.parametrize("metric", [one for one in METRICS.values() if "binary" in one.kinds])
def test_perfect_is_one_and_constant_is_nothing(metric) -> None:
    constant = np.tile(np.bincount(CODES) / 60, (60, 1))
    assert skill(metric.score, CODES, np.eye(3)[CODES]) == pytest.approx(1)
    assert skill(metric.score, CODES, constant) == pytest.approx(0)


@given(st.floats(0.1, 1000), st.floats(-1e4, 1e4))
def test_units_do_not_matter(spread: float, mean: float) -> None:
    ours = skill(METRICS["rmse"].score, NUMBERS * spread + mean, GUESSES * spread + mean)
    assert ours == pytest.approx(skill(METRICS["rmse"].score, NUMBERS, GUESSES), rel=1e-6)


def several(known: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    truth = np.column_stack([CODES, NUMBERS]).astype(float)
    if known is not None:
        truth[~known, 1] = np.nan
    return truth, np.column_stack([SHARES, GUESSES])


@WEIGHTS
def test_several_are_averaged(weight: np.ndarray | None) -> None:
    first = skill(METRICS["accuracy"].score, CODES, SHARES, weight)
    second = skill(METRICS["rmse"].score, NUMBERS, GUESSES, weight)
    ours = joint_skill([CLASSES, NUMBER]).score(*several(), weight)
    assert ours == pytest.approx((first + second) / 2)


@WEIGHTS
def test_rows_that_do_not_know_a_target_do_not_judge_it(weight: np.ndarray | None) -> None:
    known = np.arange(60) % 3 == 0
    found = {
        one.name: one.score(*several(known), weight) for one in joint_metrics([CLASSES, NUMBER])
    }
    own = None if weight is None else weight[known]
    assert found["b.rmse"] == METRICS["rmse"].score(NUMBERS[known], GUESSES[known], own)
    assert found["a.accuracy"] == pytest.approx(METRICS["accuracy"].score(CODES, SHARES, weight))


def test_rows_without_weight_know_nothing() -> None:
    weight = np.where(np.arange(60) < 30, 1.0, 0.0)
    truth, predicted = several(np.arange(60) >= 30)
    found = {
        one.name: one.score(truth, predicted, weight) for one in joint_metrics([CLASSES, NUMBER])
    }
    assert np.isnan(found["b.rmse"])
    assert found["skill"] == skill(METRICS["accuracy"].score, CODES[:30], SHARES[:30])


def test_what_no_row_knows_or_does_not_vary_is_left_out() -> None:
    alone = skill(METRICS["accuracy"].score, CODES, SHARES)
    truth, predicted = several(np.zeros(60, dtype=bool))
    assert joint_skill([CLASSES, NUMBER]).score(truth, predicted, None) == alone
    truth[:, 1] = 0.1  # a mean of which is not 0.1 to the last bit
    assert joint_skill([CLASSES, NUMBER]).score(truth, predicted, None) == alone
    truth[:] = np.nan
    assert np.isnan(joint_skill([CLASSES, NUMBER]).score(truth, predicted, None))


def test_classes_never_seen_are_wrong_and_no_more() -> None:
    truth, predicted = several()
    truth[:5, 0] = -1
    found = {
        one.name: one.score(truth, predicted, None) for one in joint_metrics([CLASSES, NUMBER])
    }
    assert found["a.accuracy"] == pytest.approx((SHARES.argmax(axis=1) == CODES)[5:].sum() / 60)
    assert np.isfinite(found["skill"])


def test_workers_can_be_sent_them() -> None:
    for metric in joint_metrics([replace(CLASSES, metric_name="log_loss"), NUMBER]):
        sent = pickle.loads(pickle.dumps(metric))
        assert sent.score(*several(), None) == metric.score(*several(), None)
