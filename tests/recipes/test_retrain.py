"""A long training that is killed goes on where it stood; what cannot be trained is refused."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import netwright
from netwright.core.errors import ConfigError
from netwright.core.folder import RunFolder
from netwright.core.progress import Progress
from netwright.core.study import Study, read_study
from netwright.nn.checkpoints import NAME
from netwright.nn.weights import read_tensors
from netwright.recipes.again import again_study
from tests.conftest import Outcome
from tests.recipes.test_search import make_pictures

EPOCHS = 25
TRAINING = {"epochs": EPOCHS, "threads": 1, "checkpoint_seconds": 0.0}


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A search with a trained design (0) and one that broke a limit (1 or 2)."""
    root = tmp_path_factory.mktemp("retrain")
    netwright.search(
        make_pictures(root / "pictures"), trials=1, epochs=1, out=root / "run", engine="inline",
        strategy="random", space="nasbench201", arguments={"cells": 1, "channels": 4},
    )  # fmt: skip
    return root / "run"


@pytest.fixture
def run(searched: Path, tmp_path: Path) -> Path:
    """A copy of it for one test."""
    return Path(shutil.copytree(searched, tmp_path / "run"))


def trainings(run: Path) -> Study:
    """The study of what was trained again."""
    folder = RunFolder.open(run)
    return again_study(read_study(folder), "retrain", folder.journal, 0)


def checkpoint(run: Path) -> Path:
    return run / "retrain" / "checkpoints" / "0000" / NAME


def kill_while_training(run: Path) -> int:
    """Trains in a process of its own, kills it after some epochs; returns how many."""
    said = f"import netwright; netwright.retrain({str(run)!r}, **{TRAINING!r})"
    process = subprocess.Popen([sys.executable, "-c", said], env={**os.environ})
    try:
        for _ in range(1200):
            saved = read_tensors(checkpoint(run))
            if saved is not None and saved.facts["epoch"] >= 2:
                break
            assert process.poll() is None, "it was over before it could be killed"
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    saved = read_tensors(checkpoint(run))
    assert saved is not None
    return int(saved.facts["epoch"])


@pytest.fixture(scope="module")
def dead(searched: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """The run of a training that was killed, and the epoch it had reached."""
    run = Path(shutil.copytree(searched, tmp_path_factory.mktemp("dead") / "run"))
    return run, kill_while_training(run)


@pytest.fixture
def killed(dead: tuple[Path, int], tmp_path: Path) -> Path:
    """A copy of it for one test."""
    return Path(shutil.copytree(dead[0], tmp_path / "killed"))


def test_a_killed_training_goes_on_and_ends_as_if_it_never_stopped(
    run: Path, killed: Path, dead: tuple[Path, int], searched: Path
) -> None:
    assert 2 <= dead[1] < EPOCHS
    watched = Reports()
    again = netwright.retrain(killed, progress=watched, **TRAINING)
    assert watched.seen
    assert all(dead[1] < epoch <= EPOCHS for epoch, _ in watched.seen)
    assert all(np.isfinite(loss) for _, loss in watched.seen)
    never_stopped = netwright.retrain(run, **TRAINING)
    source = searched.parent / "pictures"
    assert np.array_equal(again.predict_proba(source), never_stopped.predict_proba(source))
    assert not checkpoint(killed).exists()
    states = [(record.state, record.error) for record in trainings(killed).trials()]
    assert states == [("failed", "worker lost"), ("complete", None)]


class Reports(Progress):
    """Remembers what a training told while it ran."""

    def __init__(self) -> None:
        self.seen: set[tuple[int, float]] = set()

    def tick(self, study: Study) -> None:
        """Looks at the storage, as a panel does."""
        for record in study.trials():
            if record.reported is not None and record.state == "running":
                self.seen.add(record.reported)


def test_a_full_disk_costs_checkpoints_only(killed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*words: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = checkpoint(killed).read_bytes()
    found: list[bytes] = []

    class Looks(Progress):
        def tick(self, study: Study) -> None:
            if checkpoint(killed).exists():
                found.append(checkpoint(killed).read_bytes())

    monkeypatch.setattr("netwright.nn.weights.save", full)
    netwright.retrain(killed, progress=Looks(), **TRAINING)
    assert found
    assert set(found) == {before}  # as the killed process left it, until it was not needed
    assert trainings(killed).trials("complete")


def test_what_an_interrupted_call_left_is_not_trained_twice(run: Path) -> None:
    trainings(run).enqueue({"trial": 0})
    netwright.retrain(run, epochs=2, threads=1)
    states = [record.state for record in trainings(run).trials()]
    assert sorted(states) == ["complete", "failed"]


def test_an_unknown_augmentation_is_refused_at_once(run: Path) -> None:
    with pytest.raises(ConfigError, match=r"'trivial_flop'.*trivial_flip"):
        netwright.retrain(run, augment="trivial_flop", epochs=1)
    assert not (run / "retrain").exists()


def test_a_space_that_takes_no_such_argument_is_refused_at_once(run: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be made with"):
        netwright.retrain(run, epochs=1, arguments={"layers": 2})
    assert not (run / "retrain").exists()


def test_a_design_that_failed_or_broke_a_limit_is_refused(
    run: Path, cli: Callable[..., Outcome]
) -> None:
    from netwright.core.result import Result

    study = read_study(RunFolder.open(run))
    for result in (Result.failed("out of memory"), Result(state="pruned", error="over the limit")):
        trial = study.ask()
        assert trial is not None
        study.tell(trial, result)
    for number, why in ((1, "is failed: out of memory"), (2, "is pruned: over the limit")):
        done = cli("retrain", run, "--design", number, "--epochs", 1)
        assert done.code == 2
        assert f"Trial {number} {why}; name one that is complete." in done.err
        assert "Traceback" not in done.err
