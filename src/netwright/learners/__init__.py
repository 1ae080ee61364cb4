"""What learns, by name. One algorithm a file; all but wrappers take typed tables."""

from __future__ import annotations

from importlib.util import find_spec

LEARNERS: dict[str, str] = {
    "lightgbm": "netwright.learners.lightgbm:learner",
    "catboost": "netwright.learners.catboost:learner",
    "xgboost": "netwright.learners.xgboost:learner",
    "linear": "netwright.learners.linear:learner",
    "extra_trees": "netwright.learners.forests:extra_trees",
    "random_forest": "netwright.learners.forests:random_forest",
    "net": "netwright.learners.net:learner",
    "neighbours": "netwright.learners.neighbours:learner",
    "image": "netwright.learners.image:learner",
}
NEEDS = {"catboost": "catboost", "xgboost": "xgboost"}
"""Learners whose library comes with an extra."""


def available() -> list[str]:
    """Built-in learners whose library is installed, in the order they are tried."""
    return [name for name in LEARNERS if name not in NEEDS or find_spec(NEEDS[name]) is not None]
