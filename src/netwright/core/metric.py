"""How good predictions are: the metrics of each kind of task, and a person's own.

The built-in ones are written in numpy because the parent process, which ranks trials and weighs
ensembles, must start in a fraction of a second; tests hold each against scikit-learn's.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from netwright.core.errors import ConfigError, unknown_name
from netwright.core.registry import import_attribute
from netwright.core.scorers import OF_SECOND_CLASS, SCORERS, Scorer, canonical_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

CLIP = 1e-7
"""Probabilities are clipped here before their logarithm is taken."""

Score = Callable[["Array", "Array", "Array | None"], float]


@dataclass(frozen=True)
class Metric:
    """One measure of quality.

    Attributes:
        name: What a person calls it; `package:function` for one of their own.
        kinds: The kinds of task it fits.
        maximise: Whether more is better.
        score: (truth, prediction, weight) -> float in natural sign. Truth holds class codes
            (n,), -1 for a class never seen, or numbers (n,); prediction holds probabilities
            (n, classes) or numbers (n,); weight is (n,) or None.
        labels: Whether it judges the labels that are made of probabilities.
        of_second_class: Whether of two classes it judges how well the second is found.
    """

    name: str
    kinds: tuple[str, ...]
    maximise: bool
    score: Score
    labels: bool = False
    of_second_class: bool = False

    def loss(self, truth: Array, prediction: Array, weight: Array | None = None) -> float:
        """The score turned so that less is better."""
        value = self.score(truth, prediction, weight)
        return -value if self.maximise else value

    def direction(self) -> str:
        """The word Optuna uses."""
        return "maximize" if self.maximise else "minimize"


def log_loss(truth: Array, prediction: Array, weight: Array | None = None) -> float:
    """Mean negative log probability of the true class, clipped at `CLIP`."""
    import numpy as np

    seen = truth >= 0
    chosen = np.where(seen, prediction[np.arange(len(truth)), np.where(seen, truth, 0)], 0.0)
    return float(np.average(-np.log(np.clip(chosen, CLIP, 1 - CLIP)), weights=weight))


def accuracy(truth: Array, prediction: Array, weight: Array | None = None) -> float:
    """Share of rows whose most probable class is the true one."""
    import numpy as np

    return float(np.average(prediction.argmax(axis=1) == truth, weights=weight))


def balanced_accuracy(truth: Array, prediction: Array, weight: Array | None = None) -> float:
    """Mean recall over the classes that occur."""
    import numpy as np

    hit = (prediction.argmax(axis=1) == truth).astype(float)
    weights = np.ones(len(truth)) if weight is None else weight
    recalls = [
        np.average(hit[truth == label], weights=weights[truth == label])
        for label in np.unique(truth)
        if weights[truth == label].sum() > 0
    ]
    return float(np.mean(recalls))


def auc(truth: Array, prediction: Array, weight: Array | None = None) -> float:
    """Area under the ROC curve; several classes one against the rest, macro averaged.

    Classes that do not occur, or that all rows have, are left out; NaN when none is left.
    """
    import numpy as np

    classes = [1] if prediction.shape[1] == 2 else range(prediction.shape[1])
    areas = [_binary_auc(truth == label, prediction[:, label], weight) for label in classes]
    known = [area for area in areas if not np.isnan(area)]
    return float(np.mean(known)) if known else float("nan")


def _binary_auc(positive: Array, score: Array, weight: Array | None) -> float:
    import numpy as np

    weights = np.ones(len(score)) if weight is None else weight
    _, level = np.unique(score, return_inverse=True)
    up = np.bincount(level, weights * positive)
    down = np.bincount(level, weights * ~positive)
    if up.sum() == 0 or down.sum() == 0:
        return float("nan")
    below = np.cumsum(down) - down
    return float((up * (below + 0.5 * down)).sum() / (up.sum() * down.sum()))


def rmse(truth: Array, prediction: Array, weight: Array | None = None) -> float:
    """Root of the mean squared error, in the target's unit."""
    import numpy as np

    away = np.abs(truth - prediction)
    top = float(away.max(initial=0.0))
    if not 0 < top < np.inf:
        return top
    # Squares of shares stay in the range of doubles, whatever the unit.
    return float(np.sqrt(np.average((away / top) ** 2, weights=weight))) * top


def mae(truth: Array, prediction: Array, weight: Array | None = None) -> float:
    """Mean absolute error, in the target's unit."""
    import numpy as np

    return float(np.average(np.abs(truth - prediction), weights=weight))


def r2(truth: Array, prediction: Array, weight: Array | None = None) -> float:
    """Share of the target's variance explained; NaN when the target does not vary."""
    import numpy as np

    spread = rmse(truth, np.full(len(truth), np.average(truth, weights=weight)), weight)
    if spread == 0 or (truth == truth[0]).all():
        return float("nan")
    return float(1 - (rmse(truth, prediction, weight) / spread) ** 2)


CLASSIFICATION = ("binary", "multiclass")
METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("log_loss", CLASSIFICATION, False, log_loss),
        Metric("accuracy", CLASSIFICATION, True, accuracy, labels=True),
        Metric("balanced_accuracy", CLASSIFICATION, True, balanced_accuracy, labels=True),
        Metric("auc", CLASSIFICATION, True, auc),
        Metric("rmse", ("regression",), False, rmse),
        Metric("mae", ("regression",), False, mae),
        Metric("r2", ("regression",), True, r2),
    )
}
DEFAULT = {"binary": "log_loss", "multiclass": "log_loss", "regression": "rmse"}


def metrics_of(kind: str) -> list[Metric]:
    """The built-in metrics of one kind of task, in the order they are printed."""
    return [metric for metric in METRICS.values() if kind in metric.kinds]


def is_known_metric(name: str) -> bool:
    """Whether a metric is ours or scikit-learn's, by any of its names."""
    return canonical_name(name) in METRICS or canonical_name(name) in SCORERS


def get_metric(name: str | None, kind: str, classes: Sequence[Any] | None = None) -> Metric:
    """The metric called `name` for one kind of task; None takes the kind's default.

    Args:
        name: Ours, scikit-learn's (of a scorer or a function, with `neg_` or without), another
            library's, in any case; or `package:function` of a person's own.
        kind: Of the task.
        classes: Labels as in the file, for a person's own.

    Raises:
        UnknownName: No such metric.
        ConfigError: The metric does not fit the kind.
    """
    if name is None:
        return METRICS[DEFAULT[kind]]
    if ":" in name:
        return own_metric(name, kind, classes)
    plain = canonical_name(name)
    metric = METRICS.get(plain) or _of_scikit_learn(plain)
    if metric is None:
        raise unknown_name("metric", name, [*METRICS, *SCORERS])
    if kind not in metric.kinds:
        known = [*metrics_of(kind), *filter(None, map(_of_scikit_learn, SCORERS))]
        fitting = ", ".join(other.name for other in known if kind in other.kinds)
        raise ConfigError(f"Metric {name!r} does not fit a {kind} task; choose one of: {fitting}.")
    return metric


def _of_scikit_learn(name: str) -> Metric | None:
    found = SCORERS.get(name)
    if found is None:
        return None
    return Metric(
        name,
        found.kinds,
        found.maximise,
        found.score,
        labels=found.sees == "labels",
        of_second_class=name in OF_SECOND_CLASS,
    )


DIRECTIONS = {"minimize": False, "maximize": True}
ENDINGS = {"_score": True, "_error": False, "_loss": False, "_deviance": False}
"""How scikit-learn says by a function's name whether more is better."""


def own_metric(target: str, kind: str, classes: Sequence[Any] | None = None) -> Metric:
    """Wraps a person's function(truth, prediction[, sample_weight]) -> float.

    It gets labels as they stand in the file (numbers for regression); with the attribute
    `needs = "probabilities"` it gets class codes and probabilities instead. A scorer made by
    scikit-learn's `make_scorer` does too. Whether more is better is said behind the name
    (`mine:cost:minimize`), by the attribute `greater_is_better`, by scikit-learn, or by how the
    name ends, as scikit-learn's do.

    Raises:
        ConfigError: It is no function, or nothing says whether more is better.
    """
    name, _, direction = target.rpartition(":")
    if direction not in DIRECTIONS:
        name, direction = target, ""
    function = import_attribute(name)
    if not callable(function):
        raise ConfigError(f"A metric must be a function. {name!r} is a {type(function)}.")
    if hasattr(function, "_score_func") and hasattr(function, "_sign"):
        return _own_scorer(target, kind, function)
    known = _known_function(name, kind)
    if known is not None and not direction:
        return replace(known, name=target)
    maximise = DIRECTIONS[direction] if direction else _more_is_better(function, target)
    weighted = "sample_weight" in inspect.signature(function).parameters
    labels = kind != "regression" and getattr(function, "needs", "labels") == "labels"

    def score(truth: Array, prediction: Array, weight: Array | None = None) -> float:
        if labels and classes is not None:
            truth, prediction = _named(truth, classes), _named(prediction.argmax(axis=1), classes)
        extra = {"sample_weight": weight} if weighted and weight is not None else {}
        return float(function(truth, prediction, **extra))

    return Metric(target, (kind,), maximise, score, labels)


def _named(codes: Array, classes: Sequence[Any]) -> Array:
    """Labels in the type they have; those never seen are None."""
    import numpy as np

    names = np.asarray(classes)
    if names.dtype.kind not in "biuf" and any(not isinstance(label, str) for label in classes):
        names = np.array([*classes], dtype=object)
    if (codes >= 0).all():
        return np.asarray(names[codes])
    # An index of -1 would name the last class: rows of an unseen class become None.
    return np.array([*names.tolist(), None], dtype=object)[codes]


def _known_function(name: str, kind: str) -> Metric | None:
    """One of scikit-learn's own functions that a person named, if its scorers know it."""
    package, _, function = name.partition(":")
    if package != "sklearn.metrics":
        return None
    metric = METRICS.get(canonical_name(function)) or _of_scikit_learn(canonical_name(function))
    return metric if metric is not None and kind in metric.kinds else None


def _own_scorer(target: str, kind: str, scorer: Any) -> Metric:
    """What `sklearn.metrics.make_scorer` made."""
    method = scorer._response_method
    methods = (method,) if isinstance(method, str) else tuple(method)
    sees = "numbers" if kind == "regression" else "labels"
    if kind != "regression" and "predict_proba" in methods:
        sees = "probabilities"
    made = Scorer(
        scorer._score_func.__name__,
        (kind,),
        sees,  # type: ignore[arg-type]
        scorer._sign > 0,
        scorer._kwargs,
        scorer._score_func,
    )
    return Metric(target, (kind,), made.maximise, made.score, sees == "labels")


def _more_is_better(function: Callable[..., Any], target: str) -> bool:
    told = getattr(function, "greater_is_better", None)
    if told is not None:
        return bool(told)
    for ending, more in ENDINGS.items():
        if target.endswith(ending):
            return more
    raise ConfigError(
        f"Is more of the metric {target!r} better, or less? Name it '{target}:maximize' or "
        f"'{target}:minimize', or give the function the attribute greater_is_better."
    )
