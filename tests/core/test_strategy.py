"""Seeds by position."""

from __future__ import annotations

import optuna
from hypothesis import given
from hypothesis import strategies as st

from netwright.core.positions import POSITION, SURPLUS, position_of
from netwright.core.strategy import PositionSeeded, derive_seed


@given(st.integers(0, 10**6), st.integers(0, 10**4))
def test_seeds_are_repeatable_32_bit_numbers(seed: int, position: int) -> None:
    value = derive_seed(seed, position)
    assert value == derive_seed(seed, position)
    assert 0 <= value < 2**32


def test_neighbours_share_nothing() -> None:
    seeds = [derive_seed(seed, position) for seed in range(20) for position in range(50)]
    assert len(set(seeds)) == len(seeds)


def trials(*attributes: dict) -> list[optuna.trial.FrozenTrial]:
    made = []
    for number, told in enumerate(attributes):
        trial = optuna.trial.create_trial(value=0.0, user_attrs=told)
        trial.number = number
        made.append(trial)
    return made


def test_positions_are_numbers_where_nothing_was_lost() -> None:
    found = trials({}, {}, {})
    assert [position_of(trial, found) for trial in found] == [0, 1, 2]


def test_a_retry_keeps_its_position_and_moves_nobody() -> None:
    found = trials({}, {}, {POSITION: 1}, {})
    assert [position_of(trial, found) for trial in found] == [0, 1, 1, 2]


def test_surplus_trials_take_no_position() -> None:
    found = trials({}, {SURPLUS: True}, {})
    assert position_of(found[2], found) == 1


def test_a_plain_optuna_script_replays() -> None:
    def values(stop: int) -> list[float]:
        storage = optuna.storages.InMemoryStorage()
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        for wanted in (stop, 12 - stop):
            sampler = PositionSeeded(lambda seed: optuna.samplers.TPESampler(seed=seed), seed=5)
            study = optuna.create_study(
                storage=storage, sampler=sampler, study_name="s", load_if_exists=True
            )
            study.optimize(lambda trial: trial.suggest_float("x", -3, 3) ** 2, n_trials=wanted)
        return [trial.value for trial in study.trials]

    assert values(4) == values(9)


def test_one_seed_for_samplers_that_count_for_themselves() -> None:
    seen: list[int] = []

    def make(seed: int) -> optuna.samplers.BaseSampler:
        seen.append(seed)
        return optuna.samplers.RandomSampler(seed=seed)

    study = optuna.create_study(sampler=PositionSeeded(make, seed=9, one_seed=True))
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)
    assert set(seen) == {9}


def test_reseeding_changes_nothing() -> None:
    sampler = PositionSeeded(lambda seed: optuna.samplers.RandomSampler(seed=seed), seed=1)
    sampler.reseed_rng()
    first = optuna.create_study(sampler=sampler).ask().suggest_float("x", 0, 1)
    again = PositionSeeded(lambda seed: optuna.samplers.RandomSampler(seed=seed), seed=1)
    assert optuna.create_study(sampler=again).ask().suggest_float("x", 0, 1) == first
