"""Rows on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from netwright.data.table import Table, fingerprint
from tests.conftest import make_task


@pytest.fixture
def table() -> Table:
    data: Table = make_task("multiclass").data
    rows = len(data)
    return Table(
        data.features,
        data.target,
        weight=np.linspace(0.1, 1, rows),
        group=np.arange(rows) % 5,
        time=np.arange(rows, dtype=float),
    )


def test_saved_rows_come_back_the_same(tmp_path: Path, table: Table) -> None:
    table.save(tmp_path / "data")
    again = Table.open(tmp_path / "data")
    pd.testing.assert_frame_equal(again.features, table.features, check_dtype=False)
    assert again.features["town"].dtype == table.features["town"].dtype
    for name in ("target", "weight", "group", "time"):
        np.testing.assert_array_equal(getattr(again, name), getattr(table, name))


def test_numbers_are_mapped_not_copied(tmp_path: Path, table: Table) -> None:
    table.save(tmp_path / "data")
    again = Table.open(tmp_path / "data")
    assert not again.features["x"].to_numpy().flags["OWNDATA"]
    assert isinstance(again.target, np.memmap)


def test_absent_parts_stay_absent(tmp_path: Path, table: Table) -> None:
    Table(table.features).save(tmp_path / "data")
    again = Table.open(tmp_path / "data")
    assert again.target is None
    assert again.weight is None


def test_some_rows(table: Table) -> None:
    part = table.rows(np.array([3, 5, 8]))
    assert len(part) == 3
    assert part.features.index.tolist() == [0, 1, 2]
    assert part.weight is not None
    assert table.weight is not None
    np.testing.assert_array_equal(part.weight, table.weight[[3, 5, 8]])
    part.weight[0] = 99.0
    assert table.weight[3] != 99.0


def test_the_fingerprint_sees_every_change(table: Table) -> None:
    assert table.target is not None
    first = fingerprint(table)
    assert first == fingerprint(table)
    assert len(first) == 16
    changed = table.features.copy()
    changed.loc[7, "x"] += 1e-9
    assert fingerprint(Table(changed, table.target, table.weight, table.group, table.time)) != first
    flipped = table.target.copy()
    flipped[0] = 1 - flipped[0]
    other = Table(table.features, flipped, table.weight, table.group, table.time)
    assert fingerprint(other) != first
    renamed = table.features.rename(columns={"x": "z"})
    assert fingerprint(Table(renamed, table.target, table.weight, table.group, table.time)) != first
