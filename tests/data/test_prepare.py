"""From a file to a task."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from netwright.core.audit import Audit
from netwright.core.errors import ConfigError, DataError, UnknownName
from netwright.data.images import as_cells
from netwright.data.prepare import Wishes, pictures_alone, prepare, with_folds
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
    expected = frame["w"][1:] / frame["w"][1:].mean()  # the first is zero
    np.testing.assert_allclose(sorted(task.data.weight), expected)


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


def test_several_targets_have_kinds_and_metrics_of_their_own() -> None:
    frame = make_frame()
    frame["grade"], frame["size"] = frame["size"] % 3, frame["size"].where(frame.index > 9) * 1.5
    wishes = Wishes(preferred={"binary": "accuracy"})
    task = prepare(frame, ["y", "grade", "size"], wishes, Audit())
    assert [(one.name, one.kind, one.metric_name) for one in task.targets] == [
        ("y", "binary", "accuracy"),
        ("grade", "multiclass", "log_loss"),
        ("size", "regression", "rmse"),
    ]
    assert task.data.target.shape == (120, 3)
    assert np.isnan(task.data.target).sum(axis=0).tolist() == [0, 0, 10]
    assert not {"y", "grade", "size"} & {column.name for column in task.schema}


def test_a_metric_of_several_targets_fits_them_all() -> None:
    frame = make_frame()
    frame["z"] = frame["y"].map(str.upper)
    task = prepare(frame, ["y", "z"], Wishes(metric="auc"), Audit())
    assert [one.metric_name for one in task.targets] == ["auc", "auc"]
    with pytest.raises(ConfigError, match=r"No metric judges .* Got 'auc'; leave it out"):
        prepare(frame, ["y", "x"], Wishes(metric="auc"), Audit())
    with pytest.raises(UnknownName, match="log_loss"):
        prepare(frame, ["y", "x"], Wishes(metric="logg_loss"), Audit())


def test_nets_of_pictures_see_pictures_alone() -> None:
    pictures = as_cells(np.zeros((20, 1, 4, 4), dtype=np.uint8))
    frame = pd.DataFrame({"image": pictures, "x": np.arange(20.0) % 7, "y": ["a", "b"] * 10})
    audit = Audit()
    task = pictures_alone(ready(frame), audit)
    assert [column.name for column in task.schema.used] == ["image"]
    assert "not used: 'x'" in audit.entries()[0]["said"]
    assert pictures_alone(task, Audit()) is task
