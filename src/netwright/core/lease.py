"""How a lost worker is noticed: a lease with a beat counter, judged by the observer's own clock.

A worker writes a growing counter into its trial's attributes every few seconds. Clocks of
different machines never meet: an observer calls a trial lost when the counter has not moved for
`patience` seconds of the *observer's* monotonic clock - or at once when the worker ran on the
observer's own machine and its process is gone.

Two laptops may bear one name, and two containers on one machine count their processes apart; so
"the same machine" means the same boot of the same kernel and the same process namespace.
"""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

LEASE = "netwright:lease"
BEAT_SECONDS = 5.0
PATIENCE_SECONDS = 60.0


def _process_started(pid: int) -> float | None:
    """When a process of this machine started, None if there is none (a zombie is none)."""
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.Error:
        return None


@cache
def place() -> str:
    """Where a process number means something: host, boot and process namespace."""
    told = [platform.node()]
    try:
        told.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8])
        told.append(os.readlink("/proc/self/ns/pid").strip("pid:[]"))
    except OSError:  # not Linux: the name has to do
        pass
    return "/".join(told)


def lives_here(lease: dict[str, Any]) -> bool:
    """Whether the lease's process is one of this machine's and still runs."""
    return lease.get("host") == place() and _process_started(lease["pid"]) == lease.get("started")


def crew_of(worker: str) -> str | None:
    """What the workers of one parent are called but for their number; None outside a crew."""
    return worker.rpartition("-")[0] or None


def new_lease(worker: str) -> dict[str, Any]:
    """The lease of this process, at beat 0."""
    pid = os.getpid()
    started = _process_started(pid)
    return {"worker": worker, "host": place(), "pid": pid, "started": started, "beat": 0}


@contextmanager
def held(
    lease: dict[str, Any],
    write: Callable[[dict[str, Any]], None],
    beat_seconds: float = BEAT_SECONDS,
) -> Iterator[None]:
    """Keeps a lease alive from a thread while the body runs."""
    over = threading.Event()

    def beat() -> None:
        count = 0
        while not over.wait(beat_seconds):
            count += 1
            try:
                write({**lease, "beat": count})
            except Exception:  # the trial was taken away: nothing left to hold
                return

    thread = threading.Thread(target=beat, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class Observer:
    """Judges which running trials have lost their worker.

    Args:
        patience_seconds: How long a beat may stand still.
        crew: The crew of the worker that looks, if it has one. How its mates end is for the
            parent to say, who knows why it killed them; they count as lost only by their beat.
    """

    def __init__(self, patience_seconds: float = PATIENCE_SECONDS, crew: str | None = None) -> None:
        self.patience_seconds = patience_seconds
        self.crew = crew
        self._seen: dict[int, tuple[object, float]] = {}

    def lost(self, number: int, lease: dict[str, Any] | None) -> bool:
        """Whether the trial's worker is gone. Call it again and again for each running trial."""
        if lease and lease.get("host") == place() and not self._mate(lease):
            return not lives_here(lease)
        beat = None if lease is None else (lease.get("worker"), lease.get("beat"))
        now = time.monotonic()
        known, since = self._seen.get(number, (object(), now))
        if known != beat:
            self._seen[number] = (beat, now)
            return False
        return now - since > self.patience_seconds

    def _mate(self, lease: dict[str, Any]) -> bool:
        return self.crew is not None and crew_of(str(lease.get("worker"))) == self.crew
