"""What benchmarks make of their measurements: halves that do not meet, bars kept or not."""

from __future__ import annotations

import numpy as np
import pytest

import end_to_end
import image_fit
import int8
import transfer
from netwright.data.images import CLASS, IMAGE
from pictures import Pictures, percent, toys


@pytest.mark.parametrize("cut", ["shuffled", "in_order"])
def test_the_halves_of_the_digits_are_fixed_and_do_not_meet(cut: str) -> None:
    one, again = image_fit.Halves(cut, 1797), image_fit.Halves(cut, 1797)
    assert np.array_equal(one.pictures, again.pictures)
    assert (len(one.labels), len(one.truth)) == (898, 899)
    flat = {picture.tobytes() for picture in one.pictures}
    assert not flat & {picture.tobytes() for picture in one.unseen}
    assert one.percent(one.truth) == 100.0


def test_the_pictures_of_a_transfer_do_not_meet() -> None:
    few, rest = transfer.halves(Pictures(toys(10), toys(4)), 9, seed=0)
    assert (len(few.train), len(rest.train)) == (9, 21)
    assert few.train[CLASS].value_counts().tolist() == [3, 3, 3]
    flat = {picture.tobytes() for picture in few.train[IMAGE]}
    assert not flat & {picture.tobytes() for picture in rest.train[IMAGE]}


def test_percent_is_the_share_of_rows_that_are_right() -> None:
    predicted = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    assert percent(predicted, np.array([0, 1, 1])) == 66.67


@pytest.mark.parametrize(
    ("ours", "flops", "met"), [(82.1, 0.04, True), (81.9, 0.04, False), (90.0, 0.05, False)]
)
def test_the_bar_end_to_end_is_two_points_at_no_more_flops(
    ours: float, flops: float, met: bool
) -> None:
    rows = [({"accuracy": ours, "flops_g": flops}, {"accuracy": 80.0})] * 2
    said = end_to_end.verdict(rows, most=0.041)
    assert said["met"] is met
    assert said["points_above"] == round(ours - 80, 2)


@pytest.mark.parametrize(
    ("accuracy", "megabytes", "kept"),
    [(79.5, 0.28, True), (78.9, 0.28, False), (79.5, 0.35, False)],
)
def test_the_bar_of_eight_bits(accuracy: float, megabytes: float, kept: bool) -> None:
    row = {
        "accuracy": {"float": 80.0, "int8": accuracy},
        "megabytes": {"float": 1.1, "int8": megabytes},
    }
    assert int8.keeps(row) is kept


def test_small_files_need_not_shrink() -> None:
    row = {"accuracy": {"float": 80.0, "int8": 80.0}, "megabytes": {"float": 0.5, "int8": 0.4}}
    assert int8.keeps(row)


def test_a_cell_must_beat_the_median_of_the_random_ones() -> None:
    others = [{"accuracy": value, "flops_g": 1.0} for value in (70.0, 72.0, 74.0)]
    assert transfer.verdict({"accuracy": 72.1, "flops_g": 1.0}, others)["met"]
    assert not transfer.verdict({"accuracy": 72.0, "flops_g": 1.0}, others)["met"]
