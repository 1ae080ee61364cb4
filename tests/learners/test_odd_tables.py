"""A table of learners times a table of odd but honest tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from netwright.core.audit import Audit
from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.registry import find
from netwright.core.task import Task
from netwright.data.prepare import Wishes, prepare
from netwright.learners import LEARNERS, available

RNG = np.random.default_rng(0)
ROWS = 90


def base() -> pd.DataFrame:
    return pd.DataFrame({"x": RNG.normal(size=ROWS), "y": RNG.choice(["a", "b"], ROWS)})


def only_text() -> pd.DataFrame:
    words = ["sun", "rain", "wind", "snow", "fog", "ice"]
    notes = [" ".join(RNG.choice(words, 5)) + f" {i}" for i in range(ROWS)]
    return pd.DataFrame({"note": notes, "y": RNG.choice(["a", "b"], ROWS)})


def only_dates() -> pd.DataFrame:
    days = pd.date_range("2020-01-01", periods=ROWS, freq="37h").astype(str)
    return pd.DataFrame({"day": days, "y": RNG.choice(["a", "b"], ROWS)})


def only_categories() -> pd.DataFrame:
    return pd.DataFrame({"c": RNG.choice(list("pqr"), ROWS), "y": RNG.choice(["a", "b"], ROWS)})


def many_categories() -> pd.DataFrame:
    return base().assign(c=[f"v{i % 70}" for i in range(ROWS)])


def two_texts() -> pd.DataFrame:
    one = only_text()
    return one.assign(other=one["note"].str.upper() + " more words here", x=RNG.normal(size=ROWS))


def huge_and_tiny() -> pd.DataFrame:
    return base().assign(huge=RNG.normal(size=ROWS) * 1e30, tiny=RNG.normal(size=ROWS) * 1e-30)


def mostly_missing() -> pd.DataFrame:
    gaps = RNG.normal(size=ROWS)
    gaps[RNG.random(ROWS) < 0.95] = np.nan
    gaps[:2] = 1.0, 2.0
    return base().assign(gaps=gaps)


def imbalanced() -> pd.DataFrame:
    return base().assign(y=["rare" if i % 30 == 0 else "usual" for i in range(ROWS)])


def twenty_classes() -> pd.DataFrame:
    return base().assign(y=[f"k{i % 20}" for i in range(ROWS)])


def few_rows() -> pd.DataFrame:
    return base().head(12).assign(y=["a", "b"] * 6)


def wide() -> pd.DataFrame:
    more = pd.DataFrame(RNG.normal(size=(ROWS, 300))).rename(columns=lambda i: f"n{i}")
    return pd.concat([base(), more], axis=1)


TABLES = {
    made.__name__: made
    for made in (
        only_text,
        only_dates,
        only_categories,
        many_categories,
        two_texts,
        huge_and_tiny,
        mostly_missing,
        imbalanced,
        twenty_classes,
        few_rows,
        wide,
    )
}


@pytest.fixture(scope="module", params=TABLES)
def task(request: pytest.FixtureRequest) -> Task:
    return prepare(TABLES[request.param](), "y", Wishes(), Audit())


@pytest.mark.parametrize("name", [name for name in LEARNERS if name != "image"])
def test_it_learns_and_predicts(task: Task, name: str) -> None:
    if name not in available():
        pytest.skip(f"{name} is not installed")
    learner = find("learners", name, LEARNERS)()
    space = learner.space(task)
    config = Config({**space.complete(), "rounds": 8, "epochs": 3})
    cut = int(0.7 * len(task.data))
    train = task.with_data(task.data.rows(np.arange(cut)))
    valid = task.with_data(task.data.rows(np.arange(cut, len(task.data))))
    model = learner.fit(train, config, Context(seed=1, validation=valid))
    predicted = model.predict(valid.data.features)
    assert predicted.shape == (len(valid.data), len(task.classes))
    assert np.isfinite(predicted).all()
    np.testing.assert_allclose(predicted.sum(axis=1), 1, atol=1e-9)
