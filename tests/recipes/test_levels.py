"""The ladder, the portfolio and the shares of time."""

from __future__ import annotations

import numpy as np
import pytest

from netwright.core.audit import Audit
from netwright.core.errors import ConfigError, UnknownName
from netwright.core.task import Task
from netwright.learners import available
from netwright.recipes.levels import (
    PORTFOLIO,
    build_space,
    choose_learners,
    complete_loosely,
    first_designs,
)
from netwright.recipes.options import LEVELS
from netwright.recipes.timing import choose_folds, share_out
from netwright.testing import check_space, toy_task

TABULAR = [name for name in available() if name != "image"]


@pytest.fixture(params=[True, False], ids=["rich", "poor"])
def task(request: pytest.FixtureRequest) -> Task:
    return toy_task("binary", rich=request.param)


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_has_a_valid_space(task: Task, level: str) -> None:
    learners = choose_learners(task, level, [], Audit())
    space = build_space(task, learners, level)
    check_space(space, samples=10)
    for design in first_designs(space, learners, level, None):
        assert space.complete(design) == design


def test_who_competes_at_each_level(task: Task) -> None:
    def chosen(level: str, *wanted: str) -> list[str]:
        return choose_learners(task, level, wanted, Audit())

    assert chosen("manual") == chosen("hpo") == ["lightgbm"]
    assert chosen("hpo", "linear", "net") == ["linear"]
    assert chosen("architecture") == ["net"]
    assert chosen("full") == chosen("select") == TABULAR
    assert chosen("full", "linear", "neighbours") == ["linear", "neighbours"]


def test_below_architecture_only_a_nets_activation_is_open(task: Task) -> None:
    def choices(level: str) -> set[str]:
        union = build_space(task, ["net"], level).distributions()
        return {name for name in union if ".architecture." in name}

    assert choices("hpo") == choices("select") == {"net.architecture.activation"}
    assert {"net.architecture.depth", "net.architecture.width"} <= choices("full")


def test_hpo_of_nets_covers_how_they_are_trained(task: Task) -> None:
    found = build_space(task, ["net"], "hpo").distributions()
    assert {"net.lr", "net.batch_size", "net.optimiser"} <= set(found)


def test_unknown_learners_are_refused(task: Task) -> None:
    with pytest.raises(UnknownName, match="'lightgbm'"):
        choose_learners(task, "full", ["lightgmb"], Audit())


def test_unfit_learners_are_left_out_and_told() -> None:
    from netwright.core.task import Column, Schema

    wide = Task(
        "w",
        "binary",
        "y",
        Schema(tuple(Column(f"c{i}", "number") for i in range(900))),
        "log_loss",
        ("a", "b"),
    )
    audit = Audit()
    assert choose_learners(wide, "full", ["linear", "neighbours"], audit) == ["linear"]
    assert "'neighbours' was left out" in audit.entries()[0]["said"]
    with pytest.raises(ConfigError, match="None of the learners"):
        choose_learners(wide, "full", ["neighbours"], audit)


def test_the_portfolio_names_things_that_exist(task: Task) -> None:
    learners = sorted({entry["learner"] for entry in PORTFOLIO})
    rich = toy_task("binary")
    space = build_space(rich, learners, "full")
    for entry in PORTFOLIO:
        assert space.complete(entry)["learner"] == entry["learner"]


def test_the_portfolio_comes_first_without_repeats(task: Task) -> None:
    learners = ["lightgbm", "linear", "neighbours"]
    designs = first_designs(build_space(task, learners, "full"), learners, "full", None)
    assert [design["learner"] for design in designs[:2]] == ["lightgbm", "linear"]
    assert len(set(designs)) == len(designs)
    assert {design["learner"] for design in designs} == set(learners)


def test_a_persons_configuration_goes_before_all() -> None:
    task = toy_task("binary")
    space = build_space(task, ["lightgbm", "linear"], "full")
    designs = first_designs(space, ["lightgbm", "linear"], "full", {"learner": "linear", "C": 3.0})
    assert designs[0]["learner"] == "linear"
    assert designs[0]["linear.C"] == 3.0
    assert len(designs) > 3


def test_manual_is_one_design(task: Task) -> None:
    space = build_space(task, ["lightgbm"], "manual")
    (design,) = first_designs(space, ["lightgbm"], "manual", {"lightgbm.num_leaves": 8})
    assert design["lightgbm.num_leaves"] == 8


@pytest.mark.parametrize("config", [{"num_leaves": 10**9}, {"num_leafs": 8}, {"learner": "tree"}])
def test_a_configuration_that_does_not_fit_is_refused(task: Task, config: dict) -> None:
    with pytest.raises(ConfigError):
        first_designs(build_space(task, ["lightgbm"], "hpo"), ["lightgbm"], "hpo", config)


def test_loose_completion_leaves_out_what_has_no_place() -> None:
    poor = toy_task("binary", rich=False)
    space = build_space(poor, ["linear"], "full")
    design = complete_loosely(space, {"learner": "linear", "linear.text": "svd", "linear.C": 0.1})
    assert design["linear.C"] == 0.1
    assert "linear.text" not in design
    with pytest.raises(ConfigError):
        complete_loosely(space, {"learner": "catboost"})


# -------------------------------------------------------------------------- time


@pytest.mark.parametrize("seconds", [5, 20, 60, 600, 36000])
@pytest.mark.parametrize("again", [True, False])
def test_shares_are_in_order_and_leave_most_for_the_search(seconds: float, again: bool) -> None:
    shares = share_out(seconds, again)
    assert shares.search > shares.search_hard >= shares.refit_hard > 0
    assert shares.refit > shares.refit_hard
    if seconds >= 20:
        assert shares.search < 0.55 * seconds


def sized(rows: int, columns: int) -> Task:
    from netwright.core.task import Column, Schema

    class Fake:
        features = np.empty((rows, columns))

    schema = Schema(tuple(Column(f"c{i}", "number") for i in range(columns)))
    return Task("t", "binary", "y", schema, "log_loss", ("a", "b"), data=Fake())


def test_small_data_gets_folds_and_large_data_a_hold_out() -> None:
    counts = [choose_folds(sized(rows, 20), 60, 2)[0] for rows in (500, 20_000, 100_000, 10**6)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] >= 5
    assert counts[-1] == 1


def test_more_time_means_more_folds() -> None:
    counts = [choose_folds(sized(50_000, 20), seconds, 2)[0] for seconds in (10, 60, 600, 6000)]
    assert counts == sorted(counts)


def test_without_a_clock_only_rows_decide() -> None:
    assert choose_folds(sized(1000, 5000), None, 1)[0] == 5
    assert choose_folds(sized(50_000, 2), None, 64)[0] == 1


def test_pictures_have_their_own_learner_and_hold_outs() -> None:
    from tests.learners.test_image import make_task

    pictures = make_task("binary", 600)
    assert choose_learners(pictures, "full", [], Audit()) == ["image"]
    assert choose_folds(pictures, None, 2)[0] == 1
    assert choose_folds(pictures, 10, 2)[0] == 1
    assert choose_folds(pictures, 6000, 2)[0] == 5
    space = build_space(pictures, ["image"], "full")
    check_space(space, samples=5)
    assert len(first_designs(space, ["image"], "full", None)) == 4
