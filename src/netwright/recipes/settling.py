"""Latencies once more when a search is over: what is handed over rests on a quiet machine's.

While designs are trained, their latencies are measured beside other work and come out too high,
some more than others. So those that may be on the front are measured anew, and then those that
turn out to be on it, until each of these has been measured twice, at different moments; the lowest
number counts.
"""

from __future__ import annotations

import time
from collections import Counter

import numpy as np

from netwright.core.budget import Clock
from netwright.core.pareto import pareto_mask
from netwright.core.study import Study
from netwright.core.task import Task
from netwright.core.trial import TrialRecord
from netwright.evaluators.costs import measured_ms
from netwright.spaces.lineage import design_of
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import LATENCY

NOISE = 0.6
"""A latency may be so much of what it was beside other work."""
MOST = 60
"""Designs that are measured because they may be on the front."""
TIMES = 2
"""How often what decides is measured."""
SHARE, LONGEST = 0.7, 45.0
"""Of the time that is left at the begin, what may be used; seconds, at most."""


def settle(study: Study, space: NetSpaceName, task: Task, clock: Clock) -> int:
    """Measures the latency of designs that decide a search, and has that count.

    Args:
        study: The search; its values and limits change with what is found.
        space: Of the designs.
        task: What nets are built for, and the limits on them.
        clock: Of the run; what decides most is measured first.

    Returns:
        How many designs were measured.
    """
    until = time.monotonic() + min(LONGEST, SHARE * clock.left())
    times = Counter[int]()
    waiting = [*deciding(study), *_possible(study)]
    while waiting:
        for record in waiting:
            if times and time.monotonic() > until:
                return len(times)
            again = measured_ms(space, design_of(record.config), task)
            lower = {LATENCY: min(again, record.scores.get(LATENCY, again))}
            study.revise(record.number, lower, task.constraints.over(lower))
            times[record.number] += 1
        waiting = [record for record in deciding(study) if times[record.number] < TIMES]
    return len(times)


def deciding(study: Study) -> list[TrialRecord]:
    """The front of several objectives, or the best design of one."""
    return study.pareto_front() if len(study.objectives) > 1 else [study.best()]


def _possible(study: Study) -> list[TrialRecord]:
    """Designs that are not on the front and would be, had their latency been the lowest that it
    may be; the best by the first objective first."""
    names = [name for name, _ in study.objectives]
    if LATENCY not in names:
        return []
    records = [record for record in study.ranking() if record.feasible]
    losses = np.array(study.losses(records)).reshape(len(records), len(names))
    known = {record.number for record in deciding(study)}
    lower = np.where([name == LATENCY for name in names], NOISE, 1.0)
    found = [
        record
        for record, row in zip(records, losses * lower, strict=True)
        if record.number not in known and pareto_mask(np.vstack([row, losses]))[0]
    ]
    return found[:MOST]
