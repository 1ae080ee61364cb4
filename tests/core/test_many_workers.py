"""Two real processes on one real storage: every trial once, and none lost to `kill -9`."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netwright.core.errors import ConfigError, MissingExtra
from netwright.core.lease import LEASE
from netwright.core.storage import open_storage, without_password
from netwright.core.study import Study
from tests import crew
from tests.servers import free_port, grpc_proxy

Where = Callable[[], str]


@pytest.fixture
def grpc_url(postgres_url: str) -> Iterator[str]:
    """A gRPC proxy over the PostgreSQL server."""
    with grpc_proxy(postgres_url.replace("postgresql:", "postgresql+psycopg:")) as url:
        yield url


@pytest.fixture
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The storage a test is parametrised with."""
    if request.param == "journal":
        return str(tmp_path / "study.journal")
    return str(request.getfixturevalue(request.param))


def pids_at_work(study: Study) -> set[int]:
    return {int(lease["pid"]) for _, lease in study.running() if lease is not None}


def check_each_once(study: Study, trials: int) -> None:
    assert [record.position for record in study.trials("complete")] == list(range(trials))
    assert study.counts()["running"] == 0
    assert not study.trials("waiting")


@pytest.mark.parametrize(
    ("storage", "trials"),
    [("journal", 200), ("postgres_url", 200), ("grpc_url", 30)],
    indirect=["storage"],
)
def test_two_processes_run_every_trial_exactly_once(storage: str, trials: int) -> None:
    name = f"once-{trials}"  # the proxy stands before the same server
    study = crew.open_study(storage, name)
    processes = [crew.start(storage, name, trials, 0.0) for _ in range(2)]
    assert [process.wait(120) for process in processes] == [0, 0]
    check_each_once(study, trials)
    assert len(study.trials()) == trials
    leases = [t.user_attrs.get(LEASE) for t in study.optuna_study.get_trials(deepcopy=False)]
    workers = {lease["pid"] for lease in leases if lease}  # a surplus trial has none
    assert workers == {process.pid for process in processes}


@pytest.mark.parametrize(
    ("storage", "trials"),
    [("journal", 100), ("postgres_url", 40), ("grpc_url", 30)],
    indirect=["storage"],
)
def test_a_killed_process_loses_no_trial(storage: str, trials: int) -> None:
    name = f"killed-{trials}"
    study = crew.open_study(storage, name)
    victim, other = (crew.start(storage, name, trials, 0.06) for _ in range(2))
    end = time.monotonic() + 60
    while study.counts()["complete"] < trials // 4 or victim.pid not in pids_at_work(study):
        assert victim.poll() is None, "the victim was done too soon"
        assert time.monotonic() < end, "the workers do not get on"
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    assert other.wait(120) == 0
    check_each_once(study, trials)
    lost = study.trials("failed")
    assert len(lost) <= 1
    assert all((record.error, record.retried) == ("worker lost", True) for record in lost)


def test_whoever_has_no_slot_left_waits_for_the_lost(tmp_path: Path) -> None:
    """The last trial's worker dies when nobody but an idle worker is there to notice."""
    journal = tmp_path / "study.journal"
    study = crew.open_study(journal, "last")
    victim = crew.start(journal, "last", 1, 60.0)
    while victim.pid not in pids_at_work(study):
        time.sleep(0.05)
    idle = crew.start(journal, "last", 1, 0.0)
    time.sleep(2.0)
    assert idle.poll() is None
    os.kill(victim.pid, signal.SIGKILL)
    victim.wait()
    assert idle.wait(30) == 0
    check_each_once(study, 1)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_plain_url_means_psycopg_3(postgres_url: str, scheme: str) -> None:
    storage = open_storage(postgres_url.replace("postgresql", scheme, 1))
    assert storage.engine.dialect.driver == "psycopg"
    assert storage.get_all_studies() is not None


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://me:secret@127.0.0.1:{port}/db", "connection"),
        ("grpc://127.0.0.1:{port}", "no answer within"),
        ("grpc://127.0.0.1", "'grpc://host:port'"),
        ("grpc://127.0.0.1:port", "cannot be opened"),
        ("postgresql://me@127.0.0.1:many/db", "cannot be opened"),
    ],
)
def test_an_absent_server_is_told_soon_in_one_sentence(
    url: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netwright.core.storage.CONNECT_SECONDS", 1)
    started = time.monotonic()
    with pytest.raises(ConfigError, match=message) as caught:
        open_storage(url.format(port=free_port()))
    assert time.monotonic() - started < 10
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtra, match=r"netwright\[postgres\]"):
        open_storage("postgresql://me@127.0.0.1/db")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:a:b@host:5432/db", "postgresql://me:***@host:5432/db"),
        ("postgresql://me@host:5432/db", "postgresql://me@host:5432/db"),
        ("sqlite:///folder/a:b@c.db", "sqlite:///folder/a:b@c.db"),
        ("grpc://host:13000", "grpc://host:13000"),
    ],
)
def test_passwords_stay_out_of_messages(url: str, shown: str) -> None:
    assert without_password(url) == shown
