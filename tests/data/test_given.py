"""Tasks that a person already has."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from netwright.core.errors import DataError
from netwright.data.given import Given, RowTasks
from netwright.data.tasksets import Terms

TERMS = Terms(2, 3, 4)


class Dataset(torch.utils.data.Dataset):
    """Ten tasks as torch has them; the number of a task stands in its rows."""

    def __len__(self) -> int:
        return 10

    def __getitem__(self, place: int) -> tuple[torch.Tensor, ...]:
        labels, target = (torch.arange(2).repeat_interleave(each) for each in (3, 4))
        return torch.full((6, 5), place), labels, torch.full((8, 5), place), target


def test_a_torch_dataset_of_tasks_is_drawn_from() -> None:
    tasks = Given(Dataset())
    tasks.check(TERMS)
    assert tasks.shape == (5,)
    assert tasks.most_ways == 2
    rng = np.random.default_rng(0)
    drawn = {int(tasks.draw(rng, TERMS).query[0, 0]) for _ in range(200)}
    assert drawn == set(range(10))


def test_other_terms_than_theirs_are_refused() -> None:
    with pytest.raises(DataError, match="Those given have 2 ways, 6 and 8"):
        Given(Dataset()).check(Terms(2, 3, 5))
    with pytest.raises(DataError, match="no tasks"):
        Given([]).check(TERMS)


@pytest.fixture
def table() -> RowTasks:
    """Five tasks of seven rows; rows and target tell their task."""
    tasks = np.random.default_rng(0).permutation(np.repeat(np.arange(5), 7))
    return RowTasks(tasks[:, None] + np.zeros((35, 2)), 10.0 * tasks, tasks)


def test_an_episode_is_of_one_task(table: RowTasks) -> None:
    terms = Terms(1, 3, 4)
    table.check(terms)
    for seed in range(20):
        episode = table.draw(np.random.default_rng(seed), terms)
        assert episode.support.shape == (3, 2)
        whole = np.concatenate([episode.labels, episode.target])
        assert len(set(whole)) == 1
        assert (episode.query[:, 0] * 10 == whole[0]).all()


def test_tasks_are_split_from_others(table: RowTasks) -> None:
    some = table.of([1, 3])
    assert len(some.rows) == 14
    assert set(some.target) == {10.0, 30.0}


def test_too_few_rows_or_classes_are_refused(table: RowTasks) -> None:
    with pytest.raises(DataError, match="5 have fewer, such as task 0"):
        table.check(Terms(1, 3, 5))
    with pytest.raises(DataError, match="name 1 way"):
        table.check(TERMS)
