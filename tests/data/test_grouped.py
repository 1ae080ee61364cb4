"""Rows that belong to tasks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from netwright.core.audit import Audit
from netwright.core.errors import DataError
from netwright.data.grouped import RowTasks, is_grouped, read_grouped
from netwright.data.prepare import Wishes, prepare
from netwright.data.tasksets import Terms


@pytest.fixture
def numbers() -> RowTasks:
    """Five tasks of seven rows; rows and target tell their task."""
    tasks = np.random.default_rng(0).permutation(np.repeat(np.arange(5), 7))
    return RowTasks(tasks[:, None] + np.zeros((35, 2)), 10.0 * tasks, tasks)


@pytest.fixture
def classes() -> RowTasks:
    """Four tasks with three classes of six rows; the last has only two of them."""
    cells = [(task, kind) for task in range(4) for kind in range(3) if (task, kind) != (3, 2)]
    rows = np.repeat(cells, 6, axis=0)
    rows = np.random.default_rng(0).permutation(rows)
    return RowTasks(rows.astype(float), rows[:, 1], rows[:, 0], classes=3)


def test_an_episode_is_of_one_task(numbers: RowTasks) -> None:
    terms = Terms(1, 3, 4)
    numbers.check(terms)
    assert (len(numbers), numbers.most_ways, numbers.shape) == (5, 1, (2,))
    for seed in range(20):
        episode = numbers.draw(np.random.default_rng(seed), terms)
        assert episode.support.shape == (3, 2)
        whole = np.concatenate([episode.labels, episode.target])
        assert len(set(whole)) == 1
        assert (episode.query[:, 0] * 10 == whole[0]).all()


def test_numbers_come_standardised(numbers: RowTasks) -> None:
    scaled = replace(numbers, scale=(20.0, 5.0))
    episode = scaled.draw(np.random.default_rng(0), Terms(1, 3, 4))
    assert np.allclose(episode.target * 5 + 20, 10 * episode.query[:, 0])


def test_all_classes_keep_their_places(classes: RowTasks) -> None:
    for seed in range(20):
        episode = classes.draw(np.random.default_rng(seed), Terms(3, 2, 3))
        assert (episode.support[:, 1] == episode.labels).all()
        assert (episode.query[:, 1] == episode.target).all()
        assert len(set(episode.support[:, 0])) == 1
        assert episode.support[0, 0] != 3  # it lacks a class
        assert len(np.unique(episode.support, axis=0)) == 3


def test_some_classes_change_places(classes: RowTasks) -> None:
    rng = np.random.default_rng(0)
    drawn = [classes.draw(rng, Terms(2, 1, 2)) for _ in range(60)]
    seen = {tuple(episode.support[:, 1]) for episode in drawn}
    assert seen == {(a, b) for a in range(3) for b in range(3) if a != b}
    assert {int(episode.support[0, 0]) for episode in drawn} == {0, 1, 2, 3}


def test_tasks_are_split_from_others(numbers: RowTasks) -> None:
    kept, held = numbers.split(0.4, np.random.default_rng(0))
    assert (len(kept), len(held)) == (3, 2)
    assert not set(kept.target) & set(held.target)
    assert len(kept.rows) == 21


def test_tasks_with_too_few_rows_are_left_out(classes: RowTasks) -> None:
    usable = classes.usable(Terms(3, 2, 3))
    assert len(usable) == 3
    assert set(usable.rows[:, 0]) == {0, 1, 2}


def test_what_cannot_be_drawn_is_refused(numbers: RowTasks, classes: RowTasks) -> None:
    with pytest.raises(DataError, match="need 8 rows in a task, and none has them"):
        numbers.check(Terms(1, 3, 5))
    with pytest.raises(DataError, match="name 1 way"):
        numbers.check(Terms(2, 3, 4))
    with pytest.raises(DataError, match="of 3 classes; name 2 to 3 ways"):
        classes.check(Terms(5, 1, 1))
    with pytest.raises(DataError, match="rows of 3 classes each in a task"):
        classes.check(Terms(3, 4, 4))


def test_other_rows_are_read_like_the_known_ones() -> None:
    frame = pd.DataFrame(
        {"x": np.arange(12.0), "sensor": list("aabbcc") * 2, "y": np.arange(12) ** 1.5}
    )
    known = prepare(frame, "y", Wishes(group="sensor", kind="regression"), Audit())
    assert is_grouped(known)
    other = read_grouped(frame.iloc[:4], known)
    assert (other.data.group == [0, 0, 1, 1]).all()
    assert np.allclose(other.data.target, frame["y"][:4])
    with pytest.raises(DataError, match="no column 'sensor'"):
        read_grouped(frame.drop(columns="sensor"), known)
    support = read_grouped(frame.drop(columns="sensor"), known, tasks=False)
    assert support.data.group is None
    renamed = frame.drop(columns="sensor").rename(columns={"y": "level"})
    assert read_grouped(renamed, known, "level", tasks=False).target == "level"
    with pytest.raises(DataError, match="1 of 12 rows have no 'y'"):
        read_grouped(frame.assign(y=frame["y"].where(frame.index > 0)), known, tasks=False)
