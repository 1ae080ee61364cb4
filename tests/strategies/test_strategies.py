"""A table of strategies times a table of spaces: a new strategy is one line."""

from __future__ import annotations

import optuna
import pytest

from netwright.core.errors import ConfigError, MissingExtra, UnknownName
from netwright.core.result import Result
from netwright.core.space import Float
from netwright.core.strategy import StrategySpec
from netwright.core.study import Study
from netwright.strategies import STRATEGIES, get_strategy, known_strategies
from netwright.testing import check_replay, check_seed_by_position, check_strategy, toy_spaces

SLOW = ("gp",)
"""Half a second a trial: the laws on two spaces only."""


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name not in SLOW])
def test_the_contract(name: str) -> None:
    if name == "cmaes":
        pytest.importorskip("cmaes")
    check_strategy(get_strategy(name))


@pytest.mark.parametrize("space", ["plain", "conditional"])
@pytest.mark.parametrize("name", SLOW)
def test_the_laws_for_slow_ones(name: str, space: str) -> None:
    spec = get_strategy(name)
    check_replay(spec, toy_spaces()[space])
    check_seed_by_position(spec, toy_spaces()[space])


def best_of(name: str, seed: int) -> float:
    space = {"x": Float(-5, 5), "y": Float(-5, 5)}
    study = Study(space, strategy=get_strategy(name), seed=seed)
    for _ in range(40):
        trial = study.ask()
        assert trial is not None
        x, y = float(trial.config["x"]), float(trial.config["y"])  # type: ignore[arg-type]
        study.tell(trial, Result(scores={"score": (x - 1) ** 2 + (y + 2) ** 2}))
    return study.best().values[0]


@pytest.mark.parametrize("name", ["tpe", "cmaes"])
def test_what_learns_beats_chance(name: str) -> None:
    if name == "cmaes":
        pytest.importorskip("cmaes")
    ours = sum(best_of(name, seed) for seed in range(3))
    assert ours < sum(best_of("random", seed) for seed in range(3))


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_our_tpe_is_optunas() -> None:
    """The same seeds through netwright and through a plain Optuna study give the same values."""
    space = toy_spaces()["plain"]
    spec: StrategySpec = get_strategy("tpe")
    first = spec.make(3, space)
    second = optuna.samplers.TPESampler(
        seed=3, multivariate=True, group=True, constant_liar=True, n_startup_trials=12
    )
    values = []
    for sampler in (first, second):
        study = optuna.create_study(sampler=sampler)
        study.optimize(lambda trial: float(space.configure(trial)["x"]), n_trials=20)  # type: ignore[arg-type]
        values.append([trial.value for trial in study.trials])
    assert values[0] == values[1]


class OwnSampler(optuna.samplers.RandomSampler):
    """A person's own."""


def test_package_and_class_name_a_persons_own() -> None:
    spec = get_strategy(f"{__name__}:OwnSampler")
    check_seed_by_position(spec, toy_spaces()["conditional"])
    assert isinstance(spec.make(1, toy_spaces()["plain"]), OwnSampler)


def test_instances_pass_through() -> None:
    sampler = optuna.samplers.RandomSampler(seed=1)
    assert get_strategy(sampler) is sampler
    spec = get_strategy("tpe")
    assert get_strategy(spec) is spec


def test_unknown_and_unfit_strategies_are_refused() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'random'"):
        get_strategy("randon")
    with pytest.raises(ConfigError, match="is an Optuna sampler"):
        get_strategy("json:loads")


def test_a_missing_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netwright.strategies.samplers.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match="netwright\\[search\\]"):
        get_strategy("cmaes").make(0, toy_spaces()["plain"])


def test_known_strategies_are_the_table() -> None:
    assert set(STRATEGIES) <= set(known_strategies())
