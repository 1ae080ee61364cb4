"""Metrics against scikit-learn's, and a person's own."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from netwright.core.errors import ConfigError, UnknownName
from netwright.core.metric import METRICS, get_metric, metrics_of


def probabilities(rows: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    raw = rng.random((rows, classes)) ** 2 + 1e-3
    truth = rng.integers(0, classes, rows)
    truth[:classes] = np.arange(classes)
    return truth, raw / raw.sum(axis=1, keepdims=True), rng.random(rows) + 0.1


@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("weighted", [False, True])
def test_log_loss_is_scikit_learns(classes: int, weighted: bool) -> None:
    truth, shares, weight = probabilities(200, classes, classes)
    used = weight if weighted else None
    ours = METRICS["log_loss"].score(truth, shares, used)
    assert ours == pytest.approx(reference.log_loss(truth, shares, sample_weight=used), rel=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
def test_accuracies_are_scikit_learns(weighted: bool) -> None:
    truth, shares, weight = probabilities(200, 4, 1)
    used = weight if weighted else None
    labels = shares.argmax(axis=1)
    ours = METRICS["accuracy"].score(truth, shares, used)
    assert ours == pytest.approx(reference.accuracy_score(truth, labels, sample_weight=used))
    ours = METRICS["balanced_accuracy"].score(truth, shares, used)
    theirs = reference.balanced_accuracy_score(truth, labels, sample_weight=used)
    assert ours == pytest.approx(theirs)


@pytest.mark.parametrize("weighted", [False, True])
def test_auc_of_two_classes_is_scikit_learns(weighted: bool) -> None:
    truth, shares, weight = probabilities(300, 2, 2)
    shares = shares.round(1)  # ties
    used = weight if weighted else None
    ours = METRICS["auc"].score(truth, shares, used)
    theirs = reference.roc_auc_score(truth, shares[:, 1], sample_weight=used)
    assert ours == pytest.approx(theirs)


def test_auc_of_many_classes_is_scikit_learns() -> None:
    truth, shares, _ = probabilities(300, 5, 3)
    theirs = reference.roc_auc_score(truth, shares, multi_class="ovr", average="macro")
    assert METRICS["auc"].score(truth, shares, None) == pytest.approx(theirs)


def test_auc_leaves_out_classes_that_do_not_occur() -> None:
    truth, shares, _ = probabilities(100, 3, 4)
    truth[truth == 2] = 0
    assert np.isfinite(METRICS["auc"].score(truth, shares, None))


def test_auc_of_one_class_is_not_a_number() -> None:
    assert np.isnan(METRICS["auc"].score(np.zeros(5, int), np.full((5, 2), 0.5), None))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_regression_metrics_are_scikit_learns(seed: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    truth, predicted = rng.normal(size=50), rng.normal(size=50)
    weight = rng.random(50) + 0.1 if weighted else None
    for name, theirs in (
        ("rmse", reference.root_mean_squared_error),
        ("mae", reference.mean_absolute_error),
        ("r2", reference.r2_score),
    ):
        expected = theirs(truth, predicted, sample_weight=weight)
        assert METRICS[name].score(truth, predicted, weight) == pytest.approx(expected)


@pytest.mark.parametrize("unit", [1e-300, 1e-160, 1e160, 1e300])
def test_errors_of_any_unit_are_finite(unit: float) -> None:
    truth, predicted = np.array([1.0, 2.0, 4.0]) * unit, np.array([1.5, 2.0, 3.0]) * unit
    assert METRICS["rmse"].score(truth, predicted, None) == pytest.approx(0.6455 * unit, rel=1e-4)
    assert METRICS["r2"].score(truth, predicted, None) == pytest.approx(0.7321, rel=1e-3)


def test_r2_of_a_constant_target_is_not_a_number() -> None:
    assert np.isnan(METRICS["r2"].score(np.ones(4), np.arange(4.0), None))


def test_a_class_never_seen_counts_as_improbable_not_as_a_crash() -> None:
    shares = np.array([[0.9, 0.1], [0.2, 0.8]])
    loss = METRICS["log_loss"].score(np.array([0, -1]), shares, None)
    assert loss == pytest.approx((-np.log(0.9) - np.log(1e-7)) / 2)
    assert METRICS["accuracy"].score(np.array([0, -1]), shares, None) == 0.5


def test_a_sure_mistake_is_finite() -> None:
    shares = np.array([[1.0, 0.0]])
    assert METRICS["log_loss"].score(np.array([1]), shares, None) == pytest.approx(-np.log(1e-7))


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_loss_turns_what_is_maximised(metric: object) -> None:
    kind = metric.kinds[0]  # type: ignore[attr-defined]
    if kind == "regression":
        truth, predicted = np.array([1.0, 2.0, 4.0]), np.array([1.5, 2.0, 3.0])
    else:
        truth, predicted, _ = probabilities(30, 2, 0)
    score = metric.score(truth, predicted, None)  # type: ignore[attr-defined]
    sign = -1 if metric.maximise else 1  # type: ignore[attr-defined]
    assert metric.loss(truth, predicted) == sign * score  # type: ignore[attr-defined]


def test_each_kind_prints_its_own_metrics_in_order() -> None:
    expected = ["log_loss", "accuracy", "balanced_accuracy", "auc"]
    assert [metric.name for metric in metrics_of("binary")] == expected
    assert [metric.name for metric in metrics_of("regression")] == ["rmse", "mae", "r2"]


@pytest.mark.parametrize(
    ("kind", "name"), [("binary", "log_loss"), ("multiclass", "log_loss"), ("regression", "rmse")]
)
def test_defaults(kind: str, name: str) -> None:
    assert get_metric(None, kind).name == name


def test_aliases_of_the_field_work() -> None:
    assert get_metric("roc_auc", "binary").name == "auc"


def test_a_metric_of_another_kind_is_refused_with_the_fitting_ones() -> None:
    with pytest.raises(ConfigError, match="choose one of: rmse, mae, r2"):
        get_metric("accuracy", "regression")


def test_an_unknown_metric_names_the_near_ones() -> None:
    with pytest.raises(UnknownName, match="'accuracy'"):
        get_metric("acuracy", "binary")


def own_hit_rate(truth: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean(truth == labels))


own_hit_rate.greater_is_better = True  # type: ignore[attr-defined]


def own_cost(truth: np.ndarray, predicted: np.ndarray, sample_weight: object = None) -> float:
    return float(np.average(np.abs(truth - predicted) ** 3, weights=sample_weight))


own_cost.greater_is_better = False  # type: ignore[attr-defined]


def own_brier(truth: np.ndarray, shares: np.ndarray) -> float:
    return float(np.mean((shares[:, 1] - truth) ** 2))


own_brier.needs = "probabilities"  # type: ignore[attr-defined]
own_brier.greater_is_better = False  # type: ignore[attr-defined]


def test_a_persons_own_metric_gets_labels() -> None:
    metric = get_metric(f"{__name__}:own_hit_rate", "binary", ("no", "yes"))
    shares = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]])
    assert metric.maximise
    assert metric.score(np.array([0, 1, 0]), shares, None) == pytest.approx(2 / 3)


def test_a_persons_own_metric_gets_weights_where_it_takes_them() -> None:
    metric = get_metric(f"{__name__}:own_cost", "regression")
    truth, predicted = np.array([0.0, 0.0]), np.array([1.0, 2.0])
    assert not metric.maximise
    assert metric.score(truth, predicted, np.array([1.0, 0.0])) == 1.0
    assert metric.score(truth, predicted, None) == 4.5


def test_a_persons_own_metric_gets_probabilities_on_demand() -> None:
    metric = get_metric(f"{__name__}:own_brier", "binary", ("no", "yes"))
    assert metric.score(np.array([1]), np.array([[0.5, 0.5]]), None) == 0.25


def own_gap(truth: np.ndarray, predicted: np.ndarray) -> float:
    return float(np.max(np.abs(truth - predicted)))


def test_which_way_is_up_is_asked_where_nothing_says_so() -> None:
    with pytest.raises(ConfigError, match="own_gap:minimize"):
        get_metric(f"{__name__}:own_gap", "regression")
    metric = get_metric(f"{__name__}:own_gap:minimize", "regression")
    assert not metric.maximise
    assert metric.score(np.array([1.0, 2.0]), np.array([1.5, 2.0])) == 0.5
    assert get_metric(f"{__name__}:own_gap:maximize", "regression").maximise


@pytest.mark.parametrize("labels", [(0, 1), (False, True), ("no", "yes"), (0.5, 1.0), (-1, 1)])
@pytest.mark.parametrize("function", ["matthews_corrcoef", "balanced_accuracy_score", "f1_score"])
def test_functions_of_scikit_learn_take_labels_of_any_type(labels: tuple, function: str) -> None:
    truth, shares, _ = probabilities(60, 2, 3)
    metric = get_metric(f"sklearn.metrics:{function}", "binary", labels)
    assert metric.maximise
    expected = getattr(reference, function)(truth, shares.argmax(axis=1))
    assert metric.score(truth, shares, None) == pytest.approx(expected)


def own_label_types(truth: np.ndarray, labels: np.ndarray) -> float:
    assert truth.dtype.kind == labels.dtype.kind == "b"
    return 1.0


own_label_types.greater_is_better = True  # type: ignore[attr-defined]


def test_labels_come_in_the_type_they_have() -> None:
    metric = get_metric(f"{__name__}:own_label_types", "binary", (False, True))
    assert metric.score(np.array([0, 1]), np.eye(2), None) == 1.0


own_scorer = reference.make_scorer(reference.fbeta_score, beta=2.0)


def test_a_scorer_that_scikit_learn_made() -> None:
    truth, shares, _ = probabilities(60, 2, 5)
    metric = get_metric(f"{__name__}:own_scorer", "binary", ("no", "yes"))
    expected = reference.fbeta_score(truth, shares.argmax(axis=1), beta=2.0)
    assert metric.score(truth, shares, None) == pytest.approx(expected)
    assert metric.labels


def test_a_metric_that_is_no_function_is_refused() -> None:
    with pytest.raises(ConfigError, match="must be a function"):
        get_metric("math:pi", "regression")
