"""What lies between a table and an algorithm on numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.errors import DataError
from netwright.core.space import Parameters, Space
from netwright.core.task import Column, Schema, Task
from netwright.features.encoder import Matrix
from netwright.learners import tabular
from netwright.learners.models import load_model
from netwright.learners.net import Net, NetFitted
from netwright.learners.tabular import Algorithm, Fitted, Rows, Scale, TabularLearner, _rows
from netwright.testing import ToyTable, toy_task


class Counting(Fitted):
    """Predicts the prior."""

    def __init__(self, shares: np.ndarray) -> None:
        self.shares = shares
        self.tuned = {"steps": 3}

    def predict(self, values: object) -> np.ndarray:
        return np.tile(self.shares, (values.shape[0], 1))  # type: ignore[attr-defined]

    def save(self, folder: Path) -> None:
        (folder / "shares.json").write_text(json.dumps(self.shares.tolist()))

    @classmethod
    def load(cls, folder: Path) -> Counting:
        return cls(np.array(json.loads((folder / "shares.json").read_text())))


class Prior(Algorithm):
    """A person's own algorithm in a dozen lines."""

    name = f"{__name__}:prior"
    fitted = Counting
    seen: list[Rows] = []  # noqa: RUF012 - a notebook of this test

    def space(self, task: Task) -> Space:
        return Parameters({})

    def fit(self, train: Rows, valid: Rows | None, config: Config, context: Context) -> Fitted:
        self.seen.append(train)
        counts = np.bincount(train.target, minlength=train.outputs)
        return Counting(counts / counts.sum())


def prior() -> TabularLearner:
    return TabularLearner(Prior())


@pytest.fixture(autouse=True)
def _forget() -> None:
    Prior.seen.clear()
    tabular._PREPARED.clear()


def test_a_persons_own_algorithm_is_a_learner(tmp_path: Path) -> None:
    task = toy_task("multiclass")
    model = prior().fit(task, Config({}), Context())
    assert model.tuned == {"steps": 3}
    model.save(tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert {"model.json", "shares.json", "preparation.json"} <= names
    again = Counting.load(tmp_path)
    np.testing.assert_array_equal(again.shares, model.fitted.shares)  # type: ignore[union-attr]


def test_absent_classes_are_closed_up_for_the_algorithm() -> None:
    task = toy_task("multiclass")
    without = task.with_data(task.data.rows(np.flatnonzero(task.data.target != 0)))
    model = prior().fit(without, Config({}), Context())
    (rows,) = Prior.seen
    assert rows.outputs == 2
    assert set(rows.target) == {0, 1}
    predicted = model.predict(task.data.features)
    assert predicted.shape[1] == 3
    assert (predicted[:, 0] < 1e-3).all()


def test_validation_rows_of_absent_classes_are_left_out() -> None:
    target = np.array([0, 1, 2, 0, 1, 2])
    table = ToyTable(toy_task().data.features.head(6), target, np.arange(6.0))
    matrix = Matrix(np.arange(12.0, dtype=np.float32).reshape(6, 2), ["a", "b"])
    found = _rows(matrix, table, 3, np.array([0, 2]), Scale())
    assert found.target.tolist() == [0, 1, 0, 1]
    assert found.weight is not None
    assert found.weight.tolist() == [0.0, 2.0, 3.0, 5.0]
    assert found.outputs == 2
    assert found.matrix.shape == (4, 2)


def test_preparations_are_made_once_for_all_learners_of_a_fold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[int] = []
    original = tabular.Preparation.fit_transform

    def counting(self: object, *args: object) -> object:
        made.append(1)
        return original(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(tabular.Preparation, "fit_transform", counting)
    task = toy_task("binary")
    for _ in range(3):
        prior().fit(task, Config({}), Context())
    assert len(made) == 1
    prior().fit(task, Config({"categories": "target"}), Context())
    assert len(made) == 2
    prior().fit(task.with_data(task.data.rows(np.arange(100))), Config({}), Context())
    assert len(made) == 3


def test_only_the_last_few_preparations_are_remembered() -> None:
    for rows in range(40, 40 + 2 * tabular.CACHED):
        prior().fit(toy_task("binary", rows=rows), Config({}), Context())
    assert len(tabular._PREPARED) == tabular.CACHED


def test_a_table_without_features_is_refused() -> None:
    task = toy_task("binary")
    features = task.data.features[[]]
    schema = Schema((Column("gone", "constant"),))
    bare = Task(
        "t",
        "binary",
        "y",
        schema,
        "log_loss",
        ("a", "b"),
        data=ToyTable(features, task.data.target),
    )
    with pytest.raises((DataError, ValueError)):
        prior().fit(bare, Config({}), Context())


def test_the_space_joins_preparation_and_hyperparameters() -> None:
    class Tuned(Prior):
        numbers = ("standard", "raw")

        def space(self, task: Task) -> Space:
            from netwright.core.space import Float

            return Parameters({"rate": Float(0, 1)})

    found = TabularLearner(Tuned()).space(toy_task()).distributions()
    assert {"numbers", "categories", "rate"} <= set(found)


# -------------------------------------------------------------------------- nets


def net_config(**values: object) -> Config:
    space = TabularLearner(Net()).space(toy_task("regression"))
    return Config({**space.complete(values), "epochs": 2})


def test_nets_predict_in_the_targets_own_scale() -> None:
    task = toy_task("regression")
    far = ToyTable(task.data.features, task.data.target * 1e4 + 1e6)
    model = TabularLearner(Net()).fit(task.with_data(far), net_config(), Context())
    predicted = model.predict(task.data.features)
    assert abs(predicted.mean() - 1e6) < 2e4


@pytest.mark.parametrize("block", ["mlp", "residual_mlp", "resnet"])
@pytest.mark.parametrize("embedding", ["periodic", "none"])
def test_every_architecture_is_saved_with_its_weights(
    tmp_path: Path, block: str, embedding: str
) -> None:
    task = toy_task("regression")
    config = net_config(**{"architecture.block": block, "architecture.number_embedding": embedding})
    model = TabularLearner(Net()).fit(task, config, Context(seed=2))
    model.save(tmp_path)
    again = load_model(tmp_path)
    np.testing.assert_array_equal(
        again.predict(task.data.features), model.predict(task.data.features)
    )
    facts = json.loads((tmp_path / "net.json").read_text())
    assert facts["architecture"]["block"] == block


def test_a_nets_folder_holds_data_only(tmp_path: Path) -> None:
    task = toy_task("binary")
    space = TabularLearner(Net()).space(task)
    model = TabularLearner(Net()).fit(task, Config({**space.complete(), "epochs": 1}), Context())
    model.save(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".safetensors"}
    assert isinstance(model.fitted, NetFitted)


def test_other_seeds_make_other_nets() -> None:
    task = toy_task("regression")
    learner = TabularLearner(Net())
    first, second = (
        learner.fit(task, net_config(), Context(seed=seed)).predict(task.data.features)
        for seed in (1, 2)
    )
    assert not np.array_equal(first, second)
