"""`netwright worker` and `netwright dashboard` as a person types them."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.cli.test_bad_input import refused
from tests.servers import free_port


def test_the_dashboard_answers_on_this_machine_until_ctrl_c(fitted: Path) -> None:
    pytest.importorskip("optuna_dashboard")
    command = [sys.executable, "-m", "netwright", "dashboard", str(fitted), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = server.stdout.readline().split()[0]
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(address + "dashboard", timeout=20) as page:
            assert page.status == 200
        with urllib.request.urlopen(address + "api/studies", timeout=20) as studies:
            assert b'"study_name": "study"' in studies.read()
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 0
        assert "ended" in server.stdout.read()


def test_a_taken_port_is_refused(fitted: Path, cli) -> None:  # type: ignore[no-untyped-def]
    pytest.importorskip("optuna_dashboard")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert "choose another --port" in refused(cli("dashboard", fitted, "--port", port))


def test_without_the_package_the_extra_is_named(
    fitted: Path, cli, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setitem(sys.modules, "optuna_dashboard", None)
    assert 'pip install "netwright[dashboard]"' in refused(cli("dashboard", fitted))


def test_no_run_no_dashboard(tmp_path: Path, cli) -> None:  # type: ignore[no-untyped-def]
    assert "There is no run" in refused(cli("dashboard", tmp_path))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("no/such/run",), "There is no run"),
        (("postgresql://127.0.0.1:{port}/db",), "--study and --data"),
        (("no.journal", "--study", "s", "--data", "d.csv"), "no journal file"),
        (("grpc://nowhere", "--study", "s", "--data", "d.csv"), "grpc://host:port"),
        (
            ("postgresql://me@127.0.0.1:{port}/db", "--study", "s", "--data", "d.csv"),
            "cannot be opened",
        ),
        (("run", "--engine", "inline", "--address", "auto"), "has no cluster"),
        (("run", "--engine", "rai"), "Did you mean 'ray'"),
    ],
)
def test_a_worker_with_nothing_to_join(cli, words: tuple[str, ...], message: str) -> None:  # type: ignore[no-untyped-def]
    told = (word.format(port=free_port()) for word in words)
    assert message in refused(cli("worker", *told))


def test_a_worker_on_a_finished_run_has_nothing_to_do(fitted: Path, cli) -> None:  # type: ignore[no-untyped-def]
    done = cli("worker", fitted, "--engine", "inline")
    assert done.code == 0, done.err
    assert "0 trials were run here" in done.out
