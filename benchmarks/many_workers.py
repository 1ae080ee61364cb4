"""Two workers, 200 trials: each exactly once, and none lost to `kill -9` of one of them.

On one real PostgreSQL server on loopback, on the journal file, and as Ray tasks.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common import ROOT, arguments, write
from netwright.core.budget import Budget
from netwright.core.study import Study
from netwright.core.worker import run_study
from netwright.engines.ray import RayEngine

sys.path.insert(0, str(ROOT))
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
from tests import crew
from tests.servers import find_postgres, postgres

SECONDS = 0.1
"""How long a trial takes where a worker is to be killed in the middle of one."""


def main() -> None:
    """Every storage with and without a murder."""
    smoke = arguments(__doc__).smoke
    trials = 20 if smoke else 200
    found: dict[str, Any] = {}
    for name, case in cases(trials, smoke):
        found[name] = case
        everything = all(one["each_once"] for one in found.values())
        write("many_workers", {"trials": trials, "cases": found, "each_once": everything}, smoke)


def cases(trials: int, smoke: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and verdict of each case, as they are done."""
    programs = find_postgres()
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "study.journal"
        for kill in (False, True):
            yield label("journal", kill), processes(journal, trials, kill)
        if smoke:
            return
        if programs is not None:
            with postgres(programs) as url:
                for kill in (False, True):
                    yield label("postgresql", kill), processes(url, trials, kill)
        for kill in (False, True):
            yield label("ray", kill), ray(Path(folder) / f"ray{kill}.journal", trials, kill)


def label(where: str, kill: bool) -> str:
    """The case's name."""
    return f"{where}, kill -9" if kill else where


def processes(storage: str | Path, trials: int, kill: bool) -> dict[str, Any]:
    """Two plain processes on one storage."""
    name = "killed" if kill else "whole"
    study = crew.open_study(storage, name)
    started = time.monotonic()
    team = [crew.start(storage, name, trials, SECONDS if kill else 0.0) for _ in range(2)]
    if kill:
        while study.counts()["complete"] < trials // 4 or team[0].pid not in at_work(study):
            if team[0].poll() is not None:
                raise RuntimeError("the worker was done before it could be killed")
            time.sleep(0.02)
        team[0].send_signal(signal.SIGKILL)
    for process in team:
        process.wait()
    return verdict(study, trials, time.monotonic() - started)


def ray(journal: Path, trials: int, kill: bool) -> dict[str, Any]:
    """Two Ray tasks on one journal."""
    study = crew.open_study(journal)
    killed: list[int] = []

    def strike(seen: Study) -> None:
        pids = at_work(study)
        if kill and not killed and pids and study.counts()["complete"] >= trials // 4:
            killed.append(min(pids))
            os.kill(killed[0], signal.SIGKILL)

    started = time.monotonic()
    work = crew.Square(SECONDS if kill else 0.0)
    run_study(study, work, Budget(trials=trials), RayEngine(), workers=2, on_tick=strike)
    if kill and not killed:
        raise RuntimeError("no worker was killed")
    return verdict(study, trials, time.monotonic() - started)


def at_work(study: Study) -> set[int]:
    """Processes that hold a trial."""
    return {int(lease["pid"]) for _, lease in study.running() if lease is not None}


def verdict(study: Study, trials: int, seconds: float) -> dict[str, Any]:
    """Whether every position is complete once, and nothing is left open."""
    positions = [record.position for record in study.trials("complete")]
    left = study.counts()["running"] + len(study.trials("waiting"))
    return {
        "each_once": positions == list(range(trials)) and left == 0,
        "lost_and_run_again": len(study.trials("failed")),
        "seconds": round(seconds, 1),
    }


if __name__ == "__main__":
    main()
