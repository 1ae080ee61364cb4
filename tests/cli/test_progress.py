"""Progress reads the storage and says it in the way that suits where it goes."""

from __future__ import annotations

import json
import sys

import pytest

from netwright.cli.progress import (
    JsonProgress,
    LiveProgress,
    NoteProgress,
    make_progress,
    snapshot,
    study_lines,
    training_lines,
)
from netwright.core.budget import Clock
from netwright.core.result import Result
from netwright.core.space import Categorical, Float
from netwright.core.study import Study
from netwright.strategies import get_strategy


@pytest.fixture
def study() -> Study:
    made = Study(
        {"learner": Categorical(("linear", "net")), "x": Float(0, 1)},
        strategy=get_strategy("random"),
    )
    for result in (Result(scores={"score": 0.5}), Result.failed("no"), Result(state="pruned")):
        trial = made.ask()
        assert trial is not None
        made.tell(trial, result)
    made.ask()
    return made


def test_a_snapshot_has_it_all(study: Study) -> None:
    facts = snapshot(study, Clock.start(60.0))
    assert facts["trials"] == {"complete": 1, "pruned": 1, "failed": 1, "running": 1}
    assert facts["best"] == 0.5
    assert facts["budget"] == 60.0
    assert facts["best_learner"] in ("linear", "net")
    assert len(facts["running"]) == 1


def test_json_progress_tells_changes_once(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    progress = JsonProgress()
    progress.begin(Clock.start(10.0), out="run")
    progress.stage("searching")
    progress.tick(study)
    progress._told = (0.0, progress._told[1])
    progress.tick(study)
    progress.note("a thing")
    progress.end()
    events = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [event["event"] for event in events] == ["begin", "stage", "trials", "note", "end"]
    assert all("elapsed" in event for event in events)


def test_live_progress_draws_a_panel(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    progress = LiveProgress()
    progress.begin(Clock.start(100.0, elapsed=50.0))
    progress.stage("searching")
    progress.tick(study)
    console = Console(width=80, file=sys.stdout)
    console.print(progress._panel())
    progress.end()
    progress.end()
    drawn = capsys.readouterr().out
    for word in ("50 s of 100 s", "searching", "1 done, 1 pruned, 1 failed", "best", "running"):
        assert word in drawn


def test_a_panel_without_a_budget_has_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    progress = LiveProgress()
    Console(width=80, file=sys.stdout).print(progress._panel())
    assert "━" not in capsys.readouterr().out


def test_notes_only_where_nobody_looks(capsys: pytest.CaptureFixture[str], study: Study) -> None:
    progress = NoteProgress()
    progress.begin(Clock.start(1.0))
    progress.stage("searching")
    progress.tick(study)
    progress.note("mind this")
    progress.end()
    assert capsys.readouterr().err == "note: mind this\n"


def test_the_right_one_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(make_progress(True), JsonProgress)
    monkeypatch.setattr("sys.stderr.isatty", lambda: False, raising=False)
    assert isinstance(make_progress(False), NoteProgress)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert isinstance(make_progress(False), LiveProgress)


def test_a_long_training_tells_its_epoch_and_loss(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    study = Study({"trial": Float(0, 1)}, strategy=get_strategy("random"))
    trial = study.ask()
    assert trial is not None
    clock = Clock.start(100.0, elapsed=40.0)
    for epoch, loss in ((1, 0.9), (2, 0.51234)):
        trial.report(epoch, loss)
    assert snapshot(study, clock)["reported"] == [(2, 0.51234)]
    panel = LiveProgress()
    panel.begin(clock, level="retrain")
    panel.tick(study)
    Console(width=80, file=sys.stdout).print(panel._panel())
    panel.end()
    assert "epoch 2, training loss 0.5123, 60 s left" in capsys.readouterr().out
    lines = JsonProgress()
    lines.begin(clock)
    lines.tick(study)
    told = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert told["reported"] == [[2, 0.51234]]
    assert 59 <= told["left"] <= 60


def test_a_training_without_a_clock_has_no_seconds_left() -> None:
    assert training_lines({"reported": [(3, 0.25)], "left": None}) == [
        "epoch 3, training loss 0.25"
    ]


def test_a_search_tells_how_far_its_designs_are() -> None:
    facts = {
        "trials": {"complete": 1, "pruned": 0, "failed": 0},
        "best": None,
        "best_learner": None,
        "running": ["design"],
        "reported": [(4, 0.91)],
    }
    assert study_lines(facts)[1:] == ["running design", "so far  0.91 (epoch 4)"]
