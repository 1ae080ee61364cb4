"""npz files that hold pictures class by class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netwright.core.errors import DataError
from netwright.data.readers import has_test_part, implied_target, read


def write(path: Path, pictures: np.ndarray, **others: np.ndarray) -> Path:
    np.savez(path, images=pictures, **others)
    return path


@pytest.fixture
def pictures() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (6, 5, 8, 8), dtype=np.uint8)


def test_every_picture_is_a_row_with_its_class(tmp_path: Path, pictures: np.ndarray) -> None:
    path = write(
        tmp_path / "a.npz",
        pictures,
        alphabet=np.array(["x", "x", "x", "y", "y", "y"]),
        character=np.array(["1", "2", "3"] * 2),
    )
    frame = read(path)
    assert implied_target(path) == "class"
    assert not has_test_part(path)
    assert list(frame.columns) == ["images", "class"]
    assert frame["class"].unique().tolist() == ["x/1", "x/2", "x/3", "y/1", "y/2", "y/3"]
    assert (frame["images"].iloc[7] == pictures[1, 2][None]).all()


def test_a_mask_parts_the_classes(tmp_path: Path, pictures: np.ndarray) -> None:
    mask = np.array([False, True, False, False, True, False])
    path = write(tmp_path / "a.npz", pictures, validation=mask)
    assert has_test_part(path)
    assert read(path)["class"].unique().tolist() == ["class0", "class2", "class3", "class5"]
    assert read(path, part="test")["class"].unique().tolist() == ["class1", "class4"]


def test_numbers_stand_for_names_that_are_not_there(tmp_path: Path, pictures: np.ndarray) -> None:
    path = write(tmp_path / "a.npz", pictures, kind=np.array(["same"] * 6))
    assert read(path)["class"].nunique() == 6


def test_colour_comes_on_top(tmp_path: Path) -> None:
    pictures = np.zeros((4, 5, 8, 8, 3), np.uint8)
    frame = read(write(tmp_path / "a.npz", pictures))
    assert len(frame) == 20
    assert frame["images"].iloc[0].shape == (3, 8, 8)


def test_pictures_row_by_row_are_read_as_ever(tmp_path: Path) -> None:
    pictures = np.zeros((4, 3, 8, 8), np.uint8)
    frame = read(write(tmp_path / "a.npz", pictures, y=np.arange(4)))
    assert len(frame) == 4
    assert implied_target(tmp_path / "a.npz") == "y"


def test_a_part_without_classes_is_refused(tmp_path: Path, pictures: np.ndarray) -> None:
    path = write(tmp_path / "a.npz", pictures, test=np.ones(6, bool))
    with pytest.raises(DataError, match="no class to train with"):
        read(path)
