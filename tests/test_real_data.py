"""Real tables that ship with scikit-learn, from file to evaluated predictor, against baselines."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import netwright

TABLES = {
    "breast_cancer": (datasets.load_breast_cancer, "binary"),
    "iris": (datasets.load_iris, "multiclass"),
    "wine": (datasets.load_wine, "multiclass"),
    "diabetes": (datasets.load_diabetes, "regression"),
}


def halves(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame = TABLES[name][0](as_frame=True).frame
    held = frame.sample(frac=0.3, random_state=0).index
    return frame.drop(held), frame.loc[held]


@pytest.fixture(scope="module", params=TABLES)
def fitted_table(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, pd.DataFrame, pd.DataFrame, Path]:
    """A fit from a file through the public API, eight trials, one process."""
    name = request.param
    train, test = halves(name)
    folder = tmp_path_factory.mktemp(name)
    train.to_csv(folder / "train.csv", index=False)
    netwright.fit(
        folder / "train.csv",
        "target",
        trials=5,
        out=folder / "run",
        engine="inline",
        learners=["linear", "lightgbm", "extra_trees"],
    )
    return name, train, test, folder / "run"


def test_the_kind_is_found(fitted_table: tuple) -> None:
    name, _, _, run = fitted_table
    assert netwright.load(run).task.kind == TABLES[name][1]


def test_it_beats_the_dummy_by_far(fitted_table: tuple) -> None:
    name, train, test, run = fitted_table
    predictor = netwright.load(run)
    features = [column for column in train.columns if column != "target"]
    scores = predictor.evaluate(test)
    if TABLES[name][1] == "regression":
        dummy = DummyRegressor().fit(train[features], train["target"])
        baseline = root_mean_squared_error(test["target"], dummy.predict(test[features]))
        assert scores["rmse"] < 0.85 * baseline
        assert scores["r2"] > 0.3
    else:
        dummy = DummyClassifier().fit(train[features], train["target"])
        baseline = log_loss(test["target"], dummy.predict_proba(test[features]))
        assert scores["log_loss"] < 0.4 * baseline
        assert scores["accuracy"] > 0.9


def test_it_is_at_least_about_as_good_as_a_tuned_line(fitted_table: tuple) -> None:
    name, train, test, run = fitted_table
    if TABLES[name][1] == "regression":
        pytest.skip("the line is one of the learners")
    features = [column for column in train.columns if column != "target"]
    line = make_pipeline(StandardScaler(), LogisticRegression()).fit(
        train[features], train["target"]
    )
    baseline = log_loss(test["target"], line.predict_proba(test[features]))
    assert netwright.load(run).evaluate(test)["log_loss"] < 1.6 * baseline + 0.02


def test_the_held_back_score_is_an_honest_forecast(fitted_table: tuple) -> None:
    """What the run promised and what unseen rows give are of one size."""
    _, _, test, run = fitted_table
    promised = json.loads((run / "result.json").read_text())["score"]
    metric = netwright.load(run).task.metric.name
    seen = netwright.load(run).evaluate(test)[metric]
    assert seen < 2.0 * promised + 0.1
    assert promised < 3.0 * seen + 0.1


def test_the_report_opens_and_names_the_columns(fitted_table: tuple) -> None:
    _, train, _, run = fitted_table
    page = (run / "report.html").read_text()
    assert "What the model looks at" in page
    assert sum(column in page for column in train.columns) > len(train.columns) / 2


def test_predictions_are_of_the_targets_type(fitted_table: tuple) -> None:
    name, train, test, run = fitted_table
    predicted = netwright.load(run).predict(test)
    assert predicted.index.equals(test.index)
    if TABLES[name][1] == "regression":
        assert predicted.dtype == np.float64
        assert predicted.between(train["target"].min() - 200, train["target"].max() + 200).all()
    else:
        assert predicted.dtype.kind == "i"
        assert set(predicted) <= set(train["target"])


def test_explanations_find_a_column_that_matters(fitted_table: tuple) -> None:
    _, _, test, run = fitted_table
    table = netwright.load(run).explain(test, repeats=2)
    assert table["importance"].iloc[0] > 0
    assert table["importance"].is_monotonic_decreasing


def test_the_card_says_how_many_rows_it_learned_from(fitted_table: tuple) -> None:
    _, train, _, run = fitted_table
    rows = json.loads((run / "run.json").read_text())["rows"]
    assert rows <= len(train)
    assert f"{rows} rows" in (run / "card.md").read_text()


def test_the_audit_tells_how_trials_were_judged(fitted_table: tuple) -> None:
    *_, run = fitted_table
    said = " ".join(
        json.loads(line)["said"] for line in (run / "audit.jsonl").read_text().splitlines()
    )
    assert "Trials are judged over 5 folds: few rows." in said
    assert "The model averages" in said


def test_the_eight_tables_fit_in_seconds(shared_data: Path, tmp_path: Path) -> None:
    """A smoke run of the hardest shape: nineteen classes, all categories, in ten seconds."""
    path = shared_data / "tabular" / "soybean.csv.gz"
    predictor = netwright.fit(path, "class", budget="12s", out=tmp_path / "run")
    assert len(predictor.classes) == 19
    assert predictor.evaluate(path)["accuracy"] > 0.7
