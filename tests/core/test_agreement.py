"""A study that is opened again."""

from __future__ import annotations

from pathlib import Path

import pytest

from netwright import Categorical, Float, Int, tune
from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.errors import ConfigError


def score(config: Config, context: Context) -> float:
    return sum(float(value) for value in config.values() if not isinstance(value, str))


SPACE = {"x": Float(-1, 1), "n": Int(1, 5), "how": Categorical(("a", "b"))}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tune(score, SPACE, trials=6, out=tmp_path)
    return tmp_path


def test_the_same_again_goes_on(home: Path) -> None:
    assert tune(score, SPACE, trials=9, out=home).counts()["complete"] == 9


def test_another_direction_is_refused(home: Path) -> None:
    with pytest.raises(ConfigError, match="6 trials that minimize; it cannot go on to maximize"):
        tune(score, SPACE, trials=9, out=home, direction="maximize")


def test_other_objectives_are_refused(home: Path) -> None:
    with pytest.raises(ConfigError, match=r"objectives \['score'\]; it cannot go on of \['loss'\]"):
        tune(score, SPACE, trials=9, out=home, objectives={"loss": "minimize"})
    with pytest.raises(ConfigError, match="cannot go on to minimize and minimize"):
        tune(score, SPACE, trials=9, out=home, objectives={"a": "minimize", "b": "minimize"})


def test_other_choices_and_kinds_are_refused(home: Path) -> None:
    with pytest.raises(ConfigError, match="whose 'how' is one of"):
        tune(score, {**SPACE, "how": Categorical(("a", "c"))}, trials=9, out=home)
    with pytest.raises(ConfigError, match="whose 'n' is int; it cannot go on with one that is fl"):
        tune(score, {**SPACE, "n": Float(1, 5)}, trials=9, out=home)


@pytest.mark.parametrize("strategy", ["tpe", "random", "auto", "regularized_evolution"])
def test_another_range_goes_on_and_the_best_lies_inside(home: Path, strategy: str) -> None:
    study = tune(score, {**SPACE, "x": Float(2, 5)}, trials=20, out=home, strategy=strategy)
    assert study.counts()["complete"] == 20
    assert all(2 <= float(record.config["x"]) <= 5 for record in study.ranking())
    assert len(study.ranking()) == 14
    assert 2 <= float(study.best().config["x"]) <= 5


def test_a_further_parameter_goes_on_and_the_best_has_it(home: Path) -> None:
    study = tune(score, {**SPACE, "new": Float(0, 1)}, trials=10, out=home)
    assert "new" in study.best().config
    assert len(study.ranking()) == 4


def test_equal_choices_are_refused() -> None:
    with pytest.raises(ConfigError, match="1 and True for one"):
        Categorical((1, True))
    with pytest.raises(ConfigError, match=r"1 and 1\.0 for one"):
        Categorical((0, 1, 1.0))
    assert Categorical((1, "1", None)).size() == 3
