"""The rows of a run, opened once a process and cut into folds once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from netwright.core.config import Config
from netwright.core.learner import Learner
from netwright.core.registry import find
from netwright.core.task import Task
from netwright.data.splits import make_folds
from netwright.data.table import Table
from netwright.learners import LEARNERS


@lru_cache(maxsize=2)
def open_table(folder: Path) -> Table:
    """The table of a data folder, memory-mapped."""
    return Table.open(folder)


@lru_cache(maxsize=10)
def open_fold(folder: Path, task: Task, seed: int, fold: int) -> tuple[Task, Task]:
    """Training and validation task of one fold.

    The same objects come back each time, so that preparations of them can be remembered.
    """
    table = open_table(folder)
    train, valid = make_folds(task, table, seed)[fold]
    return task.with_data(table.rows(train)), task.with_data(table.rows(valid))


def some_rows(table: Table, most: int | None, seed: int) -> Table:
    """Rows of all classes, whatever order they stand in; all of them for None."""
    if most is None:
        return table
    return table.rows(np.random.default_rng(seed).permutation(len(table))[:most])


def chosen_learner(config: Config) -> tuple[Learner, Config]:
    """The learner a configuration names, and what it says about it."""
    name = str(config["learner"])
    return find("learners", name, LEARNERS)(), config.within(name)
