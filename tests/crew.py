"""A worker as a plain process: `python -m tests.crew STORAGE NAME TRIALS SECONDS`."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from netwright.core.config import Config
from netwright.core.evaluator import FunctionEvaluator
from netwright.core.space import Float
from netwright.core.study import Study
from netwright.core.worker import Plan, work
from netwright.strategies import get_strategy

ROOT = Path(__file__).parents[1]


def open_study(storage: str | Path, name: str = "crew") -> Study:
    """The study that all of the crew work on."""
    space = {"x": Float(-1, 1)}
    return Study(space, strategy=get_strategy("random"), storage=storage, name=name)


class Square:
    """x squared, after a while."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self, config: Config) -> float:
        """Judges one configuration."""
        time.sleep(self.seconds)
        return float(config["x"]) ** 2  # type: ignore[arg-type]


def start(storage: str | Path, name: str, trials: int, seconds: float) -> subprocess.Popen[bytes]:
    """Starts a worker in a process of its own."""
    words = [str(word) for word in (storage, name, trials, seconds)]
    return subprocess.Popen([sys.executable, "-m", "tests.crew", *words], cwd=ROOT)


def main(storage: str, name: str, trials: str, seconds: str) -> None:
    """Works until all trials are done."""
    plan = Plan(
        open_study(storage, name),
        FunctionEvaluator(Square(float(seconds))),
        trials=int(trials),
        beat_seconds=0.5,
        patience_seconds=4.0,
    )
    work(plan, f"w{time.monotonic_ns()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
