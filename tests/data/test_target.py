"""What is to be predicted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from netwright.core.audit import Audit
from netwright.core.errors import TargetError, UnknownName
from netwright.core.target import Target
from netwright.data.target import (
    class_codes,
    encode_target,
    encode_targets,
    find_classes,
    infer_kind,
    numeric_target,
    take_targets,
    unknown_labels,
)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["a", "b"] * 10, "binary"),
        (["a", "b", "c"] * 10, "multiclass"),
        ([0, 1] * 10, "binary"),
        ([0.0, 1.0] * 10, "binary"),
        ([True, False] * 10, "binary"),
        ([3, 4, 5, 6] * 10, "multiclass"),
        (["3", "4", "5"] * 10, "multiclass"),
        (list(range(100)), "regression"),
        ([0.5, 1.5, 2.5] * 10, "regression"),
        ([f"{v}.25" for v in range(30)], "regression"),
        ([1, 2, 3, 4, 5, 6, 7, 8], "regression"),
    ],
)
def test_kinds(values: list, kind: str) -> None:
    assert infer_kind(pd.Series(values))[0] == kind


def test_labels_are_plain_python_and_sorted() -> None:
    assert find_classes(pd.Series(["b", " a", "b", "a"]), "binary") == ("a", "b")
    found = find_classes(pd.Series(np.array([2, 10, 2, 10])), "binary")
    assert found == (2, 10)
    assert all(type(label) is int for label in found)
    assert find_classes(pd.Series([1.0, 2.0, 1.0]), "binary") == (1, 2)
    assert find_classes(pd.Series([True, False, True]), "binary") == (False, True)


def test_labels_of_several_types_are_sorted_somehow() -> None:
    assert set(find_classes(pd.Series([1, "b", 1, "b"], dtype=object), "binary")) == {1, "b"}


@pytest.mark.parametrize(
    ("values", "kind", "message"),
    [
        (["a"] * 5, "binary", "only 'a'"),
        (list("abcdef"), "multiclass", "looks like an id"),
        (["a", "b", "c"] * 3, "binary", "pass kind 'multiclass'"),
    ],
)
def test_targets_that_cannot_be_learned(values: list, kind: str, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        find_classes(pd.Series(values, name="y"), kind)  # type: ignore[arg-type]


def test_codes_compare_as_strings() -> None:
    codes = class_codes(pd.Series(["1", "2", "x", None]), (1, 2))
    assert codes.tolist() == [0, 1, -1, -1]
    assert class_codes(pd.Series([2.0, 1.0]), (1, 2)).tolist() == [1, 0]
    assert class_codes(pd.Series([True, False]), (False, True)).tolist() == [1, 0]


@pytest.mark.parametrize("bad", ["many", np.inf, None])
def test_a_quantity_must_be_finite(bad: object) -> None:
    with pytest.raises(TargetError, match="holds finite numbers"):
        numeric_target(pd.Series([1.0, bad], name="y", dtype=object))


def test_rows_without_a_target_go_and_are_counted() -> None:
    audit = Audit()
    raw = pd.DataFrame({"x": [1, 2, 3], "y": ["a", "?", None]})
    frame, [column] = take_targets(raw, ["y"], audit)
    assert list(frame.columns) == ["x"]
    assert column.tolist() == ["a"]
    assert "2 rows have no value" in audit.entries()[0]["said"]
    assert audit.entries()[0]["note"] is True


def test_targets_that_are_not_there() -> None:
    frame = pd.DataFrame({"price": [1.0], "gone": [None]})
    with pytest.raises(UnknownName, match="Did you mean 'price'"):
        take_targets(frame, ["prise"], Audit())
    with pytest.raises(TargetError, match="missing in every row"):
        take_targets(frame, ["gone"], Audit())
    with pytest.raises(TargetError, match="no rows"):
        take_targets(frame.iloc[:0], ["price"], Audit())


def test_encoding_follows_the_kind() -> None:
    classes, numbers = Target("t", "binary", "auc", ("a", "b")), Target("t", "regression", "rmse")
    assert encode_target(pd.Series(["b", "a"]), classes).tolist() == [1, 0]
    assert encode_target(pd.Series(["1.5", "2"]), numbers).tolist() == [1.5, 2.0]


def test_rows_that_know_one_of_several_targets_stay() -> None:
    audit = Audit()
    raw = pd.DataFrame({"x": range(4), "a": ["p", "?", "q", None], "b": [1.0, 2.0, np.nan, np.nan]})
    frame, columns = take_targets(raw, ["a", "b"], audit)
    assert list(frame["x"]) == [0, 1, 2]
    assert [column.name for column in columns] == ["a", "b"]
    said = " ".join(entry["said"] for entry in audit.entries())
    assert "1 rows have no value in the target 'a' or 'b' and were dropped." in said
    assert "1 rows have no value in the target 'b'; they teach the others." in said


def test_several_targets_are_encoded_side_by_side() -> None:
    columns = [pd.Series(["q", None, "new"], name="a"), pd.Series(["1.5", "", "3"], name="b")]
    targets = [Target("a", "binary", "accuracy", ("p", "q")), Target("b", "regression", "rmse")]
    found = encode_targets(columns, targets)
    np.testing.assert_array_equal(found, [[1, 1.5], [np.nan, np.nan], [-1, 3]])
    single = encode_targets(columns[:1], targets[:1])
    assert (single.dtype, single.ndim) == (np.int64, 1)


@pytest.mark.parametrize(
    "values",
    [
        pd.date_range("2024-01-01", periods=30),
        pd.date_range("2024-01-01", periods=30).strftime("%d.%m.%Y"),
        pd.Series(pd.date_range("2024-01-01", periods=30)).dt.date,
        pd.Categorical(pd.date_range("2024-01-01", periods=30)),
    ],
)
def test_dates_are_no_target_however_they_are_written(values: object) -> None:
    with pytest.raises(TargetError, match="holds dates; predict the days"):
        infer_kind(pd.Series(values))


def test_dates_may_be_labels_where_a_person_says_so() -> None:
    column = pd.Series(["2024-01-01", "2024-02-01"] * 5)
    assert find_classes(column, "binary", told=True) == ("2024-01-01", "2024-02-01")


@pytest.mark.parametrize(
    "served", [[True, False], [1, 0], ["Yes", "NO"], ["true", "false"], [1.0, 0.0]]
)
@pytest.mark.parametrize("classes", [(0, 1), (False, True), ("no", "yes")])
def test_labels_of_two_truth_values_are_known_in_any_spelling(classes: tuple, served: list) -> None:
    assert class_codes(pd.Series(served), classes).tolist() == [1, 0]


def test_labels_that_were_never_seen_are_told_of() -> None:
    target = Target("y", "binary", "auc", ("a", "b"))
    column = pd.Series(["a", "z", "q", "b"])
    codes = class_codes(column, target.classes)
    assert unknown_labels(codes, [column], [target]) == []
    told = unknown_labels(np.array([-1, -1, 0]), [pd.Series(["z", "q", "a"])], [target])
    assert told == ["The target 'y' has labels never seen in 67% of the rows, such as 'z'."]
