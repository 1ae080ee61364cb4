"""Tasks that a person already has."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from netwright.core.errors import DataError
from netwright.data.given import Given
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
