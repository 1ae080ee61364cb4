"""Replays on a simulated clock, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import optuna
import pandas as pd
import pytest

from netwright.core.config import Config
from netwright.core.errors import BudgetError, ConfigError, UnknownName
from netwright.evaluators.columns import Columns, Limit
from netwright.evaluators.designs import read_table
from netwright.evaluators.table import DesignTable
from netwright.recipes.bench import bench
from netwright.recipes.replay import Replay, Rules, replay
from netwright.recipes.standings import hypervolumes, summarise
from netwright.strategies import STRATEGIES
from tests.evaluators.test_table import PARAMETERS, make_designs

OUR_OWN = f"{__name__}:Listening"
SEEN: list[list[int]] = []


class Listening(optuna.samplers.RandomSampler):
    """Writes down which trials were running at each question."""

    def before_trial(self, study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        """Looks around."""
        trials = study.get_trials(deepcopy=False)
        SEEN.append([t.number for t in trials if t.state == optuna.trial.TrialState.RUNNING])
        super().before_trial(study, trial)


class Refusing(optuna.samplers.RandomSampler):
    """Does one objective only."""

    def before_trial(self, study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        """Refuses."""
        raise ValueError("one objective only")


def table_of(frame: pd.DataFrame | None = None, **columns: object) -> DesignTable:
    told: dict = {"validation": "val", "test": "test", **columns}
    designs = make_designs() if frame is None else frame
    return read_table(designs, Columns(**told), parameters=PARAMETERS)


# ------------------------------------------------------------------------ the clock


def test_queries_are_counted() -> None:
    found = replay(table_of(), "random", 0, Rules(queries=7))
    assert len(found.places) == 7
    assert 0 < found.seconds_per_query < 0.1


def test_one_worker_pays_for_one_after_another() -> None:
    table = table_of(cost="seconds")
    places = replay(table, "random", 3, Rules(queries=30)).places
    scale = 0.1
    clock = np.cumsum(table.costs[list(places)]) * scale
    for budget in (clock[4], clock[4] + 0.01, clock[5] - 0.01):
        rules = Rules(queries=None, cost_budget=float(budget), cost_scale=scale)
        assert replay(table, "random", 3, rules).places == places[:5]


def test_whoever_is_free_asks_next() -> None:
    """Three workers, by a simulation written another way: a list of when each is free."""
    table = table_of(cost="seconds")
    serial = replay(table, "random", 1, Rules(queries=40)).places  # law 2: the same designs
    free, ends = [0.0, 0.0, 0.0], []
    for number, place in enumerate(serial):
        worker = int(np.argmin(free))
        free[worker] += table.costs[place]
        ends.append((free[worker], number))
    expected = [serial[number] for _, number in sorted(ends)]
    assert list(replay(table, "random", 1, Rules(queries=40, workers=3)).places) == expected


def test_what_would_end_after_the_budget_does_not_count() -> None:
    table = table_of(cost="seconds")
    rules = Rules(queries=None, cost_budget=float(table.costs.min()) - 1)
    assert replay(table, "random", 0, rules).places == ()
    assert summarise(table, [replay(table, "random", 0, rules)])["test_mean"] is None


def test_more_workers_do_more_in_the_same_time() -> None:
    table = table_of(cost="seconds")
    counts = [
        len(replay(table, "random", 0, Rules(None, 500.0, workers=workers)).places)
        for workers in (1, 4)
    ]
    assert 3 * counts[0] < counts[1] < 5 * counts[0]


def test_running_trials_are_pending() -> None:
    SEEN.clear()
    replay(table_of(), OUR_OWN, 0, Rules(queries=8, workers=3))
    assert [len(running) for running in SEEN] == [1, 2] + [3] * 6  # itself among them


# -------------------------------------------------------------------- every strategy


@pytest.mark.parametrize("strategy", [name for name in STRATEGIES if name not in ("gp", "cmaes")])
def test_every_strategy_replays_the_same(strategy: str) -> None:
    table = table_of(limits=(Limit.parse("size<=32"),))
    rules = Rules(queries=15, workers=2)
    first = replay(table, strategy, 5, rules)
    assert replay(table, strategy, 5, rules).places == first.places
    assert len(first.places) == 15
    assert min(first.places) >= 0


@pytest.mark.parametrize("strategy", ["random", "regularized_evolution", "local_search"])
def test_our_own_strategies_stay_on_the_rows_of_a_sparse_table(strategy: str) -> None:
    table = table_of(make_designs().iloc[[0, 3, 5, 9, 13, 17]])
    assert min(replay(table, strategy, 0, Rules(queries=40)).places) >= 0


def test_a_sampler_that_leaves_the_table_is_answered_by_near_designs() -> None:
    table = table_of(make_designs().iloc[[0, 5, 9, 13]])
    found = replay(table, "tpe", 0, Rules(queries=30))
    assert found.moved > 0
    assert min(found.places) >= 0
    assert summarise(table, [found])["moved"] == found.moved
    assert replay(table, "local_search", 0, Rules(queries=30)).moved == 0


def test_several_objectives() -> None:
    table = table_of(minimise=("size",))
    found = summarise(table, [replay(table, "nsga2", seed, Rules(queries=60)) for seed in (0, 1)])
    assert 0.5 < found["hypervolume"] <= 1


def test_cheap_scores_come_first() -> None:
    """The cheap score of half the designs is the validation itself."""
    frame = make_designs()
    table = table_of(frame, cheap=("cheap",))
    best = frame["cheap"].sort_values(ascending=False).index[:10]
    for strategy in ("random", "nsga2"):
        assert replay(table, strategy, 0, Rules(queries=12)).places[:10] == tuple(best)


def test_who_uses_cheap_scores_itself_is_not_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = []
    monkeypatch.setattr(
        "netwright.core.strategy.PositionSeeded.use_cheap",
        lambda self, score: heard.append(score),
        raising=False,
    )
    table = table_of(cheap=("cheap",))
    replay(table, "tpe", 0, Rules(queries=1))
    scores: Mapping[str, float] = heard[0](Config({"op": "conv", "width": 8, "wide": False}))
    assert scores == {"cheap": table.validation[0]}


def test_a_strategy_that_refuses_says_so() -> None:
    with pytest.raises(ConfigError, match="cannot search this table"):
        replay(table_of(minimise=("size",)), f"{__name__}:Refusing", 0, Rules(queries=1))


# ------------------------------------------------------------------------- standings


def test_the_curve_is_the_test_of_the_best_so_far() -> None:
    """By hand: limits are kept, absent designs and early ends carry forward."""
    frame = make_designs().assign(val=range(18), test=[100 - i for i in range(18)])
    table = table_of(frame, limits=(Limit.parse("val<=15"),))
    runs = [Replay((17, 3, 2, -1, 9), 0.1), Replay((-1, 4), 0.3)]
    found = summarise(table, runs)
    assert found["curve"] == [None, (97 + 96) / 2, (97 + 96) / 2, (97 + 96) / 2, (91 + 96) / 2]
    assert found["curve_error"][0] is None
    assert found["curve_error"][1] == pytest.approx(0.5)
    assert (found["test_mean"], found["test_std"]) == (93.5, 2.5)
    assert found["validation_mean"] == 6.5
    assert found["validation_regret"] == 15 - 6.5
    assert found["queries"] == 3.5
    assert found["seconds_per_query"] == pytest.approx(0.2)
    assert "hypervolume" not in found


def test_seeds_that_found_nothing_are_counted() -> None:
    table = table_of(limits=(Limit.parse("size<=8"),))
    big = int(np.flatnonzero(~table.feasible)[0])
    found = summarise(table, [Replay((big,), 0.1), Replay((table.optimum,), 0.1)])
    assert found["found"] == 0.5
    assert found["test_mean"] == table.test[table.optimum]
    assert summarise(table, [Replay((big,), 0.1)])["test_mean"] is None


def test_regret_of_losses_is_not_negative() -> None:
    table = table_of(direction="minimize")
    found = summarise(table, [Replay((4, 5), 0.1)])
    assert found["validation_regret"] == found["validation_mean"] == table.validation[[4, 5]].min()


def test_the_volume_of_everything_is_one_and_of_corners_what_geometry_says() -> None:
    frame = make_designs().assign(val=0.0)
    frame.loc[0, ["val", "size"]] = 10, 8  # the ideal corner
    frame.loc[1, ["val", "size"]] = 5, 36  # half of each: size runs from 8 to 64
    table = table_of(frame, minimise=("size",))
    everything, half, nothing = hypervolumes(
        table, [Replay(tuple(range(18)), 0), Replay((1,), 0), Replay((17, -1), 0)]
    )
    assert (everything, half, nothing) == (1, pytest.approx(0.25), 0)


# ------------------------------------------------------------------------ comparison


def without_speed(outcome: dict) -> dict:
    for told in outcome["strategies"].values():
        told.pop("seconds_per_query")
    return outcome


def test_results_do_not_depend_on_the_number_of_processes() -> None:
    told: list = []
    work = (["random", "local_search"], range(3, 6), Rules(queries=10))
    alone = bench(table_of(), *work, jobs=1, tick=lambda *facts: told.append(facts))
    together = bench(table_of(), *work, jobs=2)
    assert without_speed(alone) == without_speed(together)
    assert told[0] == (1, 6, "random")
    assert told[-1] == (6, 6, "local_search")
    assert alone["optimum"]["validation"] == 17
    assert alone["seeds"] == [3, 4, 5]


@pytest.mark.parametrize(
    ("strategies", "seeds", "jobs", "said"),
    [
        (["randon"], [0], 1, "Did you mean 'random'"),
        (["random", "random"], [0], 1, "named twice"),
        ([], [0], 1, "at least one strategy"),
        (["random"], [], 1, "one seed"),
        (["random"], [0], 0, "at least 1"),
    ],
)
def test_comparisons_that_make_no_sense(
    strategies: list, seeds: list, jobs: int, said: str
) -> None:
    with pytest.raises((UnknownName, BudgetError, ConfigError), match=said):
        bench(table_of(), strategies, seeds, Rules(), jobs)


@pytest.mark.parametrize(
    "rules",
    [
        {"queries": 0}, {"queries": None}, {"cost_budget": -1.0}, {"cost_scale": 0.0},
        {"workers": 0}, {"cost_budget": float("nan")},
    ],
)  # fmt: skip
def test_rules_that_make_no_sense(rules: dict) -> None:
    with pytest.raises(BudgetError):
        Rules(**rules)
