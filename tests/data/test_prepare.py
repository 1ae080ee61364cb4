"""From a file to a task."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from netwright.core.audit import Audit
from netwright.core.errors import ConfigError, DataError, UnknownName
from netwright.data.prepare import Wishes, prepare, with_folds
from tests.conftest import make_frame


def ready(frame: pd.DataFrame | Path, audit: Audit | None = None, **wishes: object):  # type: ignore[no-untyped-def]
    return prepare(frame, "y", Wishes(**wishes), audit or Audit())  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_a_table_becomes_a_task(kind: str) -> None:
    task = ready(make_frame(kind=kind))
    assert task.kind == kind
    assert [column.type for column in task.schema] == [
        "id",
        "number",
        "number",
        "category",
        "date",
        "text",
    ]
    assert len(task.data) == 120
    assert task.data.target.dtype == (np.float64 if kind == "regression" else np.int64)


def test_a_file_names_its_task(csv: Path) -> None:
    assert ready(csv).name == "train"


def test_two_classes_told_multiclass_are_binary() -> None:
    assert ready(make_frame(), kind="multiclass").kind == "binary"


def test_numbers_told_to_be_a_quantity() -> None:
    frame = make_frame()
    frame["y"] = frame["size"] % 3
    assert ready(frame).kind == "multiclass"
    assert ready(frame, kind="regression").kind == "regression"


def test_weights_groups_and_times_are_taken_apart() -> None:
    frame = make_frame()
    frame["w"] = np.linspace(0, 2, len(frame))
    task = ready(frame, weight="w", group="town")
    assert task.weight == "w"
    assert task.split.kind == "group"
    assert task.schema["w"].dropped
    assert task.schema["town"].dropped
    assert "w" not in task.data.features
    assert set(task.data.group) == {0, 1, 2}
    np.testing.assert_allclose(task.data.weight, frame["w"])


def test_time_orders_the_split_and_stays_an_input() -> None:
    task = ready(make_frame(), time="day")
    assert task.split.kind == "time"
    assert "day" in task.data.features
    assert (np.diff(task.data.time) > 0).all()


def test_time_may_be_a_number() -> None:
    assert ready(make_frame(), time="size").data.time.max() < 50


@pytest.mark.parametrize(
    ("wishes", "error", "message"),
    [
        ({"kind": "ordinal"}, UnknownName, "kind"),
        ({"metric": "rmse"}, ConfigError, "does not fit a binary"),
        ({"weight": "absent"}, UnknownName, "column 'absent'"),
        ({"weight": "town"}, DataError, "Weights are numbers"),
        ({"group": "town", "time": "day"}, ConfigError, "not both"),
        ({"time": "note"}, DataError, "must hold dates or numbers"),
    ],
)
def test_wishes_that_cannot_work(wishes: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        ready(make_frame(), **wishes)


def test_a_table_of_constants_has_nothing_to_teach() -> None:
    frame = pd.DataFrame({"a": [1] * 20, "b": ["x"] * 20, "y": ["p", "q"] * 10})
    with pytest.raises(DataError, match="No column is left"):
        ready(frame)


def test_infinities_are_missing_and_told() -> None:
    frame = make_frame()
    frame.loc[3, "x"] = np.inf
    audit = Audit()
    task = ready(frame, audit)
    assert np.isnan(task.data.features["x"][3])
    assert any("Infinite values in 'x'" in entry["said"] for entry in audit.entries())


def test_rare_classes_are_kept_and_told() -> None:
    frame = make_frame(kind="multiclass")
    frame.loc[:1, "y"] = "rare"
    audit = Audit()
    assert "rare" in ready(frame, audit).classes
    assert any("fewer than 5 rows (rare)" in entry["said"] for entry in audit.entries())


def test_every_column_is_in_the_audit() -> None:
    audit = Audit()
    task = ready(make_frame(), audit)
    told = " ".join(entry["said"] for entry in audit.entries())
    for column in task.schema:
        assert f"'{column.name}'" in told


def test_folds_can_be_set() -> None:
    assert with_folds(ready(make_frame()), 7).split.folds == 7
