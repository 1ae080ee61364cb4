"""The Ray engine against its contract. Ray takes seconds to start, so it is started once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from netwright.core.budget import Budget
from netwright.core.context import Context
from netwright.core.engine import Job, Orders, Watch
from netwright.core.errors import ConfigError, MissingExtra
from netwright.core.worker import run_study
from netwright.engines import get_engine
from netwright.engines.ray import RayEngine, Worker, join_cluster, kill_heaviest
from netwright.testing import check_engine
from tests import crew
from tests.engines.test_engines import _chatter, _with_child, greedy, report_environment
from tests.servers import free_port

ray = pytest.importorskip("ray", reason='Ray is not installed; run: pip install "netwright[ray]"')


@pytest.fixture(scope="module")
def engine() -> Iterator[RayEngine]:
    """One engine, and after it nothing."""
    made = get_engine("ray")
    assert isinstance(made, RayEngine)
    # Two places, whatever the first test asks for.
    made.run(Job(partial(_nothing), workers=2), Watch())
    yield made
    ray.shutdown()


def _nothing(worker: str) -> None: ...


class Noting(Watch):
    """Remembers how workers ended."""

    def __init__(self) -> None:
        self.ends: list[str | None] = []

    def ended(self, worker: str, reason: str | None) -> bool:
        self.ends.append(reason)
        return False


class Until(Watch):
    """Stops everything once a file is there."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def tick(self) -> Orders:
        return Orders(stop=self.path.exists() and self.path.stat().st_size > 0)


def test_the_contract_of_ray(engine: RayEngine) -> None:
    check_engine(engine)


def test_ray_listens_on_this_machine_alone(engine: RayEngine) -> None:
    family = psutil.Process().children(recursive=True)
    assert any("raylet" in process.name() for process in family)
    told = [c.laddr.ip for p in family for c in p.net_connections("inet") if c.status == "LISTEN"]
    assert told
    assert {ip.removeprefix("::ffff:") for ip in told} == {"127.0.0.1"}


def test_ray_sends_no_telemetry(engine: RayEngine) -> None:
    family = psutil.Process().children(recursive=True)
    (raylet,) = [process for process in family if "raylet" in process.name()]
    assert raylet.environ()["RAY_USAGE_STATS_ENABLED"] == "0"
    assert "RAY_USAGE_STATS_ENABLED" not in os.environ


def test_two_ray_workers_run_every_trial_exactly_once(engine: RayEngine, tmp_path: Path) -> None:
    study = crew.open_study(tmp_path / "study.journal")
    run_study(study, crew.Square(0.0), Budget(trials=200), engine, workers=2)
    assert [record.position for record in study.trials("complete")] == list(range(200))
    assert len(study.trials()) == 200


def test_a_killed_ray_worker_loses_no_trial(engine: RayEngine, tmp_path: Path) -> None:
    study = crew.open_study(tmp_path / "study.journal")
    killed: list[int] = []

    def kill_one(seen: object) -> None:
        leases = [lease for _, lease in study.running() if lease is not None]
        if leases and not killed and study.counts()["complete"] > 5:
            killed.append(int(leases[0]["pid"]))
            os.kill(killed[0], signal.SIGKILL)

    run_study(study, crew.Square(0.1), Budget(trials=30), engine, workers=2, on_tick=kill_one)
    assert killed
    assert [record.position for record in study.trials("complete")] == list(range(30))
    assert len(study.trials("failed")) <= 1


def test_memory_and_children_are_kept_in_bounds(engine: RayEngine, tmp_path: Path) -> None:
    study = crew.open_study(tmp_path / "study.journal")
    run_study(study, greedy, Budget(trials=1), engine, memory_bytes=600_000_000)
    (record,) = study.trials("failed")
    assert "over the limit of 600 MB" in str(record.error)
    job = Job(partial(_with_child, str(tmp_path)), label="child")
    engine.run(job, Until(tmp_path / "child"))
    child = int((tmp_path / "child").read_text())
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_threads_and_logs_are_as_with_processes(engine: RayEngine, tmp_path: Path) -> None:
    study = crew.open_study(tmp_path / "study.journal")
    run_study(study, report_environment, Budget(trials=1), engine, context=Context(threads=1))
    assert study.best().scores == {"score": 1.0, "threads": 1.0}
    engine.run(Job(partial(_chatter), logs=tmp_path, label="loud"), Watch())
    assert "hello" in next(tmp_path.glob("loud-*.log")).read_text()


def _raises(worker: str) -> None:
    raise ValueError("the moon is wrong")


def test_an_error_of_the_work_is_a_death_with_its_reason(engine: RayEngine) -> None:
    watch = Noting()
    engine.run(Job(_raises), watch)
    assert watch.ends == ["worker died (ValueError: the moon is wrong)"]


def test_sigterm_stays_ours(engine: RayEngine) -> None:
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


# ------------------------------------------------------------------- without a running Ray


@pytest.mark.parametrize("address", ["127.0.0.1:{port}", "ray://127.0.0.1:{port}"])
def test_an_absent_cluster_is_told_soon(address: str) -> None:
    started = time.monotonic()
    with pytest.raises(ConfigError, match=r"No Ray cluster answers at .*refused"):
        join_cluster(address.format(port=free_port()), {})
    assert time.monotonic() - started < 6


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1", "ray://127.0.0.1:x"])
def test_an_address_that_is_none_is_told(address: str) -> None:
    with pytest.raises(ConfigError, match="Ray cluster"):
        join_cluster(address, {})


def test_other_engines_have_no_address() -> None:
    with pytest.raises(ConfigError, match="has no cluster"):
        get_engine("processes", "127.0.0.1:6379")


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"netwright\[ray\]"):
        get_engine("ray")


def fake(name: str, killed: dict[str, str]) -> Worker:
    class Fake(Worker):
        def kill(self, reason: str) -> None:
            killed[self.name] = reason

    return Fake(name, None)


def test_the_biggest_goes_on_each_machine_that_is_over() -> None:
    killed: dict[str, str] = {}
    workers = [fake(name, killed) for name in ("a", "b", "c", "d")]
    sizes = {
        "a": ("one", 60),
        "b": ("one", 50),
        "c": ("two", 90),
        "d": ("three", 101),
        "e": ("two", 90),
    }
    kill_heaviest(workers, sizes, 100)  # 'e' has ended: nobody weighs it any more
    assert set(killed) == {"a", "d"}


def test_importing_netwright_loads_no_ray() -> None:
    script = "import sys, netwright.engines, netwright.engines.ray; print('ray' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.strip() == b"False"
