"""Engines against their contract, and the process engine's promises."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path

import psutil
import pytest

from netwright.core.budget import Budget
from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.engine import Job, Watch
from netwright.core.errors import ConfigError, UnknownName
from netwright.core.space import Float
from netwright.core.study import Study
from netwright.core.worker import run_study
from netwright.engines import get_engine
from netwright.engines.processes import Worker, kill_biggest, memory_of
from netwright.strategies import get_strategy
from netwright.testing import check_engine


def test_the_contract_of_inline() -> None:
    check_engine(get_engine("inline"), kills=False)


def test_the_contract_of_processes() -> None:
    check_engine(get_engine("processes"))


def test_engines_by_name() -> None:
    engine = get_engine("inline")
    assert get_engine(engine) is engine
    with pytest.raises(UnknownName, match="'processes'"):
        get_engine("process")


def make(path: Path) -> Study:
    return Study({"x": Float(0, 1)}, strategy=get_strategy("random"), storage=path / "j")


def good(config: Config) -> float:
    return float(config["x"])  # type: ignore[arg-type]


def hang_below_half(config: Config) -> float:
    if float(config["x"]) < 0.5:  # type: ignore[arg-type]
        time.sleep(1000)
    return 1.0


def crash_below_half(config: Config) -> float:
    if float(config["x"]) < 0.5:  # type: ignore[arg-type]
        os._exit(3)
    return 1.0


def greedy(config: Config) -> float:
    blocks = []
    for _ in range(400):
        blocks.append(bytearray(os.urandom(1 << 20) * 8))
        time.sleep(0.02)
    return float(len(blocks))


def report_environment(config: Config, context: Context) -> dict:
    import threadpoolctl

    counts = [pool["num_threads"] for pool in threadpoolctl.threadpool_info()]
    return {"score": float(max(counts, default=1)), "threads": float(context.threads)}


def test_two_workers_do_every_slot_exactly_once(tmp_path: Path) -> None:
    study = make(tmp_path)
    run_study(study, good, Budget(trials=30), get_engine("processes"), workers=2)
    records = study.trials("complete")
    assert sorted(record.position for record in records) == list(range(30))


def test_a_hanging_trial_is_killed_recorded_and_the_run_goes_on(tmp_path: Path) -> None:
    study = make(tmp_path)
    started = time.monotonic()
    run_study(
        study,
        hang_below_half,
        Budget(trials=4),
        get_engine("processes"),
        workers=2,
        trial_seconds=0.5,
    )
    assert time.monotonic() - started < 60
    assert len(study.trials("complete", "failed")) == 4
    assert all(str(record.error).startswith("time") for record in study.trials("failed"))
    assert study.trials("failed"), "the seed gives at least one value below a half"


def test_a_crashing_trial_is_tried_again_once_and_the_run_goes_on(tmp_path: Path) -> None:
    study = make(tmp_path)
    run_study(study, crash_below_half, Budget(trials=4), get_engine("processes"), workers=2)
    assert {record.position for record in study.trials("complete", "failed")} == set(range(4))
    failed = study.trials("failed")
    assert failed
    # Whoever looks first tells: the parent, or the other worker.
    assert {str(record.error) for record in failed} <= {"worker died (exit code 3)", "worker lost"}
    assert sum(record.retried for record in failed) == len(failed) / 2


def test_the_biggest_worker_goes_when_memory_runs_out(tmp_path: Path) -> None:
    study = make(tmp_path)
    run_study(
        study,
        greedy,
        Budget(trials=1),
        get_engine("processes"),
        workers=1,
        memory_bytes=900_000_000,
    )
    (record,) = study.trials("failed")
    assert str(record.error).startswith("memory")
    assert "over the limit of 900 MB" in str(record.error)


def test_the_deadline_ends_everything(tmp_path: Path) -> None:
    study = make(tmp_path)
    started = time.monotonic()
    run_study(study, hang_below_half, Budget(seconds=3), get_engine("processes"), workers=2)
    assert time.monotonic() - started < 15
    assert study.counts()["running"] == 0


def test_threads_are_what_was_told(tmp_path: Path) -> None:
    study = make(tmp_path)
    context = Context(threads=1)
    run_study(study, report_environment, Budget(trials=1), get_engine("processes"), context=context)
    assert study.best().scores == {"score": 1.0, "threads": 1.0}


def test_what_workers_print_stays_out_of_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    get_engine("processes").run(Job(partial(_chatter), logs=logs, label="loud"), Watch())
    printed = capfd.readouterr()
    assert "hello" not in printed.out + printed.err
    assert "hello" in next(logs.iterdir()).read_text()


def _chatter(worker: str) -> None:
    print("hello", flush=True)
    os.system("echo hello from a child")


def test_work_that_cannot_be_found_by_name_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="importable by name"):
        get_engine("processes").run(Job(lambda worker: None), Watch())


def test_a_workers_children_go_with_it(tmp_path: Path) -> None:
    job = Job(partial(_with_child, str(tmp_path)), deadline=time.monotonic() + 4)
    get_engine("processes").run(job, Watch())
    child = int((tmp_path / "child").read_text())
    time.sleep(0.2)
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def _with_child(folder: str, worker: str) -> None:
    import subprocess

    child = subprocess.Popen(["sleep", "600"])
    Path(folder, "child").write_text(str(child.pid))
    child.wait()


def test_memory_of_this_process_and_of_none() -> None:
    assert memory_of(os.getpid()) > 10_000_000
    assert memory_of(2**22 + 1) == 0


def test_no_worker_is_killed_below_the_limit() -> None:
    class Fake:
        pid = os.getpid()

    worker = Worker("w", Fake(), None)  # type: ignore[arg-type]
    assert kill_biggest([worker], 10**12) > 0
    assert worker.reason is None


SCRIPT = """
import netwright
def objective(config): return config["x"] ** 2
study = netwright.tune("unused" and objective, {"x": netwright.Float(-1, 1)}, trials=3)
print("value", round(study.best().values[0], 3))
"""


def test_a_script_without_a_main_guard_works(tmp_path: Path) -> None:
    """The fork server must not run the person's script again."""
    import subprocess
    import sys

    script = tmp_path / "script.py"
    out = str(tmp_path / "run")
    script.write_text(
        "print('started')\n"
        "import netwright, pandas as pd\n"
        "frame = pd.DataFrame({'x': [0.5, 2.5, 1.5] * 20, 'y': ['a', 'b'] * 30})\n"
        f"p = netwright.fit(frame, 'y', trials=2, learners=['linear'], out={out!r})\n"
        "print(len(p.predict(frame)))\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False
    )
    assert done.stdout == "started\n60\n", done.stderr
