"""What may be asked of a fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netwright.core.errors import BudgetError, ConfigError, UnknownName
from netwright.recipes.options import DEFAULT_SECONDS, FitOptions, make_options


def test_without_a_budget_it_is_ten_minutes() -> None:
    assert make_options(target="y").seconds == DEFAULT_SECONDS == 600


def test_trials_alone_consult_no_clock() -> None:
    assert make_options(target="y", trials=3).seconds is None


def test_words_become_numbers() -> None:
    options = make_options(target="y", time="2m", memory="1GB", learners="linear, net")
    assert options.seconds == 120
    assert options.memory_bytes == 10**9
    assert options.learners == ("linear", "net")


def test_the_pruner_is_careful_unless_another_is_named() -> None:
    assert make_options(target="y").pruner == "percentile"
    assert make_options(target="y", pruner="halving").pruner == "halving"
    assert FitOptions.from_json({"target": "y"}).pruner == "percentile"  # runs of before


def test_a_recipe_file_lies_underneath(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("target: price\ntime: 90s\nlevel: hpo\nlearners: [xgboost]\nseed: 7\n")
    options = make_options(recipe=str(path), level="select", target=None)
    assert options.target == "price"
    assert options.seconds == 90
    assert options.level == "select"
    assert (options.learners, options.seed) == (("xgboost",), 7)


def test_config_and_schema_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(json.dumps({"num_leaves": 8}))
    (tmp_path / "s.yaml").write_text("zip: category\n")
    options = make_options(
        target="y", trials=1, config=str(tmp_path / "c.json"), schema=tmp_path / "s.yaml"
    )
    assert options.config == {"num_leaves": 8}
    assert options.schema == {"zip": "category"}


def test_options_survive_json() -> None:
    options = make_options(
        target="y", time="2m", learners="linear", config={"C": 2.0}, max_size_mb=3.0
    )
    assert FitOptions.from_json(json.loads(json.dumps(options.to_json()))) == options


def test_options_of_a_later_version_are_passed_over() -> None:
    assert FitOptions.from_json({"target": "y", "trials": 1, "quantum": True}).target == "y"


@pytest.mark.parametrize(
    ("said", "error", "message"),
    [
        ({"level": "half"}, UnknownName, "level"),
        ({"time": "soon"}, BudgetError, "must be positive"),
        ({"time": "-5m"}, BudgetError, "must be positive"),
        ({"trials": 0}, BudgetError, "at least 1"),
        ({"workers": 0}, BudgetError, "workers must be at least 1"),
        ({"threads": -1}, BudgetError, "threads must be at least 1"),
        ({"max_size_mb": 0.0}, ConfigError, "must be positive"),
        ({"memory": "lots"}, BudgetError, "4GB"),
        ({"colour": "red"}, UnknownName, "option"),
        ({"device": "abacus"}, ConfigError, "A device is auto"),
        ({"config": "absent.yaml"}, ConfigError, "no config file"),
        ({"recipe": "absent.yaml"}, ConfigError, "no recipe file"),
    ],
)
def test_what_makes_no_sense_is_refused(said: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        make_options(target="y", **said)


def test_a_target_is_needed() -> None:
    with pytest.raises(ConfigError, match="--target"):
        make_options(time="1m")


@pytest.mark.parametrize(
    ("content", "message"), [("- a\n", "must hold names"), ("a: [", "not YAML")]
)
def test_damaged_recipes_are_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=message):
        make_options(recipe=path)


def test_a_misspelt_name_in_a_recipe_is_named(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("target: y\nleanrers: a\n")
    with pytest.raises(UnknownName, match="'learners'"):
        make_options(recipe=path)


def test_a_metric_may_be_a_function_that_workers_can_import() -> None:
    from sklearn.metrics import f1_score

    assert make_options(target="y", metric=f1_score).metric == "sklearn.metrics:f1_score"
    with pytest.raises(ConfigError, match="put it into a module"):
        make_options(target="y", metric=lambda truth, predicted: 0.0)


@pytest.mark.parametrize("name", ["weight", "group", "time_column"])
def test_columns_are_named(name: str) -> None:
    with pytest.raises(ConfigError, match=f"'{name}' takes a name. Got a list"):
        make_options(target="y", **{name: [1.0]})
