"""Dates and text as numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.decomposition import TruncatedSVD

from netwright.features.dates import DateParts
from netwright.features.encoder import Target
from netwright.features.text import TextVectors, text_statistics

NOTHING = Target(np.zeros(1), 1)


def days(*texts: str | None) -> pd.DataFrame:
    return pd.DataFrame({"d": pd.to_datetime(pd.Series(texts))})


def test_calendar_parts() -> None:
    frame = days("2024-02-29 13:05", "2023-12-31 00:10")
    encoder = DateParts(["d"])
    found = pd.DataFrame(encoder.fit_transform(frame, NOTHING), columns=encoder.names())
    first = found.iloc[0]
    assert first["d.year"] == 2024
    assert first["d.month"] == 2
    assert first["d.day"] == 29
    assert first["d.day_of_week"] == 3
    assert first["d.day_of_year"] == 60
    assert first["d.hour"] == 13
    assert first["d.minute"] == 5
    assert found["d.days"].diff().iloc[1] == pytest.approx(-60.538, abs=1e-2)


def test_parts_that_do_not_vary_are_left_out() -> None:
    encoder = DateParts(["d"])
    encoder.fit_transform(days("2024-01-05", "2024-01-06"), NOTHING)
    assert encoder.names() == ["d.days", "d.day", "d.day_of_week", "d.day_of_year"]


def test_cycles_close() -> None:
    frame = days("2023-12-15", "2024-01-15", "2024-07-15")
    encoder = DateParts(["d"], cycles=True)
    found = pd.DataFrame(encoder.fit_transform(frame, NOTHING), columns=encoder.names())
    wave = found[["d.month.sin", "d.month.cos"]].to_numpy()
    near = np.linalg.norm(wave[0] - wave[1])
    far = np.linalg.norm(wave[0] - wave[2])
    assert near < far


def test_missing_dates_are_missing_numbers() -> None:
    encoder = DateParts(["d"])
    encoder.fit_transform(days("2024-01-05", "2023-01-06"), NOTHING)
    assert np.isnan(encoder.transform(days(None))).all()


def test_date_state_comes_back() -> None:
    frame = days("2024-01-05", "2023-05-06")
    encoder = DateParts(["d"], cycles=True)
    found = encoder.fit_transform(frame, NOTHING)
    np.testing.assert_array_equal(DateParts.from_state(*encoder.state()).transform(frame), found)


TEXTS = pd.DataFrame(
    {
        "t": [
            "The river is high!",
            "stone by the river",
            "a paper cloud",
            "CLOUD and stone",
            "river river river",
        ]
        * 4
    }
)


def test_words_and_pairs_are_weighed() -> None:
    encoder = TextVectors(["t"])
    found = encoder.fit_transform(TEXTS, NOTHING)
    assert scipy.sparse.issparse(found)
    names = encoder.names()
    assert "t:river" in names
    assert "t:the river" in names
    assert "t:!" in names
    np.testing.assert_allclose(scipy.sparse.linalg.norm(found, axis=1), 1, rtol=1e-5)


def test_unknown_words_and_no_words_are_zero() -> None:
    encoder = TextVectors(["t"])
    encoder.fit_transform(TEXTS, NOTHING)
    assert encoder.transform(pd.DataFrame({"t": ["xylophone", ""]})).nnz == 0


def test_the_squeeze_is_the_singular_value_decomposition() -> None:
    sparse = TextVectors(["t"]).fit_transform(TEXTS, NOTHING)
    squeezed = TextVectors(["t"], components=3).fit_transform(TEXTS, NOTHING)
    expected = TruncatedSVD(3, algorithm="arpack", random_state=0).fit_transform(sparse)
    np.testing.assert_allclose(np.abs(squeezed), np.abs(expected), atol=1e-4)


@pytest.mark.parametrize("components", [0, 3, 500])
def test_text_state_comes_back(components: int) -> None:
    encoder = TextVectors(["t"], components)
    found = encoder.fit_transform(TEXTS, NOTHING)
    again = TextVectors.from_state(*encoder.state())
    second = again.transform(TEXTS)
    if components == 0:
        found, second = found.toarray(), second.toarray()
    np.testing.assert_allclose(second, found, atol=1e-6)
    assert again.names() == encoder.names()
    assert second.shape[1] == len(again.names())


@pytest.mark.parametrize("components", [0, 4])
def test_texts_without_words_and_no_rows(components: int) -> None:
    blank = pd.DataFrame({"t": [""] * 5})
    encoder = TextVectors(["t"], components)
    assert encoder.fit_transform(blank, NOTHING).shape == (5, 0)
    assert encoder.transform(blank).shape == (5, 0)
    known = TextVectors(["t"], components)
    known.fit_transform(TEXTS, NOTHING)
    assert known.transform(TEXTS.iloc[:0]).shape[0] == 0


def test_facts_about_texts() -> None:
    frame = pd.DataFrame({"t": ["Hi THERE 42!", ""]})
    np.testing.assert_array_equal(
        text_statistics(frame, ["t"]), [[12, 3, 6, 2, 1], [0, 0, 0, 0, 0]]
    )
    assert text_statistics(frame, []).shape == (2, 0)
