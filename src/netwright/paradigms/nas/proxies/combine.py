"""A learned combination of proxies: what they and the design's own choices say of its accuracy
(White, Zela, Ru, Liu and Hutter, "How Powerful are Performance Predictors in Neural Architecture
Search?", NeurIPS 2021, section 4, whose OMNI adds a zero-cost proxy to a predictor's encoding).

Trees, because proxies live on wild scales, only their order means something, and some are unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright.core.config import Config
from netwright.core.errors import DataError
from netwright.core.space import Space

TREES = 200
FEWEST = 4
Scores = Sequence[Mapping[str, float]]


class Combination:
    """Predicts accuracies from proxies and encodings; made by `combine`."""

    def __init__(self, space: Space, proxies: Sequence[str], trees: Any) -> None:
        self.space, self.proxies, self.trees = space, tuple(proxies), trees

    def predict(self, configs: Sequence[Config], scores: Scores) -> NDArray[np.float64]:
        """Predicted accuracies.

        Args:
            configs: n designs.
            scores: Of each, by proxy; NaN where one has none.

        Returns:
            (n,).
        """
        return np.asarray(self.trees.predict(_features(self.space, self.proxies, configs, scores)))


def combine(
    space: Space,
    configs: Sequence[Config],
    scores: Scores,
    accuracies: Sequence[float],
    seed: int = 0,
) -> Combination:
    """Learns from designs whose accuracy is known.

    Args:
        space: Of the designs.
        configs: n designs.
        scores: Of each, by proxy; NaN where one has none.
        accuracies: Of each, after training; higher is better.
        seed: Of the trees.

    Raises:
        DataError: Too few designs, or not as many scores and accuracies.
    """
    from sklearn.ensemble import ExtraTreesRegressor

    if not len(configs) == len(scores) == len(accuracies) or len(configs) < FEWEST:
        raise DataError(
            f"A combination learns from {FEWEST} designs or more, each with scores and an "
            f"accuracy. Got {len(configs)}, {len(scores)} and {len(accuracies)}."
        )
    proxies = list(dict.fromkeys(name for told in scores for name in told))
    trees = ExtraTreesRegressor(TREES, random_state=seed)
    trees.fit(_features(space, proxies, configs, scores), np.asarray(accuracies))
    return Combination(space, proxies, trees)


def _features(
    space: Space, proxies: Sequence[str], configs: Sequence[Config], scores: Scores
) -> NDArray[np.float64]:
    """(n, proxies + width of the encoding)."""
    told = [[known.get(name, np.nan) for name in proxies] for known in scores]
    table = np.array(told, dtype=float).reshape(len(scores), len(proxies))
    return np.hstack([table, space.encode(configs)])
