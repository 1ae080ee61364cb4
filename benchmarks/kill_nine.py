"""`kill -9` of the parent, of a worker, and inside an append to the journal; then `resume`.

Each time: every trial that had finished is still there, the one in flight is recorded as lost or
run again, and the resumed run ends with a model.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from common import DATA, arguments, netwright, shown, write
from netwright.core.folder import RunFolder
from netwright.core.study import read_study

Strike = Callable[[subprocess.Popen[bytes], Path], None]


def main() -> None:
    """Three murders."""
    smoke = arguments(__doc__).smoke
    cases = {"parent": kill_parent, "worker": kill_worker, "inside_append": tear_the_journal}
    found = {}
    for name, act in list(cases.items())[: 1 if smoke else None]:
        with tempfile.TemporaryDirectory() as folder:
            found[name] = one(Path(folder, "run"), act)
            print(name, found[name], flush=True)
    write("kill_nine", {"cases": found, "all_well": all(c["well"] for c in found.values())}, smoke)


def one(run: Path, act: Strike) -> dict[str, Any]:
    """Starts a fit, strikes once a few trials are done, resumes, compares."""
    command = [
        sys.executable, "-m", "netwright", "fit", str(DATA / "tabular" / "telco_churn.csv.gz"),
        "--target", "Churn", "--trials", "14", "--learners", "lightgbm,linear,xgboost",
        "--out", str(run),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for_trials(run, 3)
    before = finished(run)
    act(process, run)
    process.wait()
    deadline = time.monotonic() + 10
    while workers_of(run) and time.monotonic() < deadline:
        time.sleep(0.1)
    orphans = len(workers_of(run))
    resumed = process.returncode != 0
    if resumed:
        netwright("resume", str(run))
    after = finished(run)
    study = read_study(RunFolder.open(run))
    kept = all(after.get(number) == value for number, value in before.items())
    failed = study.trials("failed")
    facts = shown(run)
    positions = {record.position for record in study.trials("complete", "pruned", "failed")}
    return {
        "finished_before": len(before),
        "finished_after": len(after),
        "all_kept": kept,
        "orphans": orphans,
        "lost": [record.error for record in failed],
        "run_again": sum(record.retried for record in failed),
        "resumed": resumed,
        "slots": len(positions),
        "score": facts["score"],
        "well": kept and orphans == 0 and facts["score"] is not None and len(positions) == 14,
    }


def kill_parent(process: subprocess.Popen[bytes], run: Path) -> None:
    """The parent dies; its workers must not outlive it."""
    process.kill()


def kill_worker(process: subprocess.Popen[bytes], run: Path) -> None:
    """One worker dies; the run goes on by itself."""
    os.kill(workers_of(run)[0], signal.SIGKILL)


def tear_the_journal(process: subprocess.Popen[bytes], run: Path) -> None:
    """Everything dies with half a line in the journal, as when killed inside an append."""
    process.kill()
    process.wait()
    while workers_of(run):
        time.sleep(0.05)
    with (run / "study.journal").open("a") as file:
        file.write('{"op_code":6,"worker_id":"dead-1","trial_id":3,"sta')


def workers_of(run: Path) -> list[int]:
    """Processes that have a log of this run open."""
    found = []
    for process in psutil.process_iter():
        try:
            if any(str(run / "logs") in str(file.path) for file in process.open_files()):
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def wait_for_trials(run: Path, count: int) -> None:
    """Until the journal holds so many finished trials."""
    journal = run / "study.journal"
    while True:
        time.sleep(0.1)
        if journal.exists() and journal.read_text().count('"op_code":6') >= count + 2:
            try:
                if len(finished(run)) >= count:
                    return
            except Exception:
                continue


def finished(run: Path) -> dict[int, tuple[float, ...]]:
    """Number and value of every complete trial."""
    study = read_study(RunFolder.open(run))
    return {record.number: record.values for record in study.trials("complete")}


if __name__ == "__main__":
    main()
