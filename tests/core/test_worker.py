"""The worker loop and the watch."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from netwright.core.budget import Budget
from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.errors import ConfigError
from netwright.core.evaluator import Evaluator, FunctionEvaluator
from netwright.core.lease import LEASE, new_lease
from netwright.core.result import Result
from netwright.core.space import Float
from netwright.core.study import Study
from netwright.core.worker import Plan, StudyWatch, run_study, work
from netwright.engines import get_engine
from netwright.strategies import get_strategy


def make(storage: object = None) -> Study:
    return Study({"x": Float(0, 1)}, strategy=get_strategy("random"), storage=storage)  # type: ignore[arg-type]


def square(config: Config) -> float:
    return float(config["x"]) ** 2  # type: ignore[arg-type]


def test_a_worker_fills_its_slots() -> None:
    study = make()
    work(Plan(study, FunctionEvaluator(square), trials=6), "w")
    assert study.counts()["complete"] == 6
    assert all(LEASE in trial.user_attrs for trial in study.optuna_study.trials)


def test_nothing_starts_after_the_deadline() -> None:
    study = make()
    work(Plan(study, FunctionEvaluator(square), deadline=time.monotonic() - 1), "w")
    assert study.trials() == []


def test_a_failing_objective_is_a_failed_trial() -> None:
    study = make()

    def fails(config: Config) -> float:
        raise ValueError("the moon is wrong\nand more")

    work(Plan(study, FunctionEvaluator(fails), trials=2), "w")
    errors = [record.error for record in study.trials("failed")]
    assert errors == ["ValueError: the moon is wrong"] * 2


def test_a_persons_mistake_in_a_trial_is_told_as_it_is() -> None:
    study = make()

    def refuses(config: Config) -> float:
        raise ConfigError("Too few rows.")

    work(Plan(study, FunctionEvaluator(refuses), trials=1), "w")
    assert study.trials()[0].error == "Too few rows."


def test_an_interrupt_settles_the_trial_and_goes_on_up() -> None:
    study = make()

    def interrupted(config: Config) -> float:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work(Plan(study, FunctionEvaluator(interrupted), trials=3), "w")
    failed, waiting = study.trials()
    assert (failed.state, failed.error) == ("failed", "interrupted")
    assert waiting.state == "waiting"
    assert waiting.position == failed.position


class Noting(Evaluator):
    """Remembers the circumstances it was called in."""

    def __init__(self) -> None:
        self.seen: list[Context] = []

    def evaluate(self, config: Config, context: Context) -> Result:
        self.seen.append(context)
        return Result(scores={"score": 0.0})


def test_every_trial_gets_its_own_circumstances(tmp_path: Path) -> None:
    noting, deadline = Noting(), time.monotonic() + 100
    plan = Plan(
        make(),
        noting,
        trials=2,
        deadline=deadline,
        trial_seconds=5,
        context=Context(threads=3),
        folder=tmp_path,
    )
    work(plan, "w")
    first, second = noting.seen
    assert first.seed != second.seed
    assert first.threads == 3
    assert first.deadline is not None
    assert first.deadline < time.monotonic() + 6
    assert first.folder == tmp_path / "0000"
    assert second.folder is not None
    assert second.folder.is_dir()


def test_without_a_clock_nothing_has_a_deadline() -> None:
    noting = Noting()
    work(Plan(make(), noting, trials=1), "w")
    assert noting.seen[0].deadline is None
    assert not noting.seen[0].expired()


def test_the_cost_is_measured_where_it_is_not_told() -> None:
    study = make()

    def slow(config: Config) -> float:
        time.sleep(0.05)
        return 1.0

    work(Plan(study, FunctionEvaluator(slow), trials=1), "w")
    assert study.trials()[0].seconds >= 0.05


# -------------------------------------------------------------------------- objectives


@pytest.mark.parametrize(
    ("told", "scores"),
    [
        (0.5, {"a": 0.5}),
        ({"a": 1, "b": 2}, {"a": 1.0, "b": 2.0}),
        ((1.0, 2.0), {"a": 1.0, "b": 2.0}),
        (Result(scores={"z": 3.0}), {"z": 3.0}),
    ],
)
def test_what_an_objective_may_return(told: object, scores: dict) -> None:
    evaluator = FunctionEvaluator(lambda config: told, ("a", "b"))
    assert dict(evaluator.evaluate(Config({}), Context()).scores) == scores


def test_an_objective_may_take_the_context() -> None:
    evaluator = FunctionEvaluator(lambda config, context: float(context.seed))
    assert evaluator.evaluate(Config({}), Context(seed=7)).scores == {"score": 7.0}


# -------------------------------------------------------------------------- the watch


def test_the_watch_orders_overrun_trials_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    study = make()
    trial = study.ask()
    assert trial is not None
    study.lease(trial, {**new_lease("w-1")})
    watch = StudyWatch(Plan(study, FunctionEvaluator(square), trial_seconds=2))
    assert watch.tick().kill == {}
    now = time.monotonic()
    monkeypatch.setattr("netwright.core.worker.time.monotonic", lambda: now + 7)
    orders = watch.tick()
    assert list(orders.kill) == ["w-1"]
    assert orders.kill["w-1"].startswith("time")


def test_the_watch_settles_the_trial_of_an_ended_worker() -> None:
    study = make()
    trial = study.ask()
    assert trial is not None
    study.lease(trial, new_lease("w-1"))
    watch = StudyWatch(Plan(study, FunctionEvaluator(square)))
    assert watch.ended("w-1", "memory: too much") is True
    failed = study.trials()[0]
    assert (failed.state, failed.error) == ("failed", "memory: too much")
    assert study.counts()["running"] == 0
    assert len(study.trials()) == 1  # what overran is not tried again


def test_the_watch_has_a_lost_workers_trial_tried_again() -> None:
    study = make()
    trial = study.ask()
    assert trial is not None
    study.lease(trial, new_lease("w-1"))
    watch = StudyWatch(Plan(study, FunctionEvaluator(square)))
    assert watch.ended("w-1", "worker died (signal 9)")
    assert [record.state for record in study.trials()] == ["failed", "waiting"]


def test_a_worker_that_finished_is_not_replaced() -> None:
    assert not StudyWatch(Plan(make(), FunctionEvaluator(square))).ended("w", None)


def test_workers_that_keep_dying_are_not_replaced_for_ever() -> None:
    watch = StudyWatch(Plan(make(), FunctionEvaluator(square)))
    answers = [watch.ended(f"w-{i}", "worker died (signal 11)") for i in range(60)]
    assert answers[0]
    assert not answers[-1]


def test_a_budget_of_seconds_ends() -> None:
    study = make()
    started = time.monotonic()

    def slow(config: Config) -> float:
        time.sleep(0.05)
        return 1.0

    run_study(study, slow, Budget(seconds=0.6), get_engine("inline"))
    assert 0.5 < time.monotonic() - started < 3
    assert study.counts()["complete"] >= 3


def test_a_study_runs_itself() -> None:
    study = make().run(square, Budget(trials=5), get_engine("inline"))
    assert study.counts()["complete"] == 5
