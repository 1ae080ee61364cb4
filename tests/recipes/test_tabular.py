"""The main job, end to end, on small tables."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import netwright
from netwright.core.context import Context
from netwright.core.errors import ConfigError, NoModel, RunError
from netwright.core.folder import RunFolder
from netwright.core.progress import Progress
from netwright.core.study import read_study
from netwright.core.task import Constraints
from netwright.recipes import finish, tabular
from netwright.recipes.options import make_options
from netwright.strategies import STRATEGIES
from tests.conftest import make_frame

QUICK = {"engine": "inline", "learners": ["linear", "lightgbm"]}


def boards(out: Path) -> list[tuple]:
    ranking = read_study(RunFolder.open(out)).ranking()
    return [(record.position, record.config, record.values) for record in ranking]


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_a_table_becomes_a_predictor(tmp_path: Path, kind: str) -> None:
    frame = make_frame(150, kind)
    predictor = netwright.fit(frame, "y", trials=3, out=tmp_path / "run", **QUICK)
    predicted = predictor.predict(frame.drop(columns="y"))
    assert len(predicted) == 150
    if kind == "regression":
        assert np.corrcoef(predicted, frame["y"])[0, 1] > 0.5
    else:
        assert set(predicted) <= set(frame["y"])
        assert (predicted == frame["y"]).mean() > 0.6


def test_the_run_folder_has_its_rooms(fitted: Path) -> None:
    names = {path.name for path in fitted.iterdir()}
    expected = {"study.journal", "task.json", "run.json", "result.json", "audit.jsonl", "data",
                "trials", "predictor", "report.html", "card.md", "explain.json"}  # fmt: skip
    assert expected <= names
    assert (fitted / "trials" / "0000" / "predictions.npy").exists()


def test_no_pickle_anywhere(fitted: Path) -> None:
    for path in fitted.rglob("*"):
        assert path.suffix not in (".pkl", ".pickle", ".joblib", ".pt"), path
        if path.suffix == ".npy":
            assert np.load(path, allow_pickle=False) is not None


def test_the_same_seed_gives_the_same_leaderboard(tmp_path: Path) -> None:
    for name in ("a", "b"):
        netwright.fit(make_frame(), "y", trials=5, out=tmp_path / name, seed=3, **QUICK)
    assert boards(tmp_path / "a") == boards(tmp_path / "b")
    frame = make_frame(40, seed=5)
    first, second = (netwright.load(tmp_path / name).predict_proba(frame) for name in ("a", "b"))
    pd.testing.assert_frame_equal(first, second)


def test_stopping_and_resuming_changes_nothing(tmp_path: Path) -> None:
    netwright.fit(make_frame(), "y", trials=9, out=tmp_path / "whole", **QUICK)
    netwright.fit(make_frame(), "y", trials=4, out=tmp_path / "half", **QUICK)
    netwright.resume(tmp_path / "half", trials=9)
    assert boards(tmp_path / "whole") == boards(tmp_path / "half")


def test_processes_do_what_inline_does(tmp_path: Path) -> None:
    options = {**QUICK, "engine": "processes", "workers": 1}
    netwright.fit(make_frame(), "y", trials=4, out=tmp_path / "a", **QUICK)
    netwright.fit(make_frame(), "y", trials=4, out=tmp_path / "b", **options)
    assert boards(tmp_path / "a") == boards(tmp_path / "b")


def test_a_fit_keeps_its_time_and_has_a_model(tmp_path: Path) -> None:
    started = time.monotonic()
    predictor = netwright.fit(make_frame(300), "y", budget="12s", out=tmp_path / "run")
    assert time.monotonic() - started < 12 * 1.1 + 5
    assert len(predictor.predict(make_frame(10))) == 10


def test_without_time_for_every_fold_there_is_a_model_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Context, "expired", lambda self: True)
    out = tmp_path / "run"
    predictor = netwright.fit(
        make_frame(80), "y", trials=2, out=out, engine="inline", learners=["linear"]
    )
    assert len(predictor.predict(make_frame(10))) == 10
    assert len(json.loads((out / "result.json").read_text())["ensemble"]) == 1
    assert "No trial had time for every fold" in (out / "audit.jsonl").read_text()


@pytest.mark.parametrize("level", ["manual", "hpo", "select", "architecture"])
def test_every_level_runs(tmp_path: Path, level: str) -> None:
    out = tmp_path / "run"
    learners = [] if level == "architecture" else ["linear", "lightgbm"]
    netwright.fit(
        make_frame(80), "y", trials=2, out=out, level=level, engine="inline", learners=learners
    )
    counts = read_study(RunFolder.open(out)).counts()
    assert counts["complete"] == (1 if level == "manual" else 2)
    assert len(json.loads((out / "result.json").read_text())["ensemble"]) == 1


def test_a_persons_configuration_is_level_zero(tmp_path: Path) -> None:
    config = {"num_leaves": 7, "learning_rate": 0.1}
    netwright.fit(
        make_frame(), "y", out=tmp_path / "run", level="manual", config=config, engine="inline"
    )
    (record,) = read_study(RunFolder.open(tmp_path / "run")).trials("complete")
    assert record.config["lightgbm.num_leaves"] == 7


def test_weights_groups_and_time(tmp_path: Path) -> None:
    frame = make_frame(150)
    frame["w"] = 1.0
    frame["team"] = [f"t{i % 11}" for i in range(150)]
    netwright.fit(frame, "y", trials=2, out=tmp_path / "g", weight="w", group="team", **QUICK)
    task = RunFolder.open(tmp_path / "g").task()
    assert (task.split.kind, task.weight) == ("group", "w")
    netwright.fit(frame, "y", trials=2, out=tmp_path / "t", time_column="day", **QUICK)
    found = np.load(tmp_path / "t" / "held_back.npy")
    assert np.isnan(found[:20]).all(), "the earliest rows are never judged"
    assert not np.isnan(found[-20:]).any()


def own_metric(truth: np.ndarray, predicted: np.ndarray) -> float:
    return float(np.mean(truth == predicted))


def test_a_persons_own_metric_decides(tmp_path: Path) -> None:
    name = f"{__name__}:own_metric:maximize"
    predictor = netwright.fit(make_frame(), "y", trials=2, out=tmp_path / "r", metric=name, **QUICK)
    assert predictor.task.metric.maximise
    scores = predictor.evaluate(make_frame())
    assert scores[name] == pytest.approx(scores["accuracy"])


FIRST_MODEL = {"bananas": 21, "smac": 11, "reinforce": 11, "genetic": 21, "tpe": 13, "cmaes": 9}
"""Trials after which a strategy has left its random start."""


@pytest.mark.parametrize("name", STRATEGIES)
def test_any_strategy_of_the_table_tunes_real_learners(tmp_path: Path, name: str) -> None:
    if name == "cmaes":
        pytest.importorskip("cmaes")
    out, trials = tmp_path / "run", FIRST_MODEL.get(name, 6) + 1
    netwright.fit(
        make_frame(60).drop(columns=["note", "day"]),
        "y",
        trials=trials,
        out=out,
        strategy=name,
        level="hpo",
        engine="inline",
        learners=["linear"],
        explain=False,
    )
    counts = read_study(RunFolder.open(out)).counts()
    assert counts["complete"] >= 2
    assert counts["complete"] + counts["pruned"] == trials


def test_limits_choose_single_models_trained_on_all_rows(tmp_path: Path) -> None:
    predictor = netwright.fit(
        make_frame(),
        "y",
        trials=3,
        out=tmp_path / "run",
        max_size_mb=5.0,
        max_latency_ms=500,
        **QUICK,
    )
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert all(part["refitted"] for part in result["ensemble"])
    assert result["measured"]["size_mb"] <= 5
    assert result["measured"]["latency_ms"] <= 500
    assert predictor.task.constraints == Constraints(500, 5.0)


def test_limits_nobody_keeps_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"No model keeps the limits: the smallest has .* MB"):
        netwright.fit(make_frame(), "y", trials=2, out=tmp_path / "r", max_size_mb=1e-6, **QUICK)


def test_a_hold_out_trains_the_winners_on_all_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tabular, "choose_folds", lambda *a: (1, "told so"))
    netwright.fit(make_frame(), "y", trials=3, out=tmp_path / "run", **QUICK)
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert all(part["refitted"] for part in result["ensemble"])
    assert (tmp_path / "run" / "final" / "0000" / "full").is_dir()


def test_a_database_remembers_as_well(tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy")
    url = f"sqlite:///{tmp_path / 'studies.db'}"
    for name in ("a", "b"):
        netwright.fit(make_frame(80), "y", trials=2, out=tmp_path / name, storage=url, **QUICK)
    assert not (tmp_path / "a" / "study.journal").exists()
    for name in ("a", "b"):
        assert read_study(RunFolder.open(tmp_path / name)).counts()["complete"] == 2


def test_many_rows_of_one_learner_failing_do_not_end_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from netwright.learners.linear import Linear

    def broken(*args: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(Linear, "fit", broken)
    netwright.fit(make_frame(80), "y", trials=3, out=tmp_path / "run", **QUICK)
    study = read_study(RunFolder.open(tmp_path / "run"))
    assert study.counts()["failed"] >= 1
    assert study.trials("failed")[0].error == "MemoryError: no room"


def test_when_everything_fails_it_is_said_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from netwright.learners.linear import Linear

    def broken(*args: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(Linear, "fit", broken)
    with pytest.raises(NoModel, match="most often because: MemoryError: no room"):
        netwright.fit(
            make_frame(80), "y", trials=2, out=tmp_path / "r", engine="inline", learners=["linear"]
        )


class Listening(Progress):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def stage(self, name: str) -> None:
        self.told.append(name)

    def note(self, said: str) -> None:
        self.told.append(f"note: {said}")


def test_progress_is_told_in_order(tmp_path: Path) -> None:
    progress = Listening()
    netwright.fit(make_frame(), "y", trials=2, out=tmp_path / "r", progress=progress, **QUICK)
    stages = [told for told in progress.told if not told.startswith("note")]
    assert stages == ["reading", "searching", "weighing", "explaining"]
    assert any("The target 'y' is binary" in told for told in progress.told)


def test_ten_rows_are_enough_to_say_something(tmp_path: Path) -> None:
    frame = make_frame(14).drop(columns=["note", "day"])
    predictor = netwright.fit(frame, "y", trials=2, out=tmp_path / "run", **QUICK)
    assert len(predictor.predict(frame)) == 14


def test_a_run_in_use_is_not_resumed(tmp_path: Path, fitted: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(fitted, copy)
    with RunFolder.open(copy).owned(), pytest.raises(RunError, match="Another process"):
        netwright.resume(copy, trials=5)


def test_a_copied_run_can_be_resumed_and_served(tmp_path: Path, fitted: Path) -> None:
    import shutil

    copy = tmp_path / "elsewhere"
    shutil.copytree(fitted, copy)
    netwright.resume(copy, trials=6)
    assert read_study(RunFolder.open(copy)).counts()["complete"] == 6


# -------------------------------------------------------------------------- interruption


def start(tmp_path: Path, *words: str) -> tuple[subprocess.Popen, Path]:
    make_frame(700).to_csv(tmp_path / "train.csv", index=False)
    out = tmp_path / "run"
    command = [
        sys.executable,
        "-m",
        "netwright",
        "fit",
        str(tmp_path / "train.csv"),
        "--target",
        "y",
        "--out",
        str(out),
        *words,
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return process, out


def wait_for(out: Path, trials: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(0.1)
        journal = out / "study.journal"
        if journal.exists() and '"name"' not in journal.name and (out / "run.json").exists():
            try:
                if read_study(RunFolder.open(out)).counts()["complete"] >= trials:
                    return
            except (KeyError, RunError):
                continue
    raise AssertionError("no trial finished in a minute")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("engine", ["processes", "inline"])
def test_an_interrupted_fit_leaves_a_usable_run(
    tmp_path: Path, number: signal.Signals, engine: str
) -> None:
    process, out = start(
        tmp_path, "--trials", "500", "--learners", "linear,lightgbm", "--engine", engine
    )
    wait_for(out, 2)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "netwright resume" in err
    predictor = netwright.load(out)
    assert len(predictor.predict(make_frame(5))) == 5
    assert (out / "report.html").exists()
    before = boards(out)
    netwright.resume(out, trials=len(before) + 2)
    assert {row[:1] for row in before} <= {row[:1] for row in boards(out)}


def test_kill_minus_nine_of_the_parent_loses_nothing_finished(tmp_path: Path) -> None:
    process, out = start(tmp_path, "--trials", "40", "--learners", "linear,lightgbm")
    wait_for(out, 2)
    process.kill()
    process.communicate()
    before = boards(out)
    time.sleep(1)
    netwright.resume(out, trials=len(before) + 3)
    after = boards(out)
    assert set(before) <= set(after)
    assert netwright.load(out).manifest["leaderboard"]


def test_sigkill_of_a_worker_is_survived(tmp_path: Path) -> None:
    import psutil

    process, out = start(tmp_path, "--trials", "5", "--learners", "lightgbm", "--no-explain")
    wait_for(out, 1)
    leases = [lease for _, lease in read_study(RunFolder.open(out)).running() if lease]
    if leases and psutil.pid_exists(leases[0]["pid"]):
        os.kill(leases[0]["pid"], signal.SIGKILL)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    positions = {
        record.position
        for record in read_study(RunFolder.open(out)).trials("complete", "pruned", "failed")
    }
    assert positions == set(range(5))


# -------------------------------------------------------------------------- small parts


def test_crumbs_are_swept() -> None:
    assert finish._without_crumbs({1: 0.99, 2: 0.01}) == {1: 1.0}


def test_calibration_error_of_honest_and_of_boastful_probabilities() -> None:
    rng = np.random.default_rng(0)
    sure = rng.uniform(0.5, 1, 50_000)
    right = rng.random(50_000) < sure
    honest = np.column_stack([sure, 1 - sure])
    assert finish.calibration_error(honest, np.where(right, 0, 1)) < 0.01
    boastful = np.tile([1.0, 0.0], (1000, 1))
    assert finish.calibration_error(boastful, np.arange(1000) % 2) == pytest.approx(0.5)


def test_memory_defaults_to_most_of_what_is_free(tmp_path: Path) -> None:
    from netwright.core.budget import Clock

    def of(**said: object) -> int:
        options = make_options(target="y", trials=1, **said)
        run = tabular.Run(None, None, options, Clock.start(None), None, Progress())  # type: ignore[arg-type]
        return run.memory_bytes

    assert of(memory="3GB") == 3 * 10**9
    assert of() > 10**8
