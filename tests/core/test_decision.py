"""Labels from probabilities: thresholds and weights of classes."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score

from netwright.core.decision import decided, in_words, is_tuned_for, tune_decision, with_decision
from netwright.core.metric import get_metric


def rare(rows: int = 4000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A class that three rows of a hundred have, and honest probabilities."""
    rng = np.random.default_rng(seed)
    share = rng.beta(0.3, 9, rows)
    truth = (rng.random(rows) < share).astype(np.int64)
    return truth, np.column_stack([1 - share, share])


@pytest.mark.parametrize("name", ["balanced_accuracy", "f1", "matthews_corrcoef"])
def test_a_threshold_is_as_good_as_the_best_of_all(name: str) -> None:
    truth, shares = rare()
    metric = get_metric(name, "binary")
    decision = tune_decision(metric, truth, shares)
    found = with_decision(metric, decision).score(truth, shares, None)
    tried = [
        metric.score(truth, np.column_stack([1 - (shares[:, 1] >= t), shares[:, 1] >= t]), None)
        for t in np.unique(shares[:, 1].round(3))
    ]
    assert found > metric.score(truth, shares, None) + 0.02
    assert found > max(tried) - 0.01


def test_a_decision_is_a_threshold_of_two_classes() -> None:
    shares = np.array([[0.81, 0.19], [0.79, 0.21]])
    assert decided(shares, (0.2, 0.8)).argmax(axis=1).tolist() == [0, 1]
    assert decided(shares, ()) is shares


def test_held_back_rows_say_the_same_of_other_rows() -> None:
    truth, shares = rare()
    decision = tune_decision(get_metric("balanced_accuracy", "binary"), truth, shares)
    truth, shares = rare(seed=1)
    labels = decided(shares, decision).argmax(axis=1)
    expected = balanced_accuracy_score(truth, shares[:, 1] > truth.mean())
    assert balanced_accuracy_score(truth, labels) > expected - 0.03


def test_several_classes_are_weighed() -> None:
    rng = np.random.default_rng(0)
    truth = rng.choice(4, 3000, p=[0.7, 0.2, 0.07, 0.03])
    raw = rng.random((3000, 4)) * [0.7, 0.2, 0.07, 0.03] + 0.15 * np.eye(4)[truth]
    shares = raw / raw.sum(axis=1, keepdims=True)
    metric = get_metric("f1_macro", "multiclass")
    decision = tune_decision(metric, truth, shares)
    labels = decided(shares, decision).argmax(axis=1)
    plain = f1_score(truth, shares.argmax(axis=1), average="macro")
    assert f1_score(truth, labels, average="macro") > plain + 0.02
    assert sum(decision) == pytest.approx(1)


def test_weights_of_rows_count() -> None:
    truth, shares = rare()
    metric = get_metric("accuracy", "binary")
    assert tune_decision(metric, truth, shares) == ()
    metric = get_metric("f1", "binary")
    weight = np.where(truth == 1, 30.0, 1.0)
    plain, weighed = (tune_decision(metric, truth, shares, one) for one in (None, weight))
    assert weighed[0] < plain[0], "rows that weigh more ask for a lower threshold"


@pytest.mark.parametrize("name", ["log_loss", "auc", "accuracy", "brier_score"])
def test_metrics_that_gain_nothing_have_no_decision(name: str) -> None:
    assert not is_tuned_for(get_metric(name, "binary"))
    assert tune_decision(get_metric(name, "binary"), *rare(200)) == ()


def test_one_value_of_all_probabilities_leaves_the_labels_as_they_are() -> None:
    truth = np.array([0, 1, 0, 1])
    shares = np.full((4, 2), 0.5)
    assert tune_decision(get_metric("balanced_accuracy", "binary"), truth, shares) == ()


def test_decisions_are_said_in_words() -> None:
    assert in_words((), ("a", "b")) == ""
    assert in_words((0.2, 0.8), ("no", "yes")) == "'yes' from a probability of 0.2 on"
    assert (
        in_words((0.5, 0.25, 0.25), "abc")
        == "probabilities weighed by class: a 1.5, b 0.75, c 0.75"
    )
