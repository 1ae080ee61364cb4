"""The journal survives its writers."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netwright.core.errors import ConfigError
from netwright.core.storage import JournalLock, open_storage, truncate_torn_tail


@settings(max_examples=40, deadline=None)
@given(lines=st.lists(st.text("abc{}", max_size=8), max_size=5), torn=st.text("xyz", max_size=9))
def test_only_the_torn_tail_goes(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], torn: str
) -> None:
    path = tmp_path_factory.mktemp("journal") / "j"
    whole = "".join(line + "\n" for line in lines)
    path.write_text(whole + torn)
    assert truncate_torn_tail(path) == len(torn)
    assert path.read_text() == whole


def test_a_torn_tail_longer_than_a_block_goes_too(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_text("{}\n" + "x" * 200_000)
    assert truncate_torn_tail(path) == 200_000
    assert path.read_text() == "{}\n"


def test_an_absent_journal_has_no_tail(tmp_path: Path) -> None:
    assert truncate_torn_tail(tmp_path / "absent") == 0


def test_a_torn_journal_opens_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "study.journal"
    study = optuna.create_study(storage=open_storage(path), study_name="s")
    study.add_trial(optuna.trial.create_trial(value=1.0))
    with path.open("a") as file:
        file.write('{"op_code": 4, "worker_id": "dead')
    again = optuna.load_study(storage=open_storage(path), study_name="s")
    again.add_trial(optuna.trial.create_trial(value=2.0))
    third = optuna.load_study(storage=open_storage(path), study_name="s")
    assert [trial.value for trial in third.trials] == [1.0, 2.0]


def test_a_tail_torn_while_others_write_is_mended_by_the_next_append(tmp_path: Path) -> None:
    path = tmp_path / "study.journal"
    one = optuna.create_study(storage=open_storage(path), study_name="s")
    other = optuna.load_study(storage=open_storage(path), study_name="s")
    one.add_trial(optuna.trial.create_trial(value=1.0))
    with path.open("a") as file:
        file.write('{"op_co')  # a third writer was killed here
    other.add_trial(optuna.trial.create_trial(value=2.0))
    one.add_trial(optuna.trial.create_trial(value=3.0))
    assert [trial.value for trial in one.trials] == [1.0, 2.0, 3.0]
    assert [trial.value for trial in other.trials] == [1.0, 2.0, 3.0]
    assert all(json.loads(line) for line in path.read_text().splitlines())


def hold_lock(path: str, ready: object) -> None:
    JournalLock(path).acquire()
    ready.set()  # type: ignore[attr-defined]
    time.sleep(60)


def test_the_lock_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    path = str(tmp_path / "j")
    process = context.Process(target=hold_lock, args=(path, ready))
    process.start()
    assert ready.wait(30)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    started = time.monotonic()
    lock = JournalLock(path)
    lock.acquire()
    lock.release()
    assert time.monotonic() - started < 2


def test_the_lock_keeps_others_out(tmp_path: Path) -> None:
    import threading

    path = str(tmp_path / "j")
    first, second, order = JournalLock(path), JournalLock(path), []
    first.acquire()

    def later() -> None:
        second.acquire()
        order.append("second")
        second.release()

    thread = threading.Thread(target=later)
    thread.start()
    time.sleep(0.2)
    order.append("first")
    first.release()
    thread.join(10)
    assert order == ["first", "second"]


APPEND_FOR_EVER = """
import sys, optuna
from netwright.core.storage import open_storage
study = optuna.load_study(storage=open_storage(sys.argv[1]), study_name="s")
print("ready", flush=True)
while True:
    trial = study.ask()
    trial.suggest_float("x", 0, 1)
    study.tell(trial, 1.0)
"""


@pytest.mark.parametrize("moment", [0.02, 0.11, 0.23])
def test_kill_minus_nine_inside_appends_loses_nothing_finished(
    tmp_path: Path, moment: float
) -> None:
    path = tmp_path / "study.journal"
    optuna.create_study(storage=open_storage(path), study_name="s")
    process = subprocess.Popen(
        [sys.executable, "-c", APPEND_FOR_EVER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(moment)
    process.kill()
    process.wait()
    process.stdout.close()
    lines = path.read_text().splitlines(keepends=True)
    told = sum('"op_code":6' in line and line.endswith("\n") for line in lines)
    study = optuna.load_study(storage=open_storage(path), study_name="s")
    complete = [trial for trial in study.trials if trial.state == optuna.trial.TrialState.COMPLETE]
    assert len(complete) == told
    study.add_trial(optuna.trial.create_trial(value=5.0))
    assert study.trials[-1].value == 5.0


def test_memory_and_databases_open_too(tmp_path: Path) -> None:
    assert isinstance(open_storage(None), optuna.storages.InMemoryStorage)
    url = f"sqlite:///{tmp_path / 'study.db'}"
    assert isinstance(open_storage(url), optuna.storages.RDBStorage)


@pytest.mark.parametrize("url", ["nonsense://x", "sqlite:////no/such/folder/at/all.db"])
def test_a_database_that_cannot_be_opened_is_told_in_one_sentence(url: str) -> None:
    with pytest.raises(ConfigError, match="cannot be opened") as caught:
        open_storage(url)
    assert "\n" not in str(caught.value)
