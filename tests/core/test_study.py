"""The study: asking, telling, losing, ranking."""

from __future__ import annotations

import pickle
import threading
from pathlib import Path

import numpy as np
import optuna
import pytest

from netwright.core.config import Config
from netwright.core.errors import ConfigError, NoModel, UnknownName
from netwright.core.lease import LEASE, Observer, new_lease
from netwright.core.result import Result
from netwright.core.space import Categorical, Chooser, Float, Parameters, Space
from netwright.core.strategy import StrategySpec
from netwright.core.study import Study
from netwright.strategies import get_strategy
from netwright.testing import toy_space
from netwright.testing.toys import toy_loss

LINE = {"x": Float(-1, 1)}


def make(storage: object = None, space: object = LINE, **options: object) -> Study:
    options.setdefault("strategy", get_strategy("random"))
    return Study(space, storage=storage, **options)  # type: ignore[arg-type]


def finish(study: Study, limit: int) -> Study:
    while (trial := study.ask(limit)) is not None:
        study.tell(trial, Result(scores={"score": toy_loss(trial.config)}))
    return study


def test_ask_and_tell_in_a_few_lines() -> None:
    study = make()
    for _ in range(20):
        trial = study.ask()
        assert trial is not None
        study.tell(trial, Result(scores={"score": float(trial.config["x"]) ** 2}))  # type: ignore[arg-type]
    assert abs(float(study.best().config["x"])) < 0.3  # type: ignore[arg-type]
    assert study.counts() == {"complete": 20, "pruned": 0, "failed": 0, "running": 0}


def test_the_limit_is_exact() -> None:
    study = finish(make(), 5)
    assert study.ask(5) is None
    assert len(study.trials()) == 5
    assert study.ask(6) is not None


def test_many_threads_share_the_slots_exactly(tmp_path: Path) -> None:
    path = tmp_path / "j"
    studies = [make(path) for _ in range(6)]
    threads = [threading.Thread(target=finish, args=(study, 25)) for study in studies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records = make(path).trials("complete")
    assert len(records) == 25
    assert sorted(record.position for record in records) == list(range(25))


def test_opening_it_again_is_resuming_it(tmp_path: Path) -> None:
    finish(make(tmp_path / "j"), 4)
    again = make(tmp_path / "j")
    assert len(again.trials()) == 4
    assert len(finish(again, 7).trials()) == 7


def test_a_study_pickles_as_words(tmp_path: Path) -> None:
    study = finish(make(tmp_path / "j"), 3)
    assert pickle.loads(pickle.dumps(study)).trials() == study.trials()


def test_a_study_in_memory_does_not_travel() -> None:
    with pytest.raises(ConfigError, match="in memory"):
        pickle.dumps(make())


def test_enqueued_designs_go_first_and_are_completed() -> None:
    study = make(space=toy_space())
    study.enqueue({"side": "right", "right.gear": 5})
    trial = study.ask()
    assert trial is not None
    assert trial.config == toy_space().complete({"side": "right", "right.gear": 5})
    assert study.queued() == 1


def test_a_design_that_does_not_fit_is_refused_before_it_is_queued() -> None:
    study = make(space=toy_space())
    with pytest.raises(ConfigError):
        study.enqueue({"side": "up"})
    with pytest.raises(UnknownName):
        study.enqueue({"sied": "left"})
    assert study.trials() == []


def test_waiting_designs_beyond_the_limit_wait_on() -> None:
    study = make()
    for x in (0.1, 0.2, 0.3):
        study.enqueue({"x": x})
    finish(study, 2)
    assert [record.state for record in study.trials()] == ["complete", "complete", "waiting"]
    finish(study, 3)
    assert [record.config["x"] for record in study.trials("complete")] == [0.1, 0.2, 0.3]


def test_a_proposal_of_a_result_is_tried_next() -> None:
    study = make()
    trial = study.ask()
    assert trial is not None
    study.tell(trial, Result(scores={"score": 1.0}, proposals=({"x": 0.25},)))
    following = study.ask()
    assert following is not None
    assert following.config == Config({"x": 0.25})


def test_every_fact_of_a_result_is_remembered(tmp_path: Path) -> None:
    study = make(tmp_path / "j")
    trial = study.ask()
    assert trial is not None
    result = Result(
        scores={"score": 0.5, "auc": 0.9},
        cost=1.5,
        constraints={"size": -1.0},
        predictions_path="trials/0000/p.npy",
        artifacts={"folds": 3},
    )
    assert study.tell(trial, result)
    record = make(tmp_path / "j").best()
    assert record.values == (0.5,)
    assert record.scores == {"score": 0.5, "auc": 0.9}
    assert (record.seconds, record.predictions_path) == (1.5, "trials/0000/p.npy")
    assert record.artifacts == {"folds": 3}
    assert record.feasible


def test_failed_and_pruned_trials_say_so() -> None:
    study = make()
    for result in (Result.failed("no memory"), Result(state="pruned")):
        trial = study.ask()
        assert trial is not None
        study.tell(trial, result)
    failed, pruned = study.trials()
    assert (failed.state, failed.error) == ("failed", "no memory")
    assert pruned.state == "pruned"


def test_no_number_is_a_failure() -> None:
    study = make()
    trial = study.ask()
    assert trial is not None
    study.tell(trial, Result(scores={"score": float("nan")}))
    assert study.trials()[0].state == "failed"
    assert "NaN" in str(study.trials()[0].error)


def test_without_a_finished_trial_there_is_no_best_and_the_reason_is_told() -> None:
    study = make()
    with pytest.raises(NoModel, match="give it more time"):
        study.best()
    for reason in ("a", "b", "b"):
        trial = study.ask()
        assert trial is not None
        study.tell(trial, Result.failed(reason))
    with pytest.raises(NoModel, match="3 failed, most often because: b"):
        study.best()


def test_maximising_ranks_the_other_way() -> None:
    study = make(objectives=[("accuracy", "maximize")])
    for value in (0.2, 0.9, 0.5):
        trial = study.ask()
        assert trial is not None
        study.tell(trial, Result(scores={"accuracy": value}))
    assert [record.values[0] for record in study.ranking()] == [0.9, 0.5, 0.2]


def test_what_breaks_a_limit_ranks_last() -> None:
    study = make()
    for value, size in ((0.1, 3.0), (0.5, -1.0)):
        trial = study.ask()
        assert trial is not None
        study.tell(trial, Result(scores={"score": value}, constraints={"size": size}))
    assert study.best().values == (0.5,)
    assert not study.ranking()[1].feasible


def test_the_pareto_front_holds_what_nothing_beats() -> None:
    study = make(objectives=[("loss", "minimize"), ("speed", "maximize")])
    points = [(1.0, 1.0), (2.0, 3.0), (1.5, 0.5), (3.0, 2.0), (0.5, 0.1)]
    for loss, speed in points:
        trial = study.ask()
        assert trial is not None
        assert not trial.report(0, loss)  # several objectives: the curve is kept, none is pruned
        study.tell(trial, Result(scores={"loss": loss, "speed": speed}))
    assert {record.values for record in study.pareto_front()} == {points[0], points[1], points[4]}


def test_the_pareto_front_equals_optunas() -> None:
    study = make(objectives=[("a", "minimize"), ("b", "minimize")])
    rng = np.random.default_rng(0)
    for _ in range(40):
        trial = study.ask()
        assert trial is not None
        a, b = rng.random(2).round(1)
        study.tell(trial, Result(scores={"a": a, "b": b}))
    theirs = {trial.number for trial in study.optuna_study.best_trials}
    assert {record.number for record in study.pareto_front()} == theirs


# -------------------------------------------------------------------------- lost workers


def test_a_lost_trial_is_tried_once_more_at_its_position() -> None:
    study = make()
    finish(study, 2)
    lost = study.ask(5)
    assert lost is not None
    assert study.fail(lost.number, "worker lost", retry=True)
    again = study.ask(5)
    assert again is not None
    assert again.config == lost.config
    assert (again.position, again.seed) == (lost.position, lost.seed)
    assert again.number != lost.number
    assert study.fail(again.number, "worker lost", retry=True)
    following = study.ask(5)
    assert following is not None
    assert following.position == lost.position + 1  # a retry is not retried
    failed = study.trials("failed")
    assert [record.retried for record in failed] == [True, False]


def test_the_first_to_fail_a_trial_wins() -> None:
    study = make()
    trial = study.ask()
    assert trial is not None
    assert study.fail(trial.number, "time")
    assert not study.fail(trial.number, "memory")
    assert study.trials()[0].error == "time"


def test_a_late_tell_is_dropped() -> None:
    study = make()
    trial = study.ask()
    assert trial is not None
    study.fail(trial.number, "time")
    assert not study.tell(trial, Result(scores={"score": 0.0}))
    assert study.trials()[0].state == "failed"
    assert trial.report(1, 0.5) is True  # and whoever still works on it is told to stop


def test_reaping_finds_dead_workers_only(tmp_path: Path) -> None:
    study = make(tmp_path / "j")
    alive, dead = study.ask(), study.ask()
    assert alive is not None
    assert dead is not None
    study.lease(alive, new_lease("a"))
    study.lease(dead, {**new_lease("b"), "started": 0.0})
    assert study.reap(Observer()) == [dead.number]
    assert [record.state for record in study.trials()].count("running") == 1
    assert any(record.state == "waiting" for record in study.trials())


def test_how_a_mate_ended_is_for_the_parent_to_say(tmp_path: Path) -> None:
    study = make(tmp_path / "j")
    trial = study.ask()
    assert trial is not None
    study.lease(trial, {**new_lease("crew-1"), "started": 0.0})
    assert study.reap(Observer(crew="crew")) == []
    assert study.reap(Observer(crew="other")) == [trial.number]


def test_running_trials_show_their_lease() -> None:
    study = make()
    trial = study.ask()
    assert trial is not None
    assert study.running() == [(trial.number, None)]
    study.lease(trial, {"worker": "w"})
    assert study.running() == [(trial.number, {"worker": "w"})]
    assert LEASE in study.optuna_study.trials[0].user_attrs


# -------------------------------------------------------------------------- strategies


def test_a_persons_own_optuna_sampler_drops_in() -> None:
    study = make(strategy=optuna.samplers.TPESampler(seed=1, n_startup_trials=2))
    assert len(finish(study, 5).trials("complete")) == 5


def test_a_pruner_stops_what_is_hopeless() -> None:
    study = make(pruner=optuna.pruners.MedianPruner(n_startup_trials=2))
    stopped = []
    for value in (1.0, 1.0, 5.0, 0.5):
        trial = study.ask()
        assert trial is not None
        stopped.append(trial.report(0, value))
        study.tell(trial, Result(scores={"score": value}))
    assert stopped == [False, False, True, False]


class Broken(Space):
    """A space with a bug in it."""

    def configure(self, choose: Chooser) -> Config:
        choose.suggest_float("x", 0, 1)
        raise ZeroDivisionError("a bug")


def test_a_bug_in_a_space_leaves_no_trial_running() -> None:
    study = make(space=Broken(), strategy=StrategySpec("plain", _gp))
    with pytest.raises(ZeroDivisionError):
        study.ask()
    assert study.counts()["running"] == 0


def _gp(seed: int, space: Space) -> optuna.samplers.BaseSampler:
    return optuna.samplers.RandomSampler(seed=seed)


def test_flat_strategies_remember_the_canonical_design() -> None:
    spec = StrategySpec("flat", _gp, flat=True)
    study = make(space=toy_space(), strategy=spec)
    finish(study, 10)
    for record in study.trials():
        assert toy_space().complete(record.config) == record.config
    assert all(len(trial.params) == 5 for trial in study.optuna_study.trials)


def test_flat_strategies_take_enqueued_designs() -> None:
    study = make(space=toy_space(), strategy=StrategySpec("flat", _gp, flat=True))
    study.enqueue({"side": "left", "left.x": 0.5})
    trial = study.ask()
    assert trial is not None
    assert trial.config == Config({"side": "left", "left.x": 0.5})


def test_optuna_dashboards_view_is_the_same_truth(tmp_path: Path) -> None:
    path = tmp_path / "study.journal"
    finish(make(path, space={"x": Float(0, 1), "c": Categorical(("a", "b"))}), 4)
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(path)))
    seen = optuna.load_study(storage=storage, study_name="study")
    assert [trial.value for trial in seen.trials] == [
        record.values[0] for record in make(path, space=Parameters({})).trials()
    ]
