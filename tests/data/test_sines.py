"""Sine waves as tasks."""

from __future__ import annotations

import numpy as np
import pytest

from netwright.core.errors import DataError
from netwright.data.sines import AMPLITUDE, RANGE, Sines
from netwright.data.tasksets import Terms


def test_points_lie_on_one_wave() -> None:
    episode = Sines().draw(np.random.default_rng(0), Terms(1, 20, 30))
    x = np.concatenate([episode.support, episode.query])
    y = np.concatenate([episode.labels, episode.target])
    assert episode.support.shape == (20, 1)
    assert RANGE[0] <= x.min() <= x.max() <= RANGE[1]
    waves = np.column_stack([np.sin(x[:, 0]), np.cos(x[:, 0])])
    found, *_ = np.linalg.lstsq(waves, y, rcond=None)
    assert np.allclose(waves @ found, y, atol=1e-4)
    assert AMPLITUDE[0] <= np.hypot(*found) <= AMPLITUDE[1]


def test_classes_are_refused() -> None:
    with pytest.raises(DataError, match="name 1 way"):
        Sines().check(Terms(5, 1, 1))
