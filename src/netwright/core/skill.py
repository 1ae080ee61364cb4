"""Several targets judged at once: each by its own metrics, all of them by their skill.

The skill of a prediction is how much of the way from a constant one to a perfect one it goes
(Murphy, "Skill scores based on the mean square error", Monthly Weather Review 1988), so that an
accuracy and an RMSE can be averaged. Truth is (rows, targets), NaN where a row does not know a
target; predictions of all targets stand side by side (rows, outputs).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from netwright.core.metric import Metric, Score
from netwright.core.target import KINDS, Target, parts_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

SKILL = "skill"


def joint_metrics(targets: Sequence[Target]) -> list[Metric]:
    """The skill of all targets, then every metric of each, called `target.metric`."""
    found = [joint_skill(targets)]
    for place, (target, part) in enumerate(zip(targets, parts_of(targets), strict=True)):
        found += [
            replace(
                metric,
                name=f"{target.name}.{metric.name}",
                score=partial(_of_one, metric.score, target, place, part),
            )
            for metric in target.metrics
        ]
    return found


def joint_skill(targets: Sequence[Target]) -> Metric:
    """The mean skill; targets that the rows do not know, or that do not vary, are left out."""
    each = [
        partial(_of_one, partial(skill, target.metric.score), target, place, part)
        for place, (target, part) in enumerate(zip(targets, parts_of(targets), strict=True))
    ]
    return Metric(SKILL, KINDS, True, partial(_mean, each))


def skill(score: Score, truth: Array, prediction: Array, weight: Array | None = None) -> float:
    """The share of the way that one target's prediction goes.

    Args:
        score: Of its metric, whichever way is up.
        truth: Class codes (n,), or numbers (n,).
        prediction: Probabilities (n, classes), or numbers (n,).
        weight: (n,) or None.

    Returns:
        1 is perfect; 0 is as good as the classes' frequencies, or the mean, in every row; NaN
        where the truth does not vary, or the metric does not mind.
    """
    import numpy as np

    perfect = truth
    if prediction.ndim > 1:
        perfect = (truth[:, None] == np.arange(prediction.shape[1])).astype(np.float64)
    constant = np.broadcast_to(np.average(perfect, axis=0, weights=weight), perfect.shape)
    start, end = score(truth, constant, weight), score(truth, perfect, weight)
    if (truth == truth[0]).all() or start == end:
        return float("nan")
    return (score(truth, prediction, weight) - start) / (end - start)


def _of_one(
    score: Score,
    target: Target,
    place: int,
    part: slice,
    truth: Array,
    prediction: Array,
    weight: Array | None = None,
) -> float:
    """A score of one target, found among all; NaN where no row knows it."""
    import numpy as np

    known = ~np.isnan(truth[:, place])
    if weight is not None:
        known &= weight > 0
        weight = weight[known]
    if not known.any():
        return float("nan")
    own, predicted = truth[known, place], prediction[known, part]
    if target.classes:
        return float(score(own.astype(np.int64), predicted, weight))
    return float(score(own, predicted[:, 0], weight))


def _mean(
    each: Sequence[Score], truth: Array, prediction: Array, weight: Array | None = None
) -> float:
    found = [score(truth, prediction, weight) for score in each]
    known = [value for value in found if not math.isnan(value)]
    return sum(known) / len(known) if known else float("nan")
