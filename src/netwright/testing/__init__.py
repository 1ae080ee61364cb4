"""The contracts, shipped: what every strategy, learner, evaluator, engine and space must keep.

Our own parts run them in our tests; run them on yours:

    from netwright.testing import check_learner, toy_task

    check_learner(MyLearner(), toy_task("binary"))

Each check returns nothing and raises `AssertionError` with a sentence when a promise is broken.
"""

from netwright.testing.engines import check_engine
from netwright.testing.learners import check_evaluator, check_learner
from netwright.testing.strategies import (
    check_one_truth,
    check_replay,
    check_seed_by_position,
    check_space,
    check_strategy,
)
from netwright.testing.toys import ToyTable, toy_space, toy_spaces, toy_task

__all__ = [
    "ToyTable",
    "check_engine",
    "check_evaluator",
    "check_learner",
    "check_one_truth",
    "check_replay",
    "check_seed_by_position",
    "check_space",
    "check_strategy",
    "toy_space",
    "toy_spaces",
    "toy_task",
]
