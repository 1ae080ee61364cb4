"""What is found out about the real tables behind NETWRIGHT_DATA (skipped where they are absent)."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from netwright.core.audit import Audit
from netwright.core.task import Task
from netwright.data.prepare import Wishes, prepare

TABLES = {
    "telco_churn": ("Churn", "binary", {"customerID": "id", "TotalCharges": "number"}),
    "disaster_tweets": ("target", "binary", {"text": "text", "keyword": "category"}),
    "seoul_bike": ("Rented Bike Count", "regression", {"Date": "date", "Seasons": "category"}),
    "adult": ("income", "binary", {"workclass": "category", "age": "number"}),
    "ames_housing": ("price", "regression", {"Lot.Frontage": "number", "Alley": "category"}),
    "california_housing": ("median_house_value", "regression", {"ocean_proximity": "category"}),
    "wine_quality": ("quality", "multiclass", {"color": "category", "alcohol": "number"}),
    "soybean": ("class", "multiclass", {"date": "category", "leaves": "category"}),
}


def task_of(folder: Path, name: str) -> Task:
    path = folder / "tabular" / f"{name}.csv.gz"
    return prepare(path, TABLES[name][0], Wishes(), Audit())


@pytest.mark.parametrize("name", TABLES)
def test_kinds_and_columns(shared_data: Path, name: str) -> None:
    target, kind, columns = TABLES[name]
    task = task_of(shared_data, name)
    assert task.kind == kind
    assert task.target == target
    found = {column.name: column.type for column in task.schema}
    assert {key: found[key] for key in columns} == columns


@pytest.mark.parametrize("name", TABLES)
def test_the_kinds_are_those_of_the_task_list(shared_data: Path, name: str) -> None:
    listed = json.loads((shared_data / "tabular" / "tasks.json").read_text())
    expected = next(entry for entry in listed if entry["name"] == name)
    assert task_of(shared_data, name).kind == expected["task"]


def test_no_class_is_lost(shared_data: Path) -> None:
    assert len(task_of(shared_data, "soybean").classes) == 19
    assert task_of(shared_data, "wine_quality").classes == (3, 4, 5, 6, 7, 8, 9)


def test_days_come_before_months_in_seoul(shared_data: Path) -> None:
    task = task_of(shared_data, "seoul_bike")
    assert task.schema["Date"].format == "%d/%m/%Y"
    days = task.data.features["Date"]
    assert days.min() == pd.Timestamp("2017-12-01")
    assert days.max() == pd.Timestamp("2018-11-30")


def test_blanks_in_charges_are_missing_numbers(shared_data: Path) -> None:
    task = task_of(shared_data, "telco_churn")
    assert task.data.features["TotalCharges"].isna().sum() == 11
    assert task.schema["TotalCharges"].optional


def test_question_marks_are_missing(shared_data: Path) -> None:
    task = task_of(shared_data, "adult")
    assert "?" not in task.schema["workclass"].categories
    assert task.data.features["workclass"].isna().any()
