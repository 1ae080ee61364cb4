"""Properties of the way from raw to typed, on tables nobody thought of."""

from __future__ import annotations

import string
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netwright.core.audit import Audit
from netwright.core.errors import UserError
from netwright.core.task import Schema, Task
from netwright.data.prepare import Wishes, prepare
from netwright.data.readers import read
from netwright.data.schema import infer_schema, typed
from netwright.data.splits import make_folds
from netwright.data.table import Table

WORD = st.text(string.ascii_letters + "äß?-. ", max_size=8)
NUMBER = st.one_of(st.none(), st.floats(-1e6, 1e6), st.integers(-1000, 1000))
COLUMN = st.one_of(
    st.lists(NUMBER, min_size=12, max_size=12),
    st.lists(st.one_of(st.none(), WORD), min_size=12, max_size=12),
    st.lists(st.sampled_from(["a", "b", "?", "NA", ""]), min_size=12, max_size=12),
    st.lists(st.booleans(), min_size=12, max_size=12),
    st.lists(st.dates().map(str), min_size=12, max_size=12),
    st.lists(st.one_of(NUMBER, WORD), min_size=12, max_size=12),
)
FRAME = st.lists(COLUMN, min_size=1, max_size=5).map(
    lambda columns: pd.DataFrame(
        {f"c{i}": pd.Series(values, dtype=object) for i, values in enumerate(columns)}
    )
)
RELAXED = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@RELAXED
@given(FRAME)
def test_any_table_is_typed_and_every_column_accounted_for(frame: pd.DataFrame) -> None:
    audit = Audit()
    schema = infer_schema(frame, audit)
    assert [column.name for column in schema] == list(frame.columns)
    found = typed(frame, schema)
    assert list(found.columns) == [column.name for column in schema.used]
    assert len(found) == len(frame)
    for column in schema:
        assert column.used or column.dropped
        assert any(entry.get("column") == column.name for entry in audit.entries())


@RELAXED
@given(FRAME)
def test_typing_is_the_same_for_each_row_alone(frame: pd.DataFrame) -> None:
    """A row must read the same in a batch and by itself, or serving would differ from fitting."""
    schema = infer_schema(frame, Audit())
    if not schema.used:
        return
    whole = typed(frame, schema)
    for i in (0, 5, 11):
        alone = typed(frame.iloc[[i]], schema)
        pd.testing.assert_frame_equal(alone, whole.iloc[[i]], check_dtype=False)


@RELAXED
@given(FRAME)
def test_the_schema_survives_json(frame: pd.DataFrame) -> None:
    import json

    schema = infer_schema(frame, Audit())
    assert Schema.from_json(json.loads(json.dumps(schema.to_json()))) == schema


@RELAXED
@given(FRAME)
def test_through_a_file_columns_mean_the_same(
    tmp_path_factory: pytest.TempPathFactory, frame: pd.DataFrame
) -> None:
    """What Python holds and what a CSV of it says give the same numbers."""
    path: Path = tmp_path_factory.mktemp("csv") / "t.csv"
    frame = frame.assign(anchor=range(12))
    frame.to_csv(path, index=False)
    schema = infer_schema(frame, Audit())
    here, there = typed(frame, schema), typed(read(path), schema)
    for name in schema.of_type("number"):
        np.testing.assert_allclose(here[name], there[name], rtol=1e-9, equal_nan=True)


def prepared(frame: pd.DataFrame, kind: str | None) -> tuple[Task | None, str]:
    try:
        return prepare(frame, "y", Wishes(kind=kind), Audit()), ""
    except UserError as error:
        return None, str(error)


@RELAXED
@given(FRAME, st.sampled_from([None, "binary", "multiclass", "regression"]))
def test_preparing_succeeds_or_says_one_sentence(frame: pd.DataFrame, kind: str | None) -> None:
    task, refusal = prepared(frame.assign(y=["p", "q"] * 6), kind)
    if task is None:
        assert "\n" not in refusal
        assert refusal[-1] in ".)?'"
        return
    assert set(task.data.features.columns) == {column.name for column in task.schema.used}
    assert len(task.data.target) == len(task.data.features)


@RELAXED
@given(FRAME, st.integers(1, 4))
def test_tables_survive_the_disk(
    tmp_path_factory: pytest.TempPathFactory, frame: pd.DataFrame, step: int
) -> None:
    schema = infer_schema(frame, Audit())
    if not schema.used:
        return
    table = Table(typed(frame, schema).reset_index(drop=True), np.arange(12) % 2)
    folder = tmp_path_factory.mktemp("table")
    table.save(folder)
    again = Table.open(folder)
    rows = np.arange(0, 12, step)
    pd.testing.assert_frame_equal(
        again.rows(rows).features, table.rows(rows).features, check_dtype=False
    )


@RELAXED
@given(st.integers(4, 60), st.integers(1, 6), st.integers(0, 1000))
def test_no_fold_is_empty_however_rare_the_classes(rows: int, folds: int, seed: int) -> None:
    from netwright.core.task import Split, Task

    rng = np.random.default_rng(seed)
    target = rng.integers(0, max(2, rows // 3), rows)
    folds = min(folds, rows // 2)
    task = Task("t", "multiclass", "y", Schema(()), "log_loss", split=Split(folds=folds))
    table = Table(pd.DataFrame({"x": np.zeros(rows)}), target)
    for train, valid in make_folds(task, table, seed):
        assert len(train) > 0
        assert len(valid) > 0
