"""Encoding categories."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import OneHotEncoder, TargetEncoder

from netwright.features.categories import SMOOTHING, Codes, OneHot, TargetMeans
from netwright.features.encoder import Target

RNG = np.random.default_rng(0)
LABELS = ["a", "b", "c", "rare"]


def some(rows: int = 200) -> pd.DataFrame:
    codes = RNG.choice(3, rows)
    codes[:2] = 3
    other = RNG.choice(2, rows)
    return pd.DataFrame(
        {
            "c": pd.Categorical.from_codes(codes, categories=LABELS),
            "d": pd.Categorical.from_codes(other, categories=["u", "v"]),
        }
    )


def with_gap(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.copy()
    frame["c"] = pd.Categorical([None] * len(frame), categories=LABELS)
    return frame


def target(rows: int, outputs: int = 1, seed: int = 0) -> Target:
    values = RNG.normal(size=rows) if outputs == 1 else RNG.integers(0, outputs, rows)
    return Target(values, outputs, seed)


def test_codes_are_positions_and_gaps() -> None:
    frame = some(5)
    encoder = Codes(["c", "d"])
    found = encoder.fit_transform(frame, target(5))
    np.testing.assert_array_equal(found[:, 0], frame["c"].cat.codes)
    assert encoder.sizes == [4, 2]
    assert np.isnan(encoder.transform(with_gap(frame))[:, 0]).all()


def test_one_hot_is_scikit_learns_where_nothing_is_rare() -> None:
    frame = some()
    found = OneHot(["d"]).fit_transform(frame, target(200)).toarray()
    expected = OneHotEncoder(sparse_output=False).fit_transform(frame[["d"]].astype(str))
    np.testing.assert_array_equal(found[:, :2], expected)
    assert (found[:, 2] == 0).all()  # nobody shares the last column


def test_rare_and_unknown_categories_share_a_column() -> None:
    frame = some()
    encoder = OneHot(["c"], least=3)
    found = encoder.fit_transform(frame, target(200)).toarray()
    assert encoder.names() == ["c=a", "c=b", "c=c", "c=other"]
    assert found[:2, 3].tolist() == [1, 1]
    assert (found.sum(axis=1) == 1).all()
    assert (encoder.transform(with_gap(frame)).toarray()[:, 3] == 1).all()


def test_missing_gets_a_column_of_its_own_where_it_is_common() -> None:
    frame = some(20)
    frame.loc[:9, "c"] = None
    encoder = OneHot(["c"])
    encoder.fit_transform(frame, target(20))
    assert encoder.names()[0] == "c=missing"


def test_target_means_are_shrunk_means() -> None:
    frame = some()
    truth = target(200)
    encoder = TargetMeans(["c"])
    encoder.fit_transform(frame, truth)
    found = encoder.transform(frame)[:, 0]
    mine = (frame["c"] == "a").to_numpy()
    overall = truth.values.mean()
    expected = (truth.values[mine].sum() + SMOOTHING * overall) / (mine.sum() + SMOOTHING)
    np.testing.assert_allclose(found[mine], expected, rtol=1e-5)


def test_target_means_agree_with_scikit_learns() -> None:
    frame = some(500)
    truth = target(500)
    encoder = TargetMeans(["c"])
    encoder.fit_transform(frame, truth)
    theirs = TargetEncoder(smooth=SMOOTHING, target_type="continuous")
    theirs.fit(frame[["c"]].astype(str), truth.values)
    expected = theirs.transform(frame[["c"]].astype(str))[:, 0]
    np.testing.assert_allclose(encoder.transform(frame)[:, 0], expected, rtol=1e-4)


def test_a_row_never_sees_its_own_target() -> None:
    """A category of every row's own would give the answer away; cross-fitted it tells nothing."""
    rows = 300
    names = [f"n{i}" for i in range(rows)]
    frame = pd.DataFrame({"c": pd.Categorical(names, categories=names)})
    truth = target(rows)
    encoded = TargetMeans(["c"]).fit_transform(frame, truth)[:, 0]
    assert abs(np.corrcoef(encoded, truth.values)[0, 1]) < 0.25


def test_changing_one_target_does_not_change_its_own_encoding() -> None:
    frame = some(100)
    truth = target(100)
    before = TargetMeans(["c"]).fit_transform(frame, truth)
    values = truth.values.copy()
    values[7] += 100
    after = TargetMeans(["c"]).fit_transform(frame, Target(values, 1))
    assert before[7, 0] == after[7, 0]
    assert not np.array_equal(before, after)


@pytest.mark.parametrize(("outputs", "width"), [(1, 2), (2, 2), (4, 8)])
def test_target_means_have_one_column_a_class(outputs: int, width: int) -> None:
    frame = some()
    encoder = TargetMeans(["c", "d"])
    found = encoder.fit_transform(frame, target(200, outputs))
    assert found.shape == (200, width) == encoder.transform(frame).shape
    assert len(encoder.names()) == width


@pytest.mark.parametrize("kind", [Codes, OneHot, TargetMeans])
def test_states_come_back(kind: type) -> None:
    frame = some()
    encoder = kind(["c", "d"])
    encoder.fit_transform(frame, target(200, 3))
    again = kind.from_state(*encoder.state())
    first, second = encoder.transform(with_gap(frame)), again.transform(with_gap(frame))
    if hasattr(first, "toarray"):
        first, second = first.toarray(), second.toarray()
    np.testing.assert_array_equal(first, second)
    assert again.names() == encoder.names()
