"""The shipped contracts catch parts that break their promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.engine import Engine, Job, Watch
from netwright.core.evaluator import Evaluator, FunctionEvaluator
from netwright.core.learner import Learner, Model
from netwright.core.result import Result
from netwright.core.space import Chooser, Parameters, Space
from netwright.core.strategy import StrategySpec
from netwright.core.task import Task
from netwright.testing import (
    check_engine,
    check_evaluator,
    check_learner,
    check_seed_by_position,
    check_space,
    toy_space,
    toy_task,
)


class MeanModel(Model):
    """Always says the same; each subclass breaks one promise."""

    def predict(self, table: Any) -> np.ndarray:
        return np.full((len(table), 2), 0.5)

    def save(self, folder: Path) -> None:
        (folder / "m.json").write_text("{}")

    @classmethod
    def load(cls, folder: Path) -> MeanModel:
        return cls()


class MeanLearner(Learner):
    model: type[MeanModel] = MeanModel

    def space(self, task: Task) -> Space:
        return Parameters({})

    def fit(self, data: Task, config: Config, context: Context) -> Model:
        return self.model()


def test_an_honest_learner_passes() -> None:
    check_learner(MeanLearner(), toy_task())


class Wrong(MeanModel):
    def predict(self, table: Any) -> np.ndarray:
        return np.full((len(table), 2), 0.7)


class Narrow(MeanModel):
    def predict(self, table: Any) -> np.ndarray:
        return np.full((len(table), 1), 1.0)


class Small(MeanModel):
    def predict(self, table: Any) -> np.ndarray:
        return np.full((len(table), 2), 0.5, dtype=np.float32)


class Forgetful(MeanModel):
    @classmethod
    def load(cls, folder: Path) -> MeanModel:
        return Wrong()


class Pickler(MeanModel):
    def save(self, folder: Path) -> None:
        (folder / "m.pkl").write_text("")


class Silent(MeanModel):
    def save(self, folder: Path) -> None: ...


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Wrong, "sum to one"),
        (Narrow, "have shape"),
        (Small, "not float64"),
        (Forgetful, "predicts differently"),
        (Pickler, "is a pickle"),
        (Silent, "wrote nothing"),
    ],
)
def test_broken_models_are_caught(model: type[MeanModel], message: str) -> None:
    learner = MeanLearner()
    learner.model = model
    with pytest.raises(AssertionError, match=message):
        check_learner(learner, toy_task())


class Scribbler(MeanLearner):
    def fit(self, data: Task, config: Config, context: Context) -> Model:
        data.data.features.loc[0, "x"] = 99.0
        return MeanModel()


def test_a_learner_that_changes_its_data_is_caught() -> None:
    with pytest.raises(AssertionError, match="changed its data"):
        check_learner(Scribbler(), toy_task())


class Dice(Evaluator):
    def evaluate(self, config: Config, context: Context) -> Result:
        return Result(scores={"score": float(np.random.random())})


def test_an_evaluator_that_throws_dice_is_caught() -> None:
    with pytest.raises(AssertionError, match="scores differently"):
        check_evaluator(Dice(), Config({}), ("score",))


def one(config: Config) -> float:
    return 1.0


def test_an_honest_evaluator_passes_and_a_missing_score_is_caught() -> None:
    check_evaluator(FunctionEvaluator(one), Config({}), ("score",))
    with pytest.raises(AssertionError, match="no score 'loss'"):
        check_evaluator(FunctionEvaluator(one), Config({}), ("loss",))


def _unseeded(seed: int, space: Space) -> optuna.samplers.BaseSampler:
    return optuna.samplers.RandomSampler()


def test_a_strategy_without_a_seed_is_caught() -> None:
    with pytest.raises(AssertionError, match="not decided by its seed"):
        check_seed_by_position(StrategySpec("dice", _unseeded), toy_space())


class Moody(Space):
    """Names a value that it did not ask for."""

    def configure(self, choose: Chooser) -> Config:
        return Config({"x": choose.suggest_float("x", 0, 1), "y": float(np.random.random())})


def test_a_space_that_cannot_be_walked_again_is_caught() -> None:
    with pytest.raises((AssertionError, Exception)):
        check_space(Moody())


class Idle(Engine):
    def run(self, job: Job, watch: Watch) -> None: ...


def test_an_engine_that_runs_nothing_is_caught() -> None:
    with pytest.raises(AssertionError, match="0 of 1 workers ran"):
        check_engine(Idle(), kills=False)
