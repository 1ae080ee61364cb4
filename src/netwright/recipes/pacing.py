"""How long each design of a search is trained: as long as leaves time for enough designs.

With few epochs a search sees many designs and little of each, with many epochs few designs; in a
short search what is gained by a second look is less than what is lost by not looking at others.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from statistics import median

import numpy as np

from netwright.core.budget import Clock
from netwright.core.config import Config
from netwright.core.task import Task
from netwright.evaluators.costs import counted
from netwright.learners.image import TRAINING
from netwright.recipes.machine import workers_of
from netwright.recipes.options import FitOptions
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import NetSpace

USUAL_EPOCHS = 3
"""Of each design, where neither a number was said nor a time."""
AIMED = 30
"""Designs that there is to be time for, for each objective."""
MOST = 12
"""Epochs, however much time there is."""
PROBED, STEPS = 5, 2
"""Designs whose speed is measured, and steps of each after the first."""
DRAWN = 100
"""Designs that are looked at to find those that keep the limits: no others will be trained."""
PROBING, TRAINING_SHARE = 0.02, 0.8
"""Shares of the time: when measuring ends, and what designs are trained in."""
LEARNED = 0.8
"""Share of the rows that a design learns from."""
BESIDE = 1.25
"""What training takes beside its steps: augmentation, validation, measuring what a design costs."""


def epochs_within(
    space: NetSpaceName,
    fit: FitOptions,
    task: Task,
    clock: Clock,
    objectives: int = 1,
    resolution: float = 1.0,
) -> int:
    """Epochs of each design, `USUAL_EPOCHS` where no clock is consulted.

    Args:
        space: Of the designs.
        fit: Says how many designs there are at most, and who trains them.
        task: With rows.
        clock: Of the run.
        objectives: How many there are; a front takes more designs than a best one.
        resolution: Share of a picture's sides that designs see.
    """
    if clock.seconds is None:
        return USUAL_EPOCHS
    aimed, rows = AIMED * objectives, LEARNED * len(task.data)
    wanted = min(aimed, fit.trials or aimed)
    batch = min(int(TRAINING.defaults()["batch_size"] or 64), len(task.data))
    step = resolution**2 * _step_seconds(space, task, batch, clock, fit.threads)
    there = workers_of(fit) * max(0.0, TRAINING_SHARE * clock.seconds - clock.elapsed())
    return int(np.clip(round(there * batch / (wanted * BESIDE * step * rows)), 1, MOST))


def _step_seconds(space: NetSpaceName, task: Task, batch: int, clock: Clock, threads: int) -> float:
    """The median over some designs that keep the limits, as far as those are counted."""
    import torch

    opened, before = space.open(), torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.random.fork_rng(devices=[]):
            designs = islice(_allowed(space, task, clock), PROBED)
            taken = [_one(opened, design, task, batch) for design in designs]
            return median(taken or [_one(opened, opened.complete(), task, batch)])
    finally:
        torch.set_num_threads(before)


def _allowed(space: NetSpaceName, task: Task, clock: Clock) -> Iterator[Config]:
    """The default and random designs, but for those that cost more than is allowed; ends in time.

    The default is looked at however little time there is.
    """
    opened, rng = space.open(), np.random.default_rng(0)
    until = clock.elapsed() + PROBING * (clock.seconds or 0.0)
    for turn in range(DRAWN):
        if turn and clock.elapsed() > until:
            return
        design = opened.sample(rng) if turn else opened.complete()
        if not task.constraints.broken(counted(space, design, task)):
            yield design


def _one(space: NetSpace, design: Config, task: Task, batch: int) -> float:
    import torch

    from netwright.nn.layout import pixels_last

    x = torch.randn(batch, *task.input_shape).contiguous(memory_format=torch.channels_last)
    net = space.build(design, task.with_data(None)).train()
    net = pixels_last(net)
    taken = []
    for _ in range(1 + STEPS):
        started = time.perf_counter()
        said = net(x)
        told = said if isinstance(said, tuple) else (said,)
        torch.autograd.backward([one.square().mean() for one in told])
        taken.append(time.perf_counter() - started)
    return min(taken)
