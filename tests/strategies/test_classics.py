"""Random, grid, local search, genetic and ageing evolution: what makes each what it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import optuna
import pytest

from netwright.core.config import Config
from netwright.core.domains import Categorical, Float, Int
from netwright.core.errors import ConfigError
from netwright.core.space import Parameters
from netwright.strategies import get_strategy
from netwright.strategies.auto import Auto
from netwright.strategies.evolution import RegularizedEvolution
from netwright.strategies.genetic import Genetic
from netwright.strategies.grid import Grid
from netwright.strategies.local_search import LocalSearch
from netwright.strategies.proposer import Past, Proposer
from netwright.testing import toy_spaces

LETTERS = Parameters({f"x{i}": Categorical(("a", "b", "c", "d")) for i in range(5)})


def letter_loss(config: Config) -> float:
    return float(sum("abcd".index(str(letter)) for letter in config.values()))


def run(
    sampler: Proposer, loss: Callable[[Config], float], trials: int
) -> list[tuple[Config, float]]:
    study = optuna.create_study(sampler=sampler)
    found = []
    for _ in range(trials):
        trial = study.ask()
        config = sampler.space.configure(trial)
        value = loss(config)
        study.tell(trial, value)
        found.append((config, value))
    return found


def test_random_draws_each_choice_alike() -> None:
    sampler = get_strategy("random").sampler(0, LETTERS)
    drawn = Counter(config["x0"] for config, _ in run(sampler, letter_loss, 400))
    assert all(70 < drawn[letter] < 130 for letter in "abcd")


# ------------------------------------------------------------------ grid


@pytest.mark.parametrize("name", ["discrete", "blocks"])
def test_a_grid_visits_every_design_once(name: str) -> None:
    space = toy_spaces()[name]
    total = int(space.size())
    found = [config for config, _ in run(Grid(space, 3), lambda config: 0.0, total)]
    assert len(set(found)) == total


def test_a_grid_of_numbers_has_so_many_points_each() -> None:
    space = Parameters({"lr": Float(1e-4, 1, log=True), "n": Int(1, 100), "few": Int(1, 3)})
    found = [config for config, _ in run(Grid(space, 0, points=5), lambda config: 0.0, 75)]
    assert len(set(found)) == 75
    np.testing.assert_allclose(sorted({c["lr"] for c in found}), np.logspace(-4, 0, 5))
    assert {c["few"] for c in found} == {1, 2, 3}
    assert len({c["n"] for c in found}) == 5


def test_a_part_of_the_grid_covers_all_of_it() -> None:
    space = Parameters({"x": Int(0, 9), "y": Int(0, 9)})
    found = [config for config, _ in run(Grid(space, 0, points=10), lambda config: 0.0, 20)]
    assert len({config["x"] for config in found}) >= 7
    assert len({config["y"] for config in found}) >= 7


def test_beyond_the_grid_chance_goes_on() -> None:
    space = Parameters({"x": Float(0, 1)})
    found = [config for config, _ in run(Grid(space, 0, points=3), lambda config: 0.0, 10)]
    assert len(set(found)) == 10


# ------------------------------------------------------------------ local search


def test_climbing_only_ever_looks_beside_what_it_knows() -> None:
    found = [config for config, _ in run(LocalSearch(LETTERS, 0, starts=3), letter_loss, 40)]
    for place, config in enumerate(found[3:], start=3):
        near = [sum(config[n] != known[n] for n in config) for known in found[:place]]
        assert min(near) == 1
    assert len(set(found)) == 40


def test_a_hill_without_traps_is_climbed() -> None:
    assert min(value for _, value in run(LocalSearch(LETTERS, 1), letter_loss, 90)) == 0


def test_a_climb_that_gets_nowhere_starts_elsewhere() -> None:
    flat = run(LocalSearch(LETTERS, 0, starts=2, patience=5), lambda config: 1.0, 30)
    configs = [config for config, _ in flat]
    far = [
        min(sum(config[n] != known[n] for n in config) for known in configs[:place])
        for place, config in enumerate(configs[2:], start=2)
    ]
    assert max(far) > 1  # a fresh draw among the steps


# ------------------------------------------------------------------ evolution


def test_evolution_mutates_the_best_of_the_drawn() -> None:
    found = run(RegularizedEvolution(LETTERS, 0, population=6, sample=6), letter_loss, 40)
    for place in range(6, 40):
        living = found[place - 6 : place]
        best = min(living, key=lambda one: one[1])[1]
        parents = [config for config, value in living if value == best]
        child = found[place][0]
        assert any(sum(child[n] != parent[n] for n in child) == 1 for parent in parents)


def test_the_old_die() -> None:
    losses = iter([0.0, *range(1, 100)])  # the first is the best, and ages
    found = run(
        RegularizedEvolution(LETTERS, 0, population=4, sample=4), lambda config: next(losses), 30
    )
    first = found[0][0]
    late = [sum(first[n] != config[n] for n in first) for config, _ in found[15:]]
    assert max(late) > 2


def test_genetic_children_come_from_the_fit() -> None:
    found = run(Genetic(LETTERS, 0, population=8), letter_loss, 80)
    assert np.mean([v for _, v in found[60:]]) < np.mean([v for _, v in found[:8]]) - 1
    assert len({config for config, _ in found}) == 80


@pytest.mark.parametrize(
    "name", ["local_search", "genetic", "regularized_evolution", "reinforce", "bananas", "auto"]
)
def test_what_learns_beats_chance_on_letters(name: str) -> None:
    space = Parameters({f"x{i}": Categorical(("a", "b", "c", "d")) for i in range(7)})

    def best(strategy: str) -> float:
        means = []
        for seed in range(2):
            sampler = get_strategy(strategy).sampler(seed, space)
            means.append(min(value for _, value in run(sampler, letter_loss, 70)))
        return float(np.mean(means))

    assert best(name) < best("random")


@pytest.mark.parametrize(
    ("kind", "setting"),
    [
        (Grid, "points"),
        (LocalSearch, "patience"),
        (RegularizedEvolution, "sample"),
        (Genetic, "tournament"),
        (Auto, "starts"),
    ],
)
def test_settings_that_make_no_sense_are_refused(kind: type[Proposer], setting: str) -> None:
    with pytest.raises(ConfigError, match=f"needs {setting} of at least 1. Got 0"):
        kind(LETTERS, 0, **{setting: 0})


# ------------------------------------------------------------------ the common ground


class First(Proposer):
    """Always the same design."""

    def propose(self, past: Past, rng: np.random.Generator) -> Config:
        return self.space.complete()


def test_a_strategy_of_ones_own_in_three_lines() -> None:
    found = run(First(toy_spaces()["conditional"], 0), lambda config: 1.0, 3)
    assert len({config for config, _ in found}) == 1


def test_what_was_enqueued_stands() -> None:
    space = toy_spaces()["conditional"]
    study = optuna.create_study(sampler=LocalSearch(space, 0))
    study.enqueue_trial({"side": "right", "right.gear": 5})
    config = space.configure(study.ask())
    assert config["side"] == "right"
    assert config["right.gear"] == 5


def test_pruned_trials_count_with_their_last_report_and_failed_ones_as_worst() -> None:
    sampler = First(LETTERS, 0)
    study = optuna.create_study(sampler=sampler)
    for state in ("PRUNED", "FAIL", "COMPLETE"):
        trial = study.ask()
        LETTERS.configure(trial)
        trial.report(3.0, 1)
        trial.report(2.0, 2)
        value = 1.0 if state == "COMPLETE" else None
        study.tell(trial, value, state=optuna.trial.TrialState[state])
    LETTERS.configure(study.ask())
    assert [losses[0] for losses in sampler.past.losses] == [2.0, np.inf, 1.0]


def test_a_limit_comes_before_a_loss() -> None:
    past = Past(
        configs=[LETTERS.complete()] * 3, losses=[(0.0,), (2.0,), (1.0,)], violations=[3.0, 0, 0]
    )
    assert past.order() == [2, 1, 0]
    assert past.better(1, 0)


def test_parameters_outside_the_space_are_drawn_at_random() -> None:
    study = optuna.create_study(sampler=First(LETTERS, 0))
    trial = study.ask()
    LETTERS.configure(trial)
    assert 0 <= trial.suggest_float("something else", 0, 1) <= 1
