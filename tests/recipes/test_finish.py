"""Weighing, training again, assembling - step by step."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from netwright.core.audit import Audit
from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.errors import ConfigError, NoModel
from netwright.core.folder import RunFolder
from netwright.core.result import Result
from netwright.core.study import Study, read_study
from netwright.core.task import Constraints, Task
from netwright.core.trial import TrialRecord
from netwright.engines import get_engine
from netwright.learners.models import load_model
from netwright.recipes import explaining, finish
from netwright.recipes.levels import build_space
from netwright.strategies import get_strategy


@pytest.fixture
def run(tmp_path: Path, fitted: Path) -> RunFolder:
    copy = tmp_path / "run"
    shutil.copytree(fitted, copy)
    return RunFolder.open(copy)


def parts(run: RunFolder) -> tuple[Task, Study]:
    task = run.task()
    study = Study(
        build_space(task, ["linear", "lightgbm"], "full"),
        objectives=[(task.metric.name, task.metric.direction())],
        strategy=get_strategy("random"),
        storage=run.journal,
    )
    return task, study


def chosen_of(run: RunFolder, ensemble: bool = True) -> finish.Chosen:
    task, study = parts(run)
    return finish.choose(run, task, study, ensemble, run.audit)


def test_weights_sum_to_one_and_the_score_is_the_averages(run: RunFolder) -> None:
    task, study = parts(run)
    chosen = chosen_of(run)
    assert sum(chosen.weights.values()) == pytest.approx(1)
    records = {record.number: record for record in study.trials("complete")}
    mean = sum(
        share * np.load(run.path / str(records[number].predictions_path))
        for number, share in chosen.weights.items()
    )
    truth = np.load(run.data / "target.npy")
    if chosen.temperature == 1.0:
        assert chosen.score == pytest.approx(task.metric.score(truth, mean, None))
    assert chosen.score <= min(record.values[0] for record in records.values()) + 1e-9


def test_without_an_ensemble_the_best_alone_is_chosen(run: RunFolder) -> None:
    _, study = parts(run)
    assert chosen_of(run, ensemble=False).weights == {study.best().number: 1.0}


def test_choosing_twice_chooses_the_same(run: RunFolder) -> None:
    assert chosen_of(run) == chosen_of(run)


def test_what_is_held_back_is_kept_for_the_report(run: RunFolder) -> None:
    (run.path / finish.HELD_BACK).unlink()
    chosen_of(run)
    kept = np.load(run.path / finish.HELD_BACK)
    assert kept.shape == (len(np.load(run.data / "target.npy")), 2)
    assert np.isfinite(kept).all()


def test_lost_predictions_are_told(run: RunFolder) -> None:
    for path in run.trials.rglob("predictions.npy"):
        path.unlink()
    with pytest.raises(NoModel, match="kept no predictions"):
        chosen_of(run)


def test_without_trials_there_is_no_model(tmp_path: Path, run: RunFolder) -> None:
    task = run.task()
    study = Study({}, strategy=get_strategy("random"))
    with pytest.raises(NoModel):
        finish.choose(run, task, study, True, Audit())


def record(number: int, **artifacts: float) -> TrialRecord:
    return TrialRecord(number, number, "complete", Config({}), artifacts=artifacts)


def limited(**limits: float) -> Task:
    from netwright.core.task import Schema

    return Task("t", "binary", "y", Schema(()), "log_loss", ("a", "b"), Constraints(**limits))


@pytest.mark.parametrize(
    ("limits", "chosen", "kept"),
    [
        ({}, {1, 2}, True),
        ({"max_latency_ms": 5.0}, {1}, True),
        ({"max_latency_ms": 5.0}, {1, 2}, False),
        ({"max_size_mb": 3.0}, {1, 2}, True),
        ({"max_size_mb": 2.9}, {1, 2}, False),
        ({"max_size_mb": 3.0, "max_latency_ms": 1.0}, {1}, False),
    ],
)
def test_limits_count_the_whole_ensemble(limits: dict, chosen: set, kept: bool) -> None:
    library = {1: record(1, latency_ms=3.0, size_mb=1.0), 2: record(2, latency_ms=3.0, size_mb=2.0)}
    assert finish._keeps_limits(limited(**limits), library, frozenset(chosen)) is kept


def test_the_sentence_names_what_was_nearest() -> None:
    said = finish._no_model_fits(
        limited(max_size_mb=0.5, max_latency_ms=1.0),
        [record(1, latency_ms=3.0, size_mb=1.0), record(2, latency_ms=2.0, size_mb=4.0)],
    )
    assert "the fastest takes 2.00 ms, allowed are 1 ms" in said
    assert "the smallest has 1.00 MB, allowed are 0.5 MB" in said


def refit(run: RunFolder, chosen: finish.Chosen) -> dict[int, Path]:
    task, study = parts(run)
    return finish.refit(
        run,
        task,
        study,
        chosen,
        engine=get_engine("inline"),
        storage=run.journal,
        context=Context(),
        workers=1,
        seed=0,
        deadline=None,
        hard_deadline=None,
        memory_bytes=None,
    )


def test_refits_are_ordinary_trials_done_once(run: RunFolder) -> None:
    chosen = chosen_of(run)
    first = refit(run, chosen)
    assert set(first) == set(chosen.weights)
    before = {
        path: path.stat().st_mtime_ns for folder in first.values() for path in folder.iterdir()
    }
    assert refit(run, chosen) == first
    after = {
        path: path.stat().st_mtime_ns for folder in first.values() for path in folder.iterdir()
    }
    assert after == before
    import optuna

    from netwright.core.storage import open_storage

    names = optuna.get_all_study_names(open_storage(run.journal))
    assert names == ["study", "study-final"]


def test_assembling_takes_refits_where_there_are_any_and_folds_elsewhere(run: RunFolder) -> None:
    task, study = parts(run)
    numbers = [record.number for record in study.ranking()[:2]]
    chosen = finish.Chosen({numbers[0]: 0.6, numbers[1]: 0.4})
    whole = refit(run, finish.Chosen({numbers[0]: 1.0}))
    finish.assemble(run, task, study, chosen, whole)
    facts = json.loads((run.predictor / "model" / "model.json").read_text())
    folds = task.split.folds
    assert facts["weights"] == pytest.approx([0.6] + [0.4 / folds] * folds)
    model = load_model(run.predictor / "model")
    from netwright.data.table import Table

    features = Table.open(run.data).features
    expected = 0.6 * load_model(whole[numbers[0]]).predict(features)
    for fold in sorted((run.trials / f"{numbers[1]:04d}").glob("fold*")):
        expected = expected + 0.4 / folds * load_model(fold).predict(features)
    np.testing.assert_allclose(model.predict(features), expected, atol=1e-9)


def test_losers_are_dropped_and_winners_kept(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, study = parts(run)
    worst = study.ranking()[-1].number
    monkeypatch.setattr(finish, "KEPT", 1)
    finish.drop_losers(run, study, finish.Chosen({worst: 1.0}))
    left = {int(folder.name) for folder in run.trials.iterdir()}
    assert left == {study.best().number, worst}


def test_the_leaderboard_is_in_order_and_carries_weights(run: RunFolder) -> None:
    _, study = parts(run)
    board = study.leaderboard(chosen_of(run).weights)
    assert [row["rank"] for row in board] == list(range(1, len(board) + 1))
    assert [row["score"] for row in board] == sorted(row["score"] for row in board)
    assert sum(row["weight"] for row in board) == pytest.approx(1, abs=1e-3)


# -------------------------------------------------------------------------- explaining


def test_explaining_writes_what_the_report_draws(run: RunFolder) -> None:
    (run.path / explaining.EXPLANATION).unlink()
    explaining.explain(run, chosen_of(run).weights, None, get_engine("inline"), 0, None, None)
    found = explaining.read_explanation(run)
    columns = {column.name for column in run.task().schema.used}
    assert {row["column"] for row in found["importance"]} == columns
    assert found["dependence"]
    assert "test_metrics" not in found


def test_a_test_table_that_does_not_fit_is_told_not_fatal(tmp_path: Path, run: RunFolder) -> None:
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    test = str(tmp_path / "bad.csv")
    explaining.explain(run, chosen_of(run).weights, test, get_engine("inline"), 0, None, None)
    found = explaining.read_explanation(run)
    assert "target column 'y'" in found["test_error"]
    assert found["importance"]


def test_a_passed_deadline_leaves_the_pictures_out(run: RunFolder) -> None:
    explaining.explain(run, chosen_of(run).weights, None, get_engine("inline"), 0, 0.0, None)
    found = explaining.read_explanation(run)
    assert found.get("importance") == []
    assert "dependence" not in found


def test_an_absent_explanation_is_empty(tmp_path: Path) -> None:
    assert explaining.read_explanation(RunFolder(tmp_path)) == {}


def test_a_pruned_or_failed_trial_is_never_chosen(run: RunFolder) -> None:
    task, study = parts(run)
    for result in (Result(state="pruned"), Result.failed("no")):
        trial = study.ask()
        assert trial is not None
        study.tell(trial, result)
    complete = {record.number for record in read_study(run).trials("complete")}
    assert set(finish.choose(run, task, study, True, Audit()).weights) <= complete


def test_limits_nobody_keeps_raise_a_persons_error(run: RunFolder) -> None:
    from dataclasses import replace

    task, study = parts(run)
    strict = replace(task, constraints=Constraints(max_size_mb=1e-9))
    with pytest.raises(ConfigError, match="No model keeps the limits"):
        finish.choose(run, strict, study, True, Audit())
