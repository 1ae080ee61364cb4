"""Tasks, schemas, and their way through JSON."""

from __future__ import annotations

import json

import pytest

from netwright.core.task import Column, Constraints, Schema, Split, Task


def some_task() -> Task:
    schema = Schema(
        (
            Column("x", "number", optional=True),
            Column("town", "category", categories=("Oslo", "Rome")),
            Column("day", "date", format="%d/%m/%Y"),
            Column("key", "id", dropped="it only names the row"),
            Column("flat", "constant"),
        )
    )
    return Task(
        name="t",
        kind="multiclass",
        target="y",
        schema=schema,
        metric_name="accuracy",
        classes=("a", "b", "c"),
        constraints=Constraints(max_latency_ms=2.0),
        split=Split("group", "town", 3),
        weight="w",
    )


def test_a_task_survives_json() -> None:
    task = some_task()
    assert Task.from_json(json.loads(json.dumps(task.to_json()))) == task


def test_only_useful_columns_are_used() -> None:
    assert [column.name for column in some_task().schema.used] == ["x", "town", "day"]


def test_columns_are_found_by_type_and_name() -> None:
    schema = some_task().schema
    assert schema.of_type("number", "date") == ["x", "day"]
    assert schema["town"].categories == ("Oslo", "Rome")
    assert len(list(schema)) == 5


def test_outputs() -> None:
    assert some_task().outputs == 3
    assert Task("r", "regression", "y", Schema(()), "rmse").outputs == 1


def test_the_metric_comes_with_the_task() -> None:
    assert some_task().metric.name == "accuracy"


def test_other_rows_make_another_task_with_the_same_statement() -> None:
    task = some_task()
    other = task.with_data([1, 2])
    assert other.data == [1, 2]
    assert task.data is None
    assert other == task  # rows are not part of the statement


def test_tasks_are_frozen() -> None:
    with pytest.raises(AttributeError):
        some_task().name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("limits", "any_limit"),
    [(Constraints(), False), (Constraints(max_size_mb=1), True), (Constraints(1.0), True)],
)
def test_constraints_are_true_when_there_are_any(limits: Constraints, any_limit: bool) -> None:
    assert bool(limits) is any_limit


def test_over_is_a_share_of_each_limit_set() -> None:
    limits = Constraints(max_params_m=1.0, max_flops_g=0.4, max_latency_ms=3.0)
    costs = {"params_m": 1.5, "flops_g": 0.3, "memory_mb": 9.0}
    assert limits.over(costs) == {"params_m": pytest.approx(0.5), "flops_g": pytest.approx(-0.25)}
    assert limits.broken(costs) == ["params_m is 1.5, allowed are 1"]


def test_a_limit_that_is_met_exactly_is_kept() -> None:
    limits = Constraints(max_memory_mb=5.0)
    assert limits.over({"params_m": 1.0, "memory_mb": 5.0}) == {"memory_mb": 0.0}
    assert limits.broken({"memory_mb": 5.0}) == []


def test_nothing_is_over_without_limits() -> None:
    assert Constraints().over({"params_m": 1.0, "unheard_of": 1.0}) == {}
