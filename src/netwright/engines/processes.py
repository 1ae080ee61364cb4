"""Equal worker processes under a parent that keeps the promises about time and memory.

The parent runs no heavy library. A fork server has numpy, pandas, scikit-learn and LightGBM loaded
(never torch), so that a worker starts in a fraction of a second. Every worker leads a process
group of its own: what overruns its time or memory is killed with all it started, whatever native
code it is in.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from netwright.core.engine import Engine, Job, Watch
from netwright.core.errors import ConfigError

PRELOAD = [
    "numpy",
    "pandas",
    "pyarrow",
    "optuna",
    "lightgbm",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.neighbors",
    "sklearn.feature_extraction.text",
    "netwright.core.worker",
    "netwright.evaluators.resampling",
    "netwright.learners.tabular",
]
TICK_SECONDS = 0.2
MEMORY_SECONDS = 1.0
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
PR_SET_PDEATHSIG = 1


@dataclass
class Worker:
    """One running process.

    Attributes:
        name: As the work knows it.
        process: The process, which leads its own group.
        leash: Open as long as the parent lives.
        reason: Why it was killed, None if it was not.
    """

    name: str
    process: Any
    leash: Connection
    reason: str | None = None

    def kill(self, reason: str) -> None:
        """Kills the whole group."""
        self.reason = self.reason or reason
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()

    def verdict(self) -> str | None:
        """Why it ended: the reason it was killed, how it died, or None when it just finished."""
        code = self.process.exitcode
        if self.reason is not None or code == 0:
            return self.reason
        if code is not None and code < 0:
            return f"worker died (signal {-code})"
        return f"worker died (exit code {code})"


class ProcessEngine(Engine):
    """N equal processes, restarted when they are lost."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._started = 0

    def warm_up(self, threads: int) -> None:
        """Starts the fork server, which loads its libraries while the parent reads data."""
        from multiprocessing import forkserver

        with set_environment(threads_told(threads)), _without_main():
            self._context.set_forkserver_preload(PRELOAD)
            forkserver.ensure_running()

    def run(self, job: Job, watch: Watch) -> None:
        """Runs the workers; whatever happens, none is left afterwards."""
        self.warm_up(job.threads)
        workers = [self._start(job) for _ in range(job.workers)]
        looked = 0.0
        try:
            while workers:
                wait([worker.process.sentinel for worker in workers], timeout=TICK_SECONDS)
                orders = watch.tick()
                for worker in workers:
                    if worker.name in orders.kill:
                        worker.kill(orders.kill[worker.name])
                late = job.deadline is not None and time.monotonic() > job.deadline
                if orders.stop or late:
                    for worker in workers:
                        worker.kill("time: the budget is spent")
                if job.memory_bytes is not None and time.monotonic() - looked > MEMORY_SECONDS:
                    looked = time.monotonic()
                    kill_biggest(workers, job.memory_bytes)
                workers = self._settle(workers, job, watch, stopping=orders.stop or late)
        finally:
            for worker in workers:
                worker.kill("interrupted")
            for worker in workers:
                worker.process.join()
                watch.ended(worker.name, worker.reason)

    def _settle(
        self, workers: list[Worker], job: Job, watch: Watch, stopping: bool
    ) -> list[Worker]:
        """Takes ended workers out and starts new ones where the watch wants them."""
        going = []
        for worker in workers:
            if worker.process.is_alive():
                going.append(worker)
                continue
            worker.process.join()
            worker.leash.close()
            if watch.ended(worker.name, worker.verdict()) and not stopping:
                going.append(self._start(job))
        return going

    def _start(self, job: Job) -> Worker:
        name = f"{job.label}-{self._started}"
        self._started += 1
        held, given = self._context.Pipe()
        log = None if job.logs is None else job.logs / f"{name}.log"
        process = self._context.Process(
            target=_serve, args=(job.work, name, job.threads, given, log), daemon=True, name=name
        )
        try:
            with set_environment(threads_told(job.threads)), _without_main():
                process.start()
        except (AttributeError, TypeError) as error:
            raise ConfigError(
                "Work for other processes must be importable by name; put the function in a "
                f"module, or use the engine 'inline' ({error})."
            ) from error
        given.close()
        return Worker(name, process, held)


def kill_biggest(workers: list[Worker], memory_bytes: int) -> int:
    """Kills the biggest worker when all together are over the limit; returns the sum in bytes.

    Memory is proportional set size: a page shared by n processes counts 1/n in each.
    """
    sizes = {worker.name: memory_of(worker.process.pid) for worker in workers}
    total = sum(sizes.values())
    if total > memory_bytes and workers:
        biggest = max(workers, key=lambda worker: sizes[worker.name])
        megabytes = sizes[biggest.name] / 1e6
        biggest.kill(f"memory: {megabytes:.0f} MB, over the limit of {memory_bytes / 1e6:.0f} MB")
    return total


def memory_of(pid: int) -> int:
    """Proportional set size of a process and its children, bytes; 0 when it is gone."""
    import psutil

    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(int(member.memory_full_info().pss) for member in family)
    except psutil.Error:
        return 0


def _serve(work: Any, name: str, threads: int, leash: Connection, log: Path | None) -> None:
    """The first thing a worker process does."""
    os.setsid()
    _die_with_parent()
    threading.Thread(target=_follow, args=(leash,), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    redirect(log)
    import warnings

    warnings.simplefilter("ignore")
    from threadpoolctl import threadpool_limits

    with threadpool_limits(threads):
        work(name)


def _die_with_parent() -> None:
    """Asks Linux to kill this process when the fork server goes, which goes with the parent."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _follow(leash: Connection) -> None:
    """Ends this process group when the parent's end of the pipe closes."""
    with suppress(EOFError, OSError):
        leash.recv_bytes()
    os.killpg(0, signal.SIGKILL)


def redirect(log: Path | None) -> None:
    """Sends what libraries print to a file, so that it never reaches the person's terminal."""
    target = os.open(log or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(target, 1)
    os.dup2(target, 2)
    os.close(target)


@contextmanager
def set_environment(values: Mapping[str, str]) -> Iterator[None]:
    """Sets environment variables for what is started meanwhile, and puts them back."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def threads_told(count: int) -> dict[str, str]:
    """OpenMP libraries read their thread count once, from these, when they are loaded."""
    return dict.fromkeys(THREAD_VARIABLES, str(count))


@contextmanager
def _without_main() -> Iterator[None]:
    """Hides the person's script from the fork server.

    Python would run it again in every worker, which for a script without the `__main__` guard
    means starting everything once more.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
