"""From probabilities to labels: which class is named, when some mistakes count more than others.

A decision weighs the classes: the label is the class whose probability times its weight is the
largest. Of two classes that is a threshold. It is tuned on rows the model did not learn from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netwright.core.metric import Metric

    Array = NDArray[Any]

Decision = tuple[float, ...]
"""A weight a class; empty for the most probable class."""
CANDIDATES = 99
"""Thresholds that are tried."""
STEPS = (0.5, 0.75, 0.9, 1.1, 1.35, 2.0)
"""Factors that the weight of one of several classes is tried with."""
SWEEPS = 3


def is_tuned_for(metric: Metric) -> bool:
    """Whether a metric gains from a decision: it judges labels, and not by how many are right,
    which the most probable class serves best."""
    return metric.labels and metric.name != "accuracy"


def decided(probabilities: Array, decision: Decision) -> Array:
    """Probabilities (rows, classes) weighed so that the largest is the label's."""
    import numpy as np

    if not decision:
        return probabilities
    weighed = probabilities * np.asarray(decision)
    return np.asarray(weighed / weighed.sum(axis=1, keepdims=True))


def with_decision(metric: Metric, decision: Decision) -> Metric:
    """The metric as it judges labels that a decision gave; others stay as they are."""
    if not decision or not metric.labels:
        return metric
    return replace(metric, score=partial(_score, metric, decision))


def _score(
    metric: Metric, decision: Decision, truth: Array, prediction: Array, weight: Array | None = None
) -> float:
    return metric.score(truth, decided(prediction, decision), weight)


def tune_decision(
    metric: Metric, truth: Array, probabilities: Array, weight: Array | None = None
) -> Decision:
    """The decision by which held-back probabilities score best.

    Args:
        metric: Decides; see `is_tuned_for`.
        truth: Class codes (n,).
        probabilities: Of rows that were not learned from (n, classes).
        weight: Row weights (n,), None for equal ones.

    Returns:
        Weights that sum to one; empty where the most probable class is as good, or nothing is
        to be gained.
    """
    if not is_tuned_for(metric):
        return ()
    find = _best_threshold if probabilities.shape[1] == 2 else _best_weights
    loss = partial(_loss, metric, truth, probabilities, weight)
    found = find(loss, truth, probabilities)
    return found if loss(found) < loss(()) else ()


def in_words(decision: Decision, classes: Sequence[Any]) -> str:
    """What a decision does, for people; empty where the most probable class is named."""
    if not decision:
        return ""
    if len(decision) == 2:
        return f"{classes[1]!r} from a probability of {decision[0]:.3g} on"
    shown = [
        f"{label} {weight * len(classes):.2g}"
        for label, weight in zip(classes, decision, strict=True)
    ]
    more = ", ..." if len(shown) > 5 else ""
    return f"probabilities weighed by class: {', '.join(shown[:5])}{more}"


def _loss(
    metric: Metric, truth: Array, probabilities: Array, weight: Array | None, decision: Decision
) -> float:
    value = metric.loss(truth, decided(probabilities, decision), weight)
    return value if value == value else float("inf")


def _best_threshold(loss: Any, truth: Array, probabilities: Array) -> Decision:
    """In the middle of the widest stretch of thresholds that are equally good."""
    import numpy as np

    values = np.unique(probabilities[:, 1])
    middles = (values[1:] + values[:-1]) / 2
    if len(middles) > CANDIDATES:
        middles = np.unique(np.quantile(middles, np.linspace(0, 1, CANDIDATES)))
    thresholds = middles[(middles > 0) & (middles < 1)]
    if len(thresholds) == 0:
        return ()
    losses = np.array([loss(_of_threshold(one)) for one in thresholds])
    best = np.flatnonzero(losses <= losses.min() + 1e-12)
    runs = np.split(best, np.flatnonzero(np.diff(best) > 1) + 1)
    longest = max(runs, key=len)
    return _of_threshold(float(thresholds[longest[len(longest) // 2]]))


def _of_threshold(threshold: float) -> Decision:
    """The second class is named from this probability on."""
    return (threshold, 1 - threshold)


def _best_weights(loss: Any, truth: Array, probabilities: Array) -> Decision:
    """One class after another: first all alike or by how rare they are, then by small steps."""
    import numpy as np

    classes = probabilities.shape[1]
    shares = np.bincount(truth[truth >= 0], minlength=classes) + 1.0
    starts = [
        tuple((weights / weights.sum()).tolist()) for weights in (np.ones(classes), 1 / shares)
    ]
    best = min(starts, key=loss)
    least = loss(best)
    for _ in range(SWEEPS):
        before = least
        for place in range(classes):
            for step in STEPS:
                changed = np.array(best)
                changed[place] *= step
                tried = tuple((changed / changed.sum()).tolist())
                found = loss(tried)
                if found < least:
                    best, least = tried, found
        if least >= before:
            break
    return best
