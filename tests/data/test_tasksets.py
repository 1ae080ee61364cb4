"""Episodes: their shape, their rows, and that classes stay on their side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from netwright.core.errors import ConfigError, DataError
from netwright.data.images import as_cells
from netwright.data.table import Table
from netwright.data.tasksets import ClassPool, Terms, pool_of
from netwright.spaces.nets import image_task


def pool(classes: int = 6, rows: int = 5, turned: bool = False) -> ClassPool:
    """Images whose first pixel is the class and whose second is the row."""
    images = np.zeros((classes * rows, 1, 4, 4), dtype=np.uint8)
    numbers = np.repeat(np.arange(classes), rows)
    images[:, 0, 0, 0] = numbers
    images[:, 0, 0, 1] = np.tile(np.arange(rows), classes)
    return ClassPool(images, numbers, tuple(f"c{n}" for n in range(classes)), turned)


def test_an_episode_has_its_shape() -> None:
    episode = pool().draw(np.random.default_rng(0), Terms(3, 2, 3))
    assert episode.support.shape == (6, 1, 4, 4)
    assert episode.query.shape == (9, 1, 4, 4)
    assert episode.labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert episode.target.tolist() == [0] * 3 + [1] * 3 + [2] * 3


@pytest.mark.parametrize("seed", range(20))
def test_a_class_keeps_its_label_and_no_row_is_on_both_sides(seed: int) -> None:
    episode = pool().draw(np.random.default_rng(seed), Terms(4, 2, 3))
    classes = [episode.support[episode.labels == way, 0, 0, 0] for way in range(4)]
    asked = [episode.query[episode.target == way, 0, 0, 0] for way in range(4)]
    assert len({int(one[0]) for one in classes}) == 4
    for known, query in zip(classes, asked, strict=True):
        assert len({*known.tolist(), *query.tolist()}) == 1
    rows = np.concatenate([episode.support, episode.query])[:, 0, 0, :2]
    assert len(np.unique(rows, axis=0)) == len(rows)


def test_the_same_generator_draws_the_same_episode() -> None:
    first, second = (pool().draw(np.random.default_rng(3), Terms(2, 1, 1)) for _ in range(2))
    assert (first.support == second.support).all()
    assert (first.query == second.query).all()


def test_turned_classes_are_classes_of_their_own() -> None:
    turned = pool(turned=True)
    assert len(turned) == 24
    corners = set()
    for seed in range(40):
        episode = turned.draw(np.random.default_rng(seed), Terms(1, 4, 1))
        whole = np.concatenate([episode.support, episode.query])[:, 0]
        places = {tuple(np.argwhere(image == image.max())[0]) for image in whole if image.max() > 3}
        corners |= {(row in (0, 3), column in (0, 3)) for row, column in places}
        assert len({image.tobytes() for image in whole}) == 5
    assert len(corners) > 1


def test_a_split_leaves_no_class_on_both_sides() -> None:
    kept, held = pool(10).split(0.3, np.random.default_rng(0))
    assert (len(kept), len(held)) == (7, 3)
    assert not set(kept.names) & set(held.names)
    for part in (kept, held):
        for place, name in enumerate(part.names):
            assert set(part.rows[part.classes == place, 0, 0, 0].tolist()) == {int(name[1:])}


def test_turning_comes_after_splitting() -> None:
    kept, held = pool(10, turned=True).split(0.3, np.random.default_rng(0))
    assert (len(kept), len(held)) == (28, 12)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_split_leaves_something_on_both_sides(share: float) -> None:
    kept, held = pool(4).split(share, np.random.default_rng(0))
    assert kept.names
    assert held.names


def test_a_task_of_pictures_is_a_pool() -> None:
    drawn = pool(4)
    table = Table(pd.DataFrame({"image": as_cells(drawn.rows)}), drawn.classes)
    task = image_task((1, 4, 4), 4).with_data(table)
    found = pool_of(task, turned=True)
    assert (found.rows == drawn.rows).all()
    assert (found.names, len(found)) == (("0", "1", "2", "3"), 16)
    with pytest.raises(ConfigError, match="is a number"):
        pool_of(replace(task, classes=()))


def test_too_few_classes_are_refused() -> None:
    with pytest.raises(DataError, match=r"7 ways need as many classes\. Got 6"):
        pool().check(Terms(7, 1, 1))


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(DataError, match=r"need 6 rows a class\. 6 have fewer, such as 'c0'"):
        pool().check(Terms(5, 1, 5))


def test_what_suffices_is_not_refused() -> None:
    pool().check(Terms(6, 1, 4))


@pytest.mark.parametrize("name", ["ways", "shots", "queries"])
def test_an_episode_without_something_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"{name} of at least 1\. Got 0"):
        Terms(**{name: 0})


def test_terms_are_told_in_words() -> None:
    assert str(Terms(5, 1, 15)) == "5-way 1-shot, 15 queries"
    assert str(Terms(1, 10, 10)) == "10-shot, 10 queries"
