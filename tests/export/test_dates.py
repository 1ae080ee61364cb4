"""Parts of dates in ONNX against pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from netwright.core.task import Column, Schema
from netwright.export.dates import date_parts
from netwright.export.graph import Graph
from netwright.export.tables import table_feed
from netwright.features.dates import DateParts
from netwright.features.encoder import Target
from tests.export.tables import run

SCHEMA = Schema((Column("from", "date"), Column("to", "date")))
TURNS = [f"{year}-{day}" for year in (1, 1600, 1896, 1900, 1904, 1969, 1970, 1999, 2000, 2024, 2100)
         for day in ("01-01", "02-28", "03-01 23:59:59.999", "12-31 12:34:56")]  # fmt: skip


def in_onnx(encoder: DateParts, frame: pd.DataFrame) -> np.ndarray:
    graph = Graph()
    columns = {name: graph.input(name, np.float64) for name in frame}
    made = graph.cast(date_parts(graph, encoder, columns), np.float64)
    return run(graph.model(made, len(encoder.kept)), table_feed(frame, SCHEMA))


def moments(texts: list[str]) -> np.ndarray:
    padded = [f"{text[: text.index('-')]:>04}{text[text.index('-') :]}" for text in texts]
    return np.array([one.replace(" ", "T") for one in padded], dtype="datetime64[us]")


@pytest.mark.parametrize("cycles", [False, True])
def test_turns_of_years_and_leap_days(cycles: bool) -> None:
    stamps = moments(TURNS)
    stamps = np.concatenate([stamps, moments(["1896-02-29", "2000-02-29", "2024-02-29 06:00"])])
    frame = pd.DataFrame({"from": stamps, "to": stamps[::-1]})
    encoder = DateParts(["from", "to"], cycles)
    expected = encoder.fit_transform(frame, Target(np.zeros(len(frame)), 1))
    np.testing.assert_allclose(in_onnx(encoder, frame), expected, rtol=2e-7, atol=1e-7)


def test_every_day_of_four_centuries() -> None:
    days = np.arange("1820-01-01", "2221-01-01", dtype="datetime64[D]").astype("datetime64[us]")
    frame = pd.DataFrame({"from": days, "to": days})
    encoder = DateParts(["from", "to"])
    expected = encoder.fit_transform(frame, Target(np.zeros(len(frame)), 1))
    assert np.array_equal(in_onnx(encoder, frame), expected)


def test_missing_dates_and_parts_that_never_vary() -> None:
    stamps = moments(["2024-01-05", "2024-01-06", "2024-01-09"])
    encoder = DateParts(["from", "to"], True)
    encoder.fit_transform(pd.DataFrame({"from": stamps, "to": stamps}), Target(np.zeros(3), 1))
    assert "from.year" not in encoder.kept
    gaps = pd.DataFrame({"from": stamps, "to": stamps})
    gaps.loc[1, "from"] = pd.NaT
    found = in_onnx(encoder, gaps)
    np.testing.assert_allclose(found, encoder.transform(gaps), rtol=2e-7, atol=1e-7)
    assert np.isnan(found).any()
