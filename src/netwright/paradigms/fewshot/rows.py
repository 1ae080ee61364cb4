"""Few-shot learning of rows: a column says which task each is of, and rows become numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netwright.core.learner import Model
from netwright.core.task import Task
from netwright.data.grouped import RowTasks, is_grouped
from netwright.data.tasksets import Pool, Terms, pool_of
from netwright.evaluators.rows import open_table
from netwright.features.preparation import Preparation
from netwright.learners.prepared import (
    INNER,
    PreparedModel,
    fit_preparation,
    prepared,
    rows_of,
    write_prepared,
)
from netwright.paradigms.fewshot.model import FewshotModel

FORMAT = "fewshot_rows"
HELD_SHARE = 0.1
"""Share of the classes that are held back to judge by."""


@dataclass(frozen=True)
class Source:
    """What episodes are drawn of.

    Attributes:
        pool: Classes of pictures, or tasks of rows.
        preparation: How rows became numbers; None for pictures.
    """

    pool: Pool
    preparation: Preparation | None = None


def source_of(task: Task, turned: bool = False) -> Source:
    """The episodes that a task's rows hold.

    Args:
        task: With its rows.
        turned: Whether turned pictures are classes of their own.

    Raises:
        DataError: There is nothing to learn from.
    """
    if not is_grouped(task):
        return Source(pool_of(task, turned))
    preparation, values = fit_preparation(task)
    target = task.data.target
    scale = (0.0, 1.0) if task.classes else (float(target.mean()), float(target.std()) or 1.0)
    return Source(_tasks(task, values, scale), preparation)


def _tasks(task: Task, values: NDArray[np.float32], scale: tuple[float, float]) -> RowTasks:
    table = task.data
    return RowTasks(values, np.asarray(table.target), table.group, task.outputs, scale)


@lru_cache(maxsize=2)
def opened(
    data: Path, task: Task, turned: bool, seed: int, terms: Terms
) -> tuple[Pool, Pool, Preparation | None]:
    """What to learn from, what to judge by, and how rows became numbers."""
    source = source_of(task.with_data(open_table(data)), turned)
    return *held_back(source.pool, terms, seed), source.preparation


def held_back(whole: Pool, terms: Terms, seed: int) -> tuple[Pool, Pool]:
    """Splits a pool: a tenth judges, but enough for an episode. One too small for two parts is both
    to learn from and to judge by.

    Raises:
        DataError: Episodes of these terms cannot be drawn.
    """
    whole = whole.usable(terms)
    needed = whole.share_of(terms)
    if 2 * needed > 1:
        return whole, whole
    return whole.split(max(HELD_SHARE, needed), np.random.default_rng(seed))


class FewshotRows(Model):
    """A few-shot model of rows, and how rows become the numbers it knows.

    Args:
        preparation: Fitted.
        inner: Learned on such numbers.
    """

    def __init__(self, preparation: Preparation, inner: FewshotModel) -> None:
        self.preparation, self.inner = preparation, inner
        self.tuned = inner.tuned

    def predict(self, table: pd.DataFrame) -> Any:
        """Refuses, as the inner model does: it has to adapt first."""
        return self.inner.predict(table)

    def adapt(self, support: Task) -> PreparedModel:
        """The model of one task.

        Args:
            support: With its rows, all of which are learned from.

        Raises:
            ConfigError: The method was made for another number of classes.
        """
        return PreparedModel(
            self.preparation, self.inner.adapt(prepared(support, self.preparation))
        )

    def tasks(self, task: Task) -> RowTasks:
        """Other tasks with their rows, as the inner model is judged on them."""
        (head,) = self.inner.built.heads
        values = rows_of(self.preparation, task.data.features)
        return _tasks(task, values, (head.mean, head.spread))

    def save(self, folder: Path) -> None:
        """Writes both."""
        write_prepared(folder, FORMAT, self.preparation, self.inner)

    @classmethod
    def load(cls, folder: Path) -> FewshotRows:
        """Reads what `save` wrote."""
        return cls(Preparation.load(folder), FewshotModel.load(folder / INNER))
