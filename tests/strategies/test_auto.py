"""`auto`: what it takes into account, and what it must never do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netwright.core.config import Config
from netwright.core.domains import Categorical, Float, Int
from netwright.core.pareto import hypervolume, pareto_mask
from netwright.core.space import Parameters, Space
from netwright.spaces.cell import EdgeCell
from netwright.strategies.acquisition import (
    bent,
    chebyshev,
    expected_hypervolume_improvement,
    warped,
)
from netwright.strategies.auto import Auto, last_fit
from netwright.strategies.pool import Eyes, Listed, around, every_design
from netwright.testing import toy_spaces

SQUARE = Parameters({"x": Float(-5, 5), "y": Float(-5, 5)})
CELL = EdgeCell(3, ("none", "skip_connect", "a", "b", "c"))


def search(
    space: Space,
    loss: Callable[[Config], object],
    trials: int,
    directions: tuple[str, ...] = ("minimize",),
    cheap: Callable | None = None,
    limit: Callable[[Config], float] | None = None,
    **settings: object,
) -> optuna.Study:
    sampler = Auto(space, 0, **settings)
    if cheap is not None:
        sampler.use_cheap(cheap)
    study = optuna.create_study(sampler=sampler, directions=list(directions))
    for _ in range(trials):
        trial = study.ask()
        config = space.configure(trial)
        if limit is not None:
            trial.set_constraint("limit", limit(config))
        value = loss(config)
        if value is None:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(trial, value)
    return study


def bowl(config: Config) -> float:
    return (config["x"] - 1) ** 2 + (config["y"] + 2) ** 2


def cell_loss(config: Config) -> float:
    worth = {"none": 3.0, "skip_connect": 2.0, "a": 1.0, "b": 0.5, "c": 0.0}
    return sum(worth[str(operation)] for operation in config.values())


def test_a_bowl_is_found_quickly() -> None:
    assert search(SQUARE, bowl, 30).best_value < 0.05


def test_nothing_is_tried_twice_until_all_is_known() -> None:
    study = search(CELL, cell_loss, 40)
    tried = [CELL.canonical(CELL.complete(trial.params)) for trial in study.trials]
    assert len(set(tried)) == len(tried)
    assert study.best_value == 0.0


def test_a_space_smaller_than_the_budget_goes_on() -> None:
    space = Parameters({"a": Categorical(("p", "q")), "n": Int(0, 2)})
    study = search(space, lambda config: config["n"], 12)
    assert len({tuple(trial.params.items()) for trial in study.trials}) == 6
    assert len(study.trials) == 12


def test_defaults_are_tried_first_where_they_are_declared() -> None:
    space = Parameters({"x": Float(-5, 5, default=4.0), "n": Int(1, 9, default=7)})
    assert search(space, lambda config: config["x"], 1).trials[0].params == {"x": 4.0, "n": 7}


def test_two_workers_that_begin_at_once_do_not_both_try_the_defaults() -> None:
    space = Parameters({"x": Float(-5, 5, default=4.0), "n": Int(1, 9, default=7)})
    study = optuna.create_study(sampler=Auto(space, 0))
    one, other = study.ask(), study.ask()  # neither has a design yet
    assert space.configure(one) == space.complete()
    assert space.configure(other) != space.complete()


def test_failures_and_infinities_are_lived_with() -> None:
    def loss(config: Config) -> float | None:
        return None if config["x"] > 0 else float(config["x"] ** 2)

    study = search(SQUARE, loss, 25)
    assert study.best_value < 1
    late = [trial.params["x"] > 0 for trial in study.trials[15:]]
    assert np.mean(late) < 0.5


def test_maximising_is_minimising_upside_down() -> None:
    low = search(SQUARE, bowl, 15)
    high = search(SQUARE, lambda config: -bowl(config), 15, directions=("maximize",))
    assert [t.params for t in low.trials] == [t.params for t in high.trials]


def test_limits_are_kept_in_the_end() -> None:
    study = search(SQUARE, bowl, 40, limit=lambda config: config["x"])  # x <= 0
    late = [trial.params["x"] <= 0.3 for trial in study.trials[20:]]
    assert np.mean(late) > 0.7
    kept = [trial.value for trial in study.trials if trial.params["x"] <= 0]
    assert min(kept) < 1.5  # 1 is the best with x <= 0


@pytest.mark.parametrize("space", [SQUARE, CELL])
def test_several_objectives_spread_over_the_front(space: Space) -> None:
    def loss(config: Config) -> tuple[float, float]:
        if space is SQUARE:
            return bowl(config), bowl(Config({"x": -config["x"], "y": config["y"]}))
        size = {"none": 0.0, "skip_connect": 0.2, "a": 1.0, "b": 2.0, "c": 4.0}
        return cell_loss(config), sum(size[str(operation)] for operation in config.values())

    study = search(space, loss, 40, directions=("minimize", "minimize"))
    assert len({trial.values[0] for trial in study.best_trials}) >= 3


def test_three_objectives() -> None:
    def loss(config: Config) -> tuple[float, float, float]:
        return bowl(config), abs(config["x"]), abs(config["y"])

    study = search(SQUARE, loss, 20, directions=("minimize",) * 3)
    assert len(study.best_trials) >= 3


def test_cheap_scores_show_where_to_start_and_what_to_believe() -> None:
    telling = search(CELL, cell_loss, 8, cheap=lambda config: {"cheap": -cell_loss(config)})
    assert telling.best_value == 0.0
    noise = {config: float(i % 7) for i, config in enumerate(CELL.every())}
    blind = search(CELL, cell_loss, 40, cheap=lambda config: {"noise": noise[config]})
    assert blind.best_value <= 0.5


def test_cheap_scores_may_be_missing() -> None:
    study = search(CELL, cell_loss, 12, cheap=lambda config: {"cheap": float("nan")})
    assert len(study.trials) == 12


def test_listed_and_drawn_candidates_both_find_the_best() -> None:
    assert search(CELL, cell_loss, 30, most_listed=10).best_value <= 0.5
    assert search(CELL, cell_loss, 30, most_listed=10_000).best_value <= 0.5


def test_more_designs_than_the_model_looks_at() -> None:
    assert search(SQUARE, bowl, 40, most_seen=20).best_value < 0.3


def test_workers_do_not_all_go_the_same_way() -> None:
    study = optuna.create_study(sampler=Auto(CELL, 0))
    for _ in range(8):
        trial = study.ask()
        study.tell(trial, cell_loss(CELL.configure(trial)))
    waiting = [CELL.canonical(CELL.configure(study.ask())) for _ in range(5)]
    assert len(set(waiting)) == 5


def test_reopening_goes_on_as_if_never_stopped() -> None:
    """Beyond the contract's sixteen trials: several fits, rows grown one by one."""
    for space, loss in ((CELL, cell_loss), (SQUARE, bowl)):
        whole = search(space, loss, 30)
        half = optuna.create_study(sampler=Auto(space, 0))
        half.add_trials(whole.trials[:22])
        for trial in whole.trials[22:]:
            asked = half.ask()
            config = space.configure(asked)
            assert asked.params == trial.params
            half.tell(asked, loss(config))


@given(first=st.integers(1, 20), count=st.integers(1, 500))
def test_fits_come_at_known_counts(first: int, count: int) -> None:
    fitted = last_fit(count, first)
    assert min(first, count) <= fitted <= count
    assert last_fit(fitted, first) == fitted


# ------------------------------------------------------------------ its parts


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40), st.integers(0, 3))
def test_warping_keeps_the_order_and_bears_failures(values: list[float], failed: int) -> None:
    losses = np.array([*values, *[np.inf] * failed])
    for warp in (warped, bent):
        told = warp(losses)
        assert np.isfinite(told).all()
        assert (np.diff(told[losses.argsort(kind="stable")]) >= -1e-9).all()


def test_all_failed_is_flat() -> None:
    assert (warped(np.full(3, np.inf)) == 0).all()
    assert (bent(np.full(3, np.inf)) == 0).all()


def added_volume(front: np.ndarray, points: np.ndarray) -> np.ndarray:
    before = hypervolume(front, np.ones(2))
    after = [hypervolume(np.vstack([front, point]), np.ones(2)) for point in points]
    return np.array(after) - before


def test_known_losses_add_the_difference_of_volumes() -> None:
    rng = np.random.default_rng(0)
    known, points = rng.random((12, 2)), rng.random((30, 2)) * 1.2 - 0.1
    front = known[pareto_mask(known)]
    found = expected_hypervolume_improvement(front, points, np.zeros((30, 2)))
    np.testing.assert_allclose(found, added_volume(front, points), atol=1e-9)


def test_expected_hypervolume_improvement_is_the_mean_of_many_draws() -> None:
    rng = np.random.default_rng(1)
    known = rng.random((6, 2))
    front = known[pareto_mask(known)]
    mean, deviation = np.array([[0.3, 0.4], [0.8, 0.1]]), np.array([[0.2, 0.1], [0.1, 0.3]])
    found = expected_hypervolume_improvement(front, mean, deviation)
    for row in range(2):
        draws = rng.normal(mean[row], deviation[row], (20_000, 2))
        assert found[row] == pytest.approx(added_volume(front, draws).mean(), rel=0.04)


def test_chebyshev_prefers_the_balanced() -> None:
    losses = np.array([[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]])
    assert chebyshev(losses, np.array([0.5, 0.5])).argmin() == 1


def test_ranks_of_cheap_scores_are_shares() -> None:
    space = Parameters({"n": Int(0, 9)})
    eyes = Eyes(space, lambda config: {"n": config["n"]}, np.random.default_rng(0))
    ranks = eyes.ranks([Config({"n": n}) for n in range(10)])[:, 0]
    np.testing.assert_allclose(ranks, np.arange(10) / 10, atol=0.06)


@pytest.mark.parametrize("name", toy_spaces())
def test_drawn_candidates_are_valid_and_different(name: str) -> None:
    space, rng = toy_spaces()[name], np.random.default_rng(0)
    best = [space.sample(rng) for _ in range(3)]
    drawn = around(space, best, 60, rng)
    assert len(set(drawn)) == len(drawn)
    assert all(space.complete(config) == config for config in drawn)


def test_listing_every_design_or_none() -> None:
    configs = every_design(CELL, 1000)
    assert configs is not None
    assert len(set(configs)) == len(configs) == CELL.size()
    assert every_design(CELL, 100) is None
    assert every_design(SQUARE, 10**9) is None


def test_what_is_the_same_thing_is_closed_together_unless_its_speed_counts() -> None:
    configs = every_design(CELL, 1000)
    assert configs is not None
    tried = configs[0]  # nothing reaches the output: so it is with many
    same = [CELL.canonical(config) == CELL.canonical(tried) for config in configs]
    for alike, closed in ((True, sum(same)), (False, 1)):
        listed = Listed(CELL, configs, Eyes(CELL))
        listed.close(tried, alike)
        assert (~listed.open).sum() == closed > 0
        assert listed.best(np.ones(len(configs)), [configs[-1]]) not in (tried, configs[-1])
