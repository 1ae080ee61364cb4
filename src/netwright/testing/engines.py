"""The contract of engines: equal copies, nothing left behind, overrun work ended."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from functools import partial
from pathlib import Path

from netwright.core.engine import Engine, Job, Orders, Watch

BURIAL_SECONDS = 3.0
"""How long a killed process may take to leave the system's table."""


def check_engine(engine: Engine, kills: bool = True) -> None:
    """Runs toy work in two workers; `kills` says whether the engine promises to end overruns."""
    _check_runs_all(engine, 2 if kills else 1)
    _check_raises_nothing(engine)
    if kills:
        _check_deadline(engine)
        _check_orders(engine)
        _check_restart(engine)


def _note(folder: str, worker: str) -> None:
    Path(folder, f"{worker}.{os.getpid()}").touch()


def _sleep(folder: str, worker: str) -> None:
    _note(folder, worker)
    time.sleep(60)


def _die_once(folder: str, worker: str) -> None:
    first = not any(Path(folder).iterdir())
    _note(folder, worker)
    if first:
        os.kill(os.getpid(), signal.SIGKILL)


class _Watch(Watch):
    def __init__(self, again: bool = False, kill: str | None = None) -> None:
        self.again = again
        self.kill = kill
        self.ends: list[str | None] = []

    def tick(self) -> Orders:
        return Orders(kill={} if self.kill is None else {self.kill: "time: told so"})

    def ended(self, worker: str, reason: str | None) -> bool:
        self.ends.append(reason)
        return self.again and reason is not None


def _check_runs_all(engine: Engine, workers: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        watch = _Watch()
        engine.run(Job(partial(_note, folder), workers=workers, label="all"), watch)
        names = {path.name.split(".")[0] for path in Path(folder).iterdir()}
        assert len(names) == workers, f"{len(names)} of {workers} workers ran"
        assert watch.ends == [None] * workers, f"workers ended with {watch.ends}"


def _check_raises_nothing(engine: Engine) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine.run(Job(partial(_note, folder), label="second"), _Watch())
        assert len(list(Path(folder).iterdir())) == 1, "an engine must run a second job"


def _check_deadline(engine: Engine) -> None:
    with tempfile.TemporaryDirectory() as folder:
        watch = _Watch()
        started = time.monotonic()
        job = Job(partial(_sleep, folder), workers=2, deadline=started + 3, label="late")
        engine.run(job, watch)
        assert time.monotonic() - started < 15, "the deadline was not kept"
        _check_none_left(folder)
        assert all(reason and reason.startswith("time") for reason in watch.ends)


def _check_orders(engine: Engine) -> None:
    with tempfile.TemporaryDirectory() as folder:
        name = f"told-{getattr(engine, '_started', 0)}"
        watch = _Watch(kill=name)
        engine.run(Job(partial(_sleep, folder), label="told"), watch)
        _check_none_left(folder)
        assert watch.ends == ["time: told so"], f"the reason was lost: {watch.ends}"


def _check_restart(engine: Engine) -> None:
    with tempfile.TemporaryDirectory() as folder:
        watch = _Watch(again=True)
        engine.run(Job(partial(_die_once, folder), label="dies"), watch)
        assert len(list(Path(folder).iterdir())) == 2, "a lost worker was not replaced"
        assert watch.ends[0] is not None, "a death was not noticed"
        assert watch.ends[-1] is None, f"the replacement ended with {watch.ends[-1]}"


def _check_none_left(folder: str) -> None:
    end = time.monotonic() + BURIAL_SECONDS
    for path in Path(folder).iterdir():
        pid = int(path.suffix[1:])
        while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
            time.sleep(0.05)
        assert not Path(f"/proc/{pid}").exists(), f"worker {pid} is still there"
