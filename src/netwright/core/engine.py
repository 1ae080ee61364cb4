"""Where does it run: an `Engine` starts equal copies of one function and keeps them in bounds.

Engines ship functions; words travel through the storage. What a worker is doing is read from the
storage by the watch, never told to the engine.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Job:
    """One function to run in several workers at once.

    Attributes:
        work: Called in each worker with the worker's name; importable and pickled, so it carries
            words and paths, not rows.
        workers: How many copies.
        threads: Threads each may use.
        deadline: `time.monotonic()` at which whatever still runs is killed, None for never.
        memory_bytes: Most memory of all workers together, None for no limit.
        logs: Folder for what workers print, None to throw it away.
        label: Starts the workers' names.
    """

    work: Callable[[str], None]
    workers: int = 1
    threads: int = 1
    deadline: float | None = None
    memory_bytes: int | None = None
    logs: Path | None = None
    label: str = "worker"


@dataclass(frozen=True)
class Orders:
    """What the watch wants done.

    Attributes:
        kill: Worker name to the reason it must go.
        stop: Whether everything should end now.
    """

    kill: Mapping[str, str] = field(default_factory=dict)
    stop: bool = False


class Watch:
    """The parent's eyes: called by the engine, does nothing by itself."""

    def tick(self) -> Orders:
        """Called several times a second while workers run."""
        return Orders()

    def ended(self, worker: str, reason: str | None) -> bool:
        """Called when a worker has ended, with the reason when it was killed or died.

        Returns:
            Whether to start another in its place.
        """
        return False


class Engine(ABC):
    """Runs jobs. After `run` returns or raises, no worker of it is left."""

    @abstractmethod
    def run(self, job: Job, watch: Watch) -> None:
        """Runs a job to its end, its deadline, or the watch's order to stop."""

    def warm_up(self, threads: int) -> None:  # noqa: B027 - most engines have nothing to start
        """Starts whatever takes long to start, without waiting for it."""
