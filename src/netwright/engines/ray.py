"""Equal workers as Ray tasks, on this machine or all over a cluster.

Ray only says where a worker starts; words still travel through the storage. A machine's memory is
its own, so `job.memory_bytes` holds for the workers of each machine together; the workers tell a
pair of scales (an actor) how big they are.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from netwright.core.engine import Engine, Job, Watch
from netwright.core.errors import ConfigError
from netwright.core.lease import place
from netwright.core.registry import missing_module
from netwright.engines.processes import redirect, set_environment, threads_told

TICK_SECONDS = 0.2
MEMORY_SECONDS = 1.0
CONNECT_SECONDS = 5.0
STORE_BYTES = 80 * 2**20
"""Ray's object store, near its least: workers exchange words, not rows."""
SURROUNDINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # a task without a GPU of its own may still see it
}


@dataclass
class Worker:
    """One task.

    Attributes:
        name: As the work knows it.
        task: Ray's reference to its end.
        reason: Why it was killed, None if it was not.
    """

    name: str
    task: Any
    reason: str | None = None

    def kill(self, reason: str) -> None:
        """Ends the process that runs the task, or takes the task out of the queue."""
        import ray

        if self.reason is None:
            self.reason = reason
            ray.cancel(self.task, force=True)

    def verdict(self) -> str | None:
        """Why it ended: the reason it was killed, how it died, or None when it just finished."""
        import ray

        try:
            ray.get(self.task)
        except ray.exceptions.OutOfMemoryError:
            return self.reason or "memory: the machine ran out of it"
        except ray.exceptions.RayTaskError as error:
            return self.reason or f"worker died ({type(error.cause).__name__}: {error.cause})"
        except ray.exceptions.RayError as error:
            return self.reason or f"worker died ({type(error).__name__})"
        return self.reason


class RayEngine(Engine):
    """N equal tasks, started again when they are lost.

    Args:
        address: Of a running cluster (`auto`, `host:6379`, `ray://host:10001`); None starts Ray on
            this machine, where it listens on 127.0.0.1 alone and goes with the engine.

    Raises:
        MissingExtra: Ray is not installed.
    """

    def __init__(self, address: str | None = None) -> None:
        try:
            import ray  # noqa: F401 - told before any work is done
        except ModuleNotFoundError as error:
            raise missing_module(error, "ray") from error
        self.address = address
        self._started = 0

    def warm_up(self, threads: int) -> None:
        """Joins the cluster, so that a wrong address is told before any work is done."""
        if self.address is not None:
            self._connect(1, threads)

    def run(self, job: Job, watch: Watch) -> None:
        """Runs the workers; whatever happens, none is left afterwards."""
        import ray

        self._connect(job.workers, job.threads)
        scales: Any = None if job.memory_bytes is None else _make_scales()
        workers = [self._start(job, scales) for _ in range(job.workers)]
        try:
            while workers:
                ray.wait([worker.task for worker in workers], timeout=TICK_SECONDS)
                orders = watch.tick()
                for worker in workers:
                    if worker.name in orders.kill:
                        worker.kill(orders.kill[worker.name])
                late = job.deadline is not None and time.monotonic() > job.deadline
                if orders.stop or late:
                    for worker in workers:
                        worker.kill("time: the budget is spent")
                if job.memory_bytes is not None:
                    sizes: Any = ray.get(scales.read.remote())
                    kill_heaviest(workers, sizes, job.memory_bytes)
                workers = self._settle(workers, job, watch, scales, orders.stop or late)
        finally:
            for worker in workers:
                worker.kill("interrupted")
            for worker in workers:
                watch.ended(worker.name, worker.verdict())
            if scales is not None:
                ray.kill(scales)

    def _settle(
        self, workers: list[Worker], job: Job, watch: Watch, scales: Any, stopping: bool
    ) -> list[Worker]:
        """Takes ended workers out and starts new ones where the watch wants them."""
        import ray

        tasks = [worker.task for worker in workers]
        ended, _ = ray.wait(tasks, num_returns=len(tasks), timeout=0) if tasks else ([], [])
        going = [worker for worker in workers if worker.task not in ended]
        for worker in workers:
            if worker.task in ended and watch.ended(worker.name, worker.verdict()) and not stopping:
                going.append(self._start(job, scales))
        return going

    def _start(self, job: Job, scales: Any) -> Worker:
        import ray

        name = f"{job.label}-{self._started}"
        self._started += 1
        log = None if job.logs is None else job.logs.resolve() / f"{name}.log"
        serve: Any = ray.remote(max_calls=1)(_serve)  # no process outlives its worker
        task = serve.options(
            name=name,
            num_cpus=job.threads,
            max_retries=0,  # the storage knows what to do again
            scheduling_strategy="SPREAD",
        )
        return Worker(name, task.remote(job.work, name, job.threads, log, scales))

    def _connect(self, workers: int, threads: int) -> None:
        """Joins the cluster, or starts Ray here; a Ray this process has already is used."""
        import ray

        if ray.is_initialized():
            return
        quiet: dict[str, Any] = {"logging_level": logging.CRITICAL, "log_to_driver": False}
        surroundings = {**SURROUNDINGS, **threads_told(threads)}
        if self.address is not None:
            with _own_signals(), set_environment(surroundings):
                join_cluster(self.address, quiet)
            weakref.finalize(self, ray.shutdown)
            return
        with _own_signals(), _only_here(), set_environment(surroundings):
            folder = tempfile.TemporaryDirectory(prefix="nw", ignore_cleanup_errors=True)
            ray.init(
                address="local",
                num_cpus=workers * threads,
                include_dashboard=False,
                object_store_memory=STORE_BYTES,
                _temp_dir=folder.name,
                **quiet,
            )
        weakref.finalize(self, _end, folder)


def _end(folder: tempfile.TemporaryDirectory[str]) -> None:
    import ray

    ray.shutdown()
    folder.cleanup()


def join_cluster(address: str, quiet: Mapping[str, Any]) -> None:
    """Joins a running cluster.

    Raises:
        ConfigError: Nothing answers there.
    """
    import ray

    said = f"No Ray cluster answers at {address!r}; start one with 'ray start --head', or check it"
    where = urlsplit(address if "://" in address else f"//{address}")
    try:
        if address != "auto":
            if not where.hostname or not where.port:
                raise ConfigError(
                    "A Ray cluster is named 'auto', 'host:port' or 'ray://host:port'. "
                    f"Got {address!r} instead."
                )
            # Ray itself would try for a minute.
            socket.create_connection((where.hostname, where.port), CONNECT_SECONDS).close()
        ray.init(address=address, **quiet)
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else "no reason given"
        raise ConfigError(f"{said} ({reason}).") from error


def kill_heaviest(
    workers: list[Worker], sizes: Mapping[str, tuple[str, int]], memory_bytes: int
) -> None:
    """On each machine whose workers together are over the limit, kills the biggest.

    Args:
        workers: Those that may be killed.
        sizes: Worker name to its machine and its size in bytes.
        memory_bytes: The limit of a machine.
    """
    living = {worker.name: worker for worker in workers if worker.reason is None}
    for machine in {where for where, _ in sizes.values()}:
        here = {n: size for n, (at, size) in sizes.items() if at == machine and n in living}
        if sum(here.values()) > memory_bytes:
            name = max(here, key=lambda name: here[name])
            living[name].kill(
                f"memory: {here[name] / 1e6:.0f} MB, over the limit of {memory_bytes / 1e6:.0f} MB"
            )


class Scales:
    """Knows how big each worker said it is."""

    def __init__(self) -> None:
        self._sizes: dict[str, tuple[str, int]] = {}

    def weigh(self, name: str, machine: str, size: int) -> None:
        """A worker tells its size in bytes."""
        self._sizes[name] = (machine, size)

    def read(self) -> dict[str, tuple[str, int]]:
        """Worker name to its machine and its size in bytes."""
        return self._sizes


def _make_scales() -> Any:
    import ray

    return ray.remote(Scales).options(num_cpus=0).remote()


def _serve(work: Any, name: str, threads: int, log: Path | None, scales: Any) -> None:
    """What a task does: the same as a worker process."""
    redirect(log if log is not None and log.parent.is_dir() else None)
    import warnings

    warnings.simplefilter("ignore")
    if scales is not None:
        threading.Thread(target=_weigh, args=(name, scales), daemon=True).start()
    from threadpoolctl import threadpool_limits

    with threadpool_limits(threads):
        work(name)


def _weigh(name: str, scales: Any) -> None:
    from netwright.engines.processes import memory_of

    with suppress(Exception):  # the scales are gone: so is the job
        while True:
            scales.weigh.remote(name, place(), memory_of(os.getpid()))
            time.sleep(MEMORY_SECONDS)


@contextmanager
def _only_here() -> Iterator[None]:
    """A Ray started meanwhile listens on 127.0.0.1 alone, as it does where it has no clusters."""
    from ray._private import ray_constants

    before = ray_constants.ENABLE_RAY_CLUSTER
    ray_constants.ENABLE_RAY_CLUSTER = False
    try:
        with set_environment({"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}):
            yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = before


@contextmanager
def _own_signals() -> Iterator[None]:
    """Ray takes SIGTERM over when it starts; ours hands over what there is."""
    mine = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if mine:
            signal.signal(signal.SIGTERM, before)
