"""scikit-learn's scorers, each against scikit-learn, by all of their names."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import sklearn.metrics as reference
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from netwright.core.errors import ConfigError
from netwright.core.metric import METRICS, get_metric
from netwright.core.scorers import ALIASES, SCORERS, canonical_name

NOT_OURS = {
    *(name for name in reference.get_scorer_names() if name.endswith("_samples")),  # multilabel
    *("adjusted_mutual_info_score", "adjusted_rand_score", "completeness_score", "rand_score"),
    *("fowlkes_mallows_score", "homogeneity_score", "mutual_info_score", "v_measure_score"),
    *("normalized_mutual_info_score",),  # of clusterings
    *("neg_negative_likelihood_ratio", "positive_likelihood_ratio"),  # undefined too often
}


class Fixed(BaseEstimator):
    """Says what it was told to say."""

    def __init__(self, said: np.ndarray | None = None) -> None:
        self.said = said

    def fit(self, X: np.ndarray, y: np.ndarray) -> Fixed:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True


class Classifier(ClassifierMixin, Fixed):
    @property
    def classes_(self) -> np.ndarray:
        return np.arange(self.said.shape[1])

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return self.said

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.said.argmax(axis=1)


class Regressor(RegressorMixin, Fixed):
    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.said


def rows(kind: str, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    weight = rng.random(90) + 0.1
    if kind == "regression":
        truth = rng.random(90) + 0.5
        return truth, truth * rng.uniform(0.7, 1.4, 90), weight
    classes = 2 if kind == "binary" else 4
    truth = rng.integers(0, classes, 90)
    shares = rng.random((90, classes)) + np.eye(classes)[truth] * 0.5
    return truth, shares / shares.sum(axis=1, keepdims=True), weight


def fitting_kinds(name: str) -> list[str]:
    found = []
    for kind in ("binary", "multiclass", "regression"):
        try:
            get_metric(name, kind)
        except ConfigError:
            continue
        found.append(kind)
    return found


@pytest.mark.parametrize("name", sorted(set(reference.get_scorer_names()) - NOT_OURS))
@pytest.mark.parametrize("weighted", [False, True])
def test_every_scorers_name_means_what_it_does_there(name: str, weighted: bool) -> None:
    kinds = fitting_kinds(name)
    assert kinds, f"{name} fits no kind of task"
    scorer = reference.get_scorer(name)
    for kind in kinds:
        if kind == "multiclass" and name == "roc_auc":
            continue  # there it wants to be told how; here it is one against the rest
        truth, said, weight = rows(kind)
        model = Regressor(said) if kind == "regression" else Classifier(said)
        extra = {"sample_weight": weight} if weighted and name != "neg_max_error" else {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if extra and "ovo" in name:
                continue  # one against one takes no weights
            expected = scorer(model, np.zeros((90, 1)), truth, **extra)
        metric = get_metric(name, kind)
        found = metric.score(truth, said, weight if extra else None)
        assert (found if metric.maximise else -found) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", [*ALIASES, *SCORERS, *METRICS])
def test_names_in_any_case_lead_somewhere(name: str) -> None:
    assert canonical_name(name.upper()) == canonical_name(name)
    assert canonical_name(name) in {*SCORERS, *METRICS}


@pytest.mark.parametrize(
    ("name", "kind", "ours"),
    [
        ("neg_mean_absolute_error", "regression", "mae"),
        ("ROC_AUC", "binary", "auc"),
        ("MAE", "regression", "mae"),
        ("root_mean_squared_error", "regression", "rmse"),
        ("mcc", "binary", "matthews_corrcoef"),
        ("R2", "regression", "r2"),
        ("f1-macro", "multiclass", "f1_macro"),
    ],
)
def test_names_of_other_libraries(name: str, kind: str, ours: str) -> None:
    assert get_metric(name, kind).name == ours


def test_a_metric_of_two_classes_names_its_averages_for_several() -> None:
    with pytest.raises(ConfigError, match="f1_macro"):
        get_metric("f1", "multiclass")


def test_classes_never_seen_are_no_crash() -> None:
    truth, said, _ = rows("multiclass")
    truth[:5] = -1
    for name in SCORERS:
        if "multiclass" in SCORERS[name].kinds:
            assert np.isfinite(get_metric(name, "multiclass").score(truth, said, None)), name
