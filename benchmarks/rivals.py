"""Fair rivals of what a search finds: random designs of the same cost, judged on the same rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from numpy.random import Generator

from netwright.core.audit import Audit
from netwright.core.config import Config
from netwright.core.space import Space
from netwright.core.task import Task
from netwright.data.readers import read
from netwright.data.schema import typed
from netwright.data.table import Table
from netwright.data.target import encode_targets, take_targets

WITHIN = 0.25
"""How far designs of equal cost may be apart, as a share of multiply-adds."""
WANDERED, PATIENCE, MOST = 30, 60, 3000
"""Steps a random design makes among those of equal cost, those it may need to get there, and those
of all random designs together."""


def random_of_cost(
    space: Space,
    cost_of: Callable[[Config], float],
    cost: float,
    rng: Generator,
    within: float = WITHIN,
) -> Config:
    """A random design of a cost.

    Few designs drawn at random are as costly as one that was searched for, so a random design is
    changed at random until it is, and then some steps more without leaving the cost again, so that
    it forgets from which side it came.

    Args:
        space: Of the designs.
        cost_of: What a design costs.
        cost: What it should cost.
        rng: Decides.
        within: How far from the cost it may stay, as a share.

    Raises:
        RuntimeError: None was found.
    """

    def far(design: Config) -> float:
        return abs(cost_of(design) / cost - 1)

    design, away, inside = Config({}), math.inf, 0
    for step in range(MOST):
        if step % PATIENCE == 0 and not inside:
            design = space.sample(rng)
            away = far(design)
        other = space.mutate(design, rng)
        its = far(other)
        if its <= max(within, away):
            design, away = other, its
        inside += away <= within
        if inside > WANDERED:
            return design
    raise RuntimeError(f"No random design was found that costs about {cost:.4g}.")


def unseen_rows(task: Task, source: Any) -> Table:
    """The test part of a source, or a frame, as rows of a task."""
    frame, columns = take_targets(read(source, part="test"), [task.target], Audit())
    features = typed(frame, task.schema).reset_index(drop=True)
    return Table(features, encode_targets(columns, task.targets))
