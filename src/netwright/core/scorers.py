"""scikit-learn's scorers by their names, and how other libraries call the same.

The table says all that is needed before rows are judged; scikit-learn itself is imported when a
score is computed. Names are scikit-learn's without `neg_`: an error is an error here, and less of
it is better.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from netwright.core.registry import import_attribute

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

Sees = Literal["labels", "second", "probabilities", "numbers"]
"""What a function compares with the truth: labels, the second class' probability, all
probabilities, or numbers."""
BINARY, CLASSES, NUMBERS = ("binary",), ("binary", "multiclass"), ("regression",)


@dataclass(frozen=True)
class Scorer:
    """One of scikit-learn's measures.

    Attributes:
        function: Its name in `sklearn.metrics`.
        kinds: The kinds of task it fits.
        sees: What it compares with the truth.
        maximise: Whether more is better.
        options: Further arguments.
        own: A person's own function, in place of the named one.
    """

    function: str
    kinds: tuple[str, ...]
    sees: Sees
    maximise: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)
    own: Callable[..., float] | None = None

    def score(self, truth: Array, prediction: Array, weight: Array | None = None) -> float:
        """Of class codes (n,), -1 for a class never seen, or numbers (n,); see `Metric`."""
        import numpy as np

        function = self.own or import_attribute(f"sklearn.metrics:{self.function}")
        options = dict(self.options)
        if self.sees == "labels":
            prediction = prediction.argmax(axis=1)
        elif self.sees != "numbers":
            seen = truth >= 0
            truth, prediction = truth[seen], prediction[seen]
            weight = None if weight is None else weight[seen]
            classes = prediction.shape[1]
            if classes == 2 or self.sees == "second":
                prediction = prediction[:, 1]
            if self.function in LABELLED:
                options["labels"] = np.arange(classes)
        if weight is not None and self.function not in UNWEIGHTED:
            options["sample_weight"] = weight
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of classes that do not occur, which count as zero
            return float(function(truth, prediction, **options))


LABELLED = ("log_loss", "brier_score_loss", "d2_log_loss_score", "d2_brier_score",
            "top_k_accuracy_score", "roc_auc_score")  # fmt: skip
"""Functions that want to be told which classes the columns belong to."""
UNWEIGHTED = ("max_error",)


def _averaged(name: str, function: str) -> dict[str, Scorer]:
    """A measure of one class against the other, and its averages over classes."""
    told = {"zero_division": 0}
    found = {name: Scorer(function, BINARY, "labels", options=told)}
    for average in ("macro", "micro", "weighted"):
        options = {**told, "average": average}
        found[f"{name}_{average}"] = Scorer(function, CLASSES, "labels", options=options)
    return found


SCORERS: dict[str, Scorer] = {
    **_averaged("f1", "f1_score"),
    **_averaged("precision", "precision_score"),
    **_averaged("recall", "recall_score"),
    **_averaged("jaccard", "jaccard_score"),
    "matthews_corrcoef": Scorer("matthews_corrcoef", CLASSES, "labels"),
    "cohen_kappa": Scorer("cohen_kappa_score", CLASSES, "labels"),
    "quadratic_kappa": Scorer(
        "cohen_kappa_score", CLASSES, "labels", options={"weights": "quadratic"}
    ),
    "average_precision": Scorer("average_precision_score", CLASSES, "probabilities"),
    "brier_score": Scorer("brier_score_loss", CLASSES, "probabilities", maximise=False),
    "d2_log_loss_score": Scorer("d2_log_loss_score", CLASSES, "probabilities"),
    "d2_brier_score": Scorer("d2_brier_score", CLASSES, "probabilities"),
    "top_k_accuracy": Scorer("top_k_accuracy_score", CLASSES, "probabilities"),
    "roc_auc_ovo": Scorer(
        "roc_auc_score", CLASSES, "probabilities", options={"multi_class": "ovo"}
    ),
    "roc_auc_ovo_weighted": Scorer(
        "roc_auc_score",
        CLASSES,
        "probabilities",
        options={"multi_class": "ovo", "average": "weighted"},
    ),
    "roc_auc_ovr_weighted": Scorer(
        "roc_auc_score",
        CLASSES,
        "probabilities",
        options={"multi_class": "ovr", "average": "weighted"},
    ),
    "explained_variance": Scorer("explained_variance_score", NUMBERS, "numbers"),
    "d2_absolute_error_score": Scorer("d2_absolute_error_score", NUMBERS, "numbers"),
    "d2_pinball_score": Scorer("d2_pinball_score", NUMBERS, "numbers"),
    **{
        name: Scorer(name, NUMBERS, "numbers", maximise=False)
        for name in (
            "max_error",
            "mean_absolute_percentage_error",
            "mean_gamma_deviance",
            "mean_pinball_loss",
            "mean_poisson_deviance",
            "mean_squared_error",
            "mean_squared_log_error",
            "median_absolute_error",
            "root_mean_squared_log_error",
        )
    },
}

OF_SECOND_CLASS = ("f1", "precision", "recall", "jaccard", "average_precision")
"""Of two classes, these are about the second one alone."""

ALIASES: dict[str, str] = {
    "acc": "accuracy",
    "accuracy_score": "accuracy",
    "balanced_accuracy_score": "balanced_accuracy",
    "roc_auc": "auc",
    "roc_auc_score": "auc",
    "roc_auc_ovr": "auc",
    "roc_auc_ovr_macro": "auc",
    "roc_auc_ovo_macro": "roc_auc_ovo",
    "logloss": "log_loss",
    "cross_entropy": "log_loss",
    "root_mean_squared_error": "rmse",
    "mean_absolute_error": "mae",
    "r2_score": "r2",
    "mse": "mean_squared_error",
    "l1": "mae",
    "l2": "mean_squared_error",
    "nll": "log_loss",
    "pr_auc": "average_precision",
    "auprc": "average_precision",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_log_error",
    "rmsle": "root_mean_squared_log_error",
    "median_absolute_error_score": "median_absolute_error",
    "pinball": "mean_pinball_loss",
    "pinball_loss": "mean_pinball_loss",
    "mcc": "matthews_corrcoef",
    "kappa": "cohen_kappa",
    "cohen_kappa_score": "cohen_kappa",
    "ap": "average_precision",
    "average_precision_score": "average_precision",
    "brier": "brier_score",
    "brier_score_loss": "brier_score",
    "explained_variance_score": "explained_variance",
    "top_k_accuracy_score": "top_k_accuracy",
    "f1_score": "f1",
    "precision_score": "precision",
    "recall_score": "recall",
    "jaccard_score": "jaccard",
    "micro_f1": "f1_micro",
    "macro_f1": "f1_macro",
}
"""Other names of the field to ours; case does not matter, and a leading `neg_` is left out."""


def canonical_name(name: str) -> str:
    """What a metric of the field is called here: `neg_mean_absolute_error` is `mae`."""
    plain = name.strip().lower().replace("-", "_").replace(" ", "_").removeprefix("neg_")
    return ALIASES.get(plain, plain)
