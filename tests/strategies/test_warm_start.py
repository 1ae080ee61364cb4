"""Cheap scores first, then whatever sampler is within."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import optuna
import pytest

from netwright.core.config import Config
from netwright.core.space import Space
from netwright.core.strategy import StrategySpec
from netwright.strategies import get_strategy
from netwright.strategies.warm_start import WarmStart, mean_ranks, with_cheap
from netwright.testing import check_strategy, toy_spaces
from netwright.testing.toys import toy_loss

NAN = float("nan")


def cheap(config: Config) -> Mapping[str, float]:
    """Two scores that agree: the true one, and one that is known of some designs only."""
    loss = toy_loss(config)
    return {"sure": -loss, "rare": -loss if loss < 3 else NAN}


def studied(space: Space, trials: int, seed: int = 0, **settings: int) -> list[Config]:
    """The designs of a plain Optuna study, in order."""
    sampler = WarmStart(get_strategy("random").make(seed, space), space, cheap, **settings)
    study = optuna.create_study(sampler=sampler)
    configs = []
    for _ in range(trials):
        trial = study.ask()
        configs.append(space.configure(trial))
        study.tell(trial, toy_loss(configs[-1]))
    return configs


@pytest.mark.parametrize("name", list(toy_spaces()))
def test_the_best_of_the_pool_come_first(name: str) -> None:
    space = toy_spaces()[name]
    rng = np.random.default_rng(0)
    pool = list(dict.fromkeys(space.sample(rng) for _ in range(200)))
    tried = [toy_loss(config) for config in studied(space, 5, count=5, pool=200)]
    assert tried == sorted(map(toy_loss, pool))[:5]


def test_afterwards_the_inner_sampler_decides_and_has_its_past() -> None:
    space = toy_spaces()["plain"]
    plain = get_strategy("random").make(0, space)
    study = optuna.create_study(sampler=plain)
    alone = [space.configure(study.ask()) for _ in range(12)]
    assert studied(space, 12, count=5, pool=50)[5:] == alone[5:]
    inner = get_strategy("regularized_evolution").make(0, space)
    study = optuna.create_study(sampler=WarmStart(inner, space, cheap, count=3))
    study.optimize(lambda trial: toy_loss(space.configure(trial)), n_trials=5)
    assert len(inner.past) == 4  # what was known when the fifth was asked for


def test_the_pool_is_the_seeds() -> None:
    space = toy_spaces()["conditional"]
    assert studied(space, 4, seed=1) == studied(space, 4, seed=1)
    sampler = [WarmStart(optuna.samplers.RandomSampler(), space, cheap, seed=s) for s in (1, 2)]
    assert sampler[0].first != sampler[1].first


def test_a_small_space_gives_what_it_has() -> None:
    space = toy_spaces()["discrete"]
    sampler = WarmStart(optuna.samplers.RandomSampler(0), space, cheap, count=1000, pool=3000)
    assert len(sampler.first) == space.size() == 72
    study = optuna.create_study(sampler=sampler)
    study.optimize(lambda trial: toy_loss(space.configure(trial)), n_trials=75)
    assert study.trials[0].value == min(trial.value for trial in study.trials)


def test_what_was_enqueued_stands() -> None:
    space = toy_spaces()["plain"]
    sampler = WarmStart(optuna.samplers.RandomSampler(0), space, cheap)
    study = optuna.create_study(sampler=sampler)
    study.enqueue_trial({"n": 7})
    config = space.configure(study.ask())
    assert config["n"] == 7
    assert config["x"] == sampler.first[0]["x"]


def test_a_sampler_on_a_flat_space_goes_on() -> None:
    space = toy_spaces()["conditional"]
    flat = space.flat()
    sampler = WarmStart(optuna.samplers.NSGAIISampler(seed=0), space, cheap, count=4)
    study = optuna.create_study(sampler=sampler)
    configs = [flat.configure(study.ask()) for _ in range(6)]
    assert configs[:4] == sampler.first


# ------------------------------------------------------------------------------ ranks


def test_ranks_are_averaged_and_the_unknown_is_last() -> None:
    scores = [{"a": 3.0, "b": NAN}, {"a": 2.0, "b": 5.0}, {"a": NAN, "b": 6.0}, {"a": 1.0}]
    assert mean_ranks(scores).tolist() == [(1 + 3.5) / 2, (2 + 2) / 2, (4 + 1) / 2, (3 + 3.5) / 2]


def test_ties_share_a_rank_and_no_score_ranks_all_alike() -> None:
    assert mean_ranks([{"a": 1.0}, {"a": 1.0}, {"a": 0.0}]).tolist() == [1.5, 1.5, 3]
    assert mean_ranks([{}, {}]).tolist() == [0, 0]


# ------------------------------------------------------------------------------- laws


def warm(seed: int, space: Space) -> WarmStart:
    """Importable, as workers need it."""
    inner = get_strategy("regularized_evolution").sampler(seed, space)
    return WarmStart(inner, space, cheap, count=4, pool=50, seed=seed)


def test_it_keeps_the_laws_of_every_strategy() -> None:
    check_strategy(StrategySpec("warm", warm, placed=True))


def test_cheap_scores_go_where_they_are_understood() -> None:
    space = toy_spaces()["plain"]
    understands = get_strategy("auto").make(0, space)
    assert with_cheap(understands, space, cheap, seed=0) is understands
    wrapped = with_cheap(optuna.samplers.RandomSampler(seed=0), space, cheap, seed=3, pool=7)
    assert isinstance(wrapped, WarmStart)
    assert (wrapped.seed, wrapped.pool, len(wrapped.first)) == (3, 7, 7)
