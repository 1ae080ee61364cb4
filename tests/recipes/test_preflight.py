"""What every trial would fail at is said before the first one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import netwright
from netwright.core.errors import ConfigError, DataError, MissingExtra, UserError

QUICK = {"trials": 1, "engine": "inline", "learners": ("linear",), "level": "select"}
RNG = np.random.default_rng(0)


def table(rows: int = 90) -> pd.DataFrame:
    x = RNG.normal(size=rows)
    return pd.DataFrame({"x": x, "z": RNG.normal(size=rows), "y": np.where(x > 0, "a", "b")})


def refused(
    tmp_path: Path, frame: pd.DataFrame, error: type[UserError], match: str, **told: object
) -> None:
    out = tmp_path / "run"
    with pytest.raises(error, match=match):
        netwright.fit(frame, "y", out=out, explain=False, **{**QUICK, **told})
    assert not out.exists(), "nothing is left behind"


@pytest.mark.parametrize("groups", [2, 3, 4, 7])
def test_few_groups_are_enough(groups: int) -> None:
    frame = table().assign(g=np.arange(90) % groups)
    predictor = netwright.fit(frame, "y", group="g", explain=False, **QUICK)
    assert predictor.task.split.folds == min(5, groups)
    assert predictor.evaluate(frame)["accuracy"] > 0.9


def test_one_group_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, table().assign(g=1), DataError, "at least two groups. Got 1", group="g")


def test_one_moment_is_refused_and_two_are_split_between(tmp_path: Path) -> None:
    frame = table().assign(t="2024-01-01")
    refused(tmp_path, frame, DataError, "rows of different times", time_column="t")
    frame["t"] = np.where(np.arange(90) < 45, "2024-01-01", "2024-01-02")
    predictor = netwright.fit(frame, "y", time_column="t", explain=False, **QUICK)
    assert predictor.task.split.folds == 1


def raises(truth: np.ndarray, predicted: np.ndarray) -> float:
    raise ValueError("only numbers above 7")


raises.greater_is_better = True  # type: ignore[attr-defined]


def test_a_metric_that_raises_is_said_at_once(tmp_path: Path) -> None:
    match = "cannot judge the target 'y': ValueError: only numbers above 7"
    refused(tmp_path, table(), ConfigError, match, metric=f"{__name__}:raises")


def test_a_metric_of_logarithms_refuses_negative_targets(tmp_path: Path) -> None:
    frame = table().assign(y=RNG.normal(size=90))
    match = "'mean_squared_log_error' cannot judge"
    refused(tmp_path, frame, ConfigError, match, metric="neg_mean_squared_log_error")


def test_judging_rows_of_one_class_say_nothing_of_auc(tmp_path: Path) -> None:
    frame = table().assign(t=np.arange(90), y=np.where(np.arange(90) < 20, "a", "b"))
    match = "All rows that judge are of the class 'b'"
    refused(tmp_path, frame, DataError, match, metric="auc", time_column="t")


def test_rows_to_learn_from_of_one_class_are_refused(tmp_path: Path) -> None:
    frame = table()
    frame["g"] = (frame["y"] == "a").astype(int)
    match = "Split by g, the rows to learn from are all of the class"
    refused(tmp_path, frame, DataError, match, group="g")
    frame["w"] = frame["g"].astype(float)
    refused(tmp_path, frame.drop(columns="g"), DataError, "that weigh anything 'y' has only 'a'",
            weight="w")  # fmt: skip


def test_a_library_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netwright.learners.find_spec", lambda name: None)
    refused(tmp_path, table(), MissingExtra, "'catboost', which is not", learners=("catboost",))
