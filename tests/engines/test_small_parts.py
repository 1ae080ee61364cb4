"""The small parts the process engine stands on."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from netwright.core.engine import Job, Watch
from netwright.engines.inline import InlineEngine
from netwright.engines.processes import (
    PRELOAD,
    THREAD_VARIABLES,
    ProcessEngine,
    Worker,
    _without_main,
    set_environment,
    threads_told,
)


def test_thread_variables_are_set_and_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    with set_environment(threads_told(3)):
        assert {os.environ[name] for name in THREAD_VARIABLES} == {"3"}
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ


def test_the_persons_script_is_hidden_and_comes_back() -> None:
    main = sys.modules["__main__"]
    with _without_main():
        assert sys.modules["__main__"] is not main
        assert not hasattr(sys.modules["__main__"], "__file__")
    assert sys.modules["__main__"] is main


def test_the_script_comes_back_after_an_error() -> None:
    main = sys.modules["__main__"]
    with pytest.raises(RuntimeError), _without_main():
        raise RuntimeError
    assert sys.modules["__main__"] is main


def test_torch_is_never_loaded_beforehand() -> None:
    assert not any(name.startswith("torch") for name in PRELOAD)
    assert {"numpy", "pandas", "lightgbm"} <= set(PRELOAD)


class Ended:
    """A process that has ended."""

    def __init__(self, code: int) -> None:
        self.exitcode = code
        self.pid = 2**22 + 5

    def kill(self) -> None: ...


@pytest.mark.parametrize(
    ("code", "reason", "verdict"),
    [
        (0, None, None),
        (3, None, "worker died (exit code 3)"),
        (-9, None, "worker died (signal 9)"),
        (-9, "memory: too much", "memory: too much"),
        (0, "time: over", "time: over"),
    ],
)
def test_verdicts(code: int, reason: str | None, verdict: str | None) -> None:
    worker = Worker("w", Ended(code), None, reason)  # type: ignore[arg-type]
    assert worker.verdict() == verdict


def test_the_first_reason_stays() -> None:
    worker = Worker("w", Ended(-9), None)  # type: ignore[arg-type]
    worker.kill("memory: too much")
    worker.kill("time: the budget is spent")
    assert worker.reason == "memory: too much"


def test_an_error_in_inline_work_comes_out() -> None:
    def fails(worker: str) -> None:
        raise ValueError("here")

    with pytest.raises(ValueError, match="here"):
        InlineEngine().run(Job(fails), Watch())


def test_inline_work_is_watched() -> None:
    import time

    class Counting(Watch):
        ticks = 0

        def tick(self):  # type: ignore[no-untyped-def]
            self.ticks += 1
            return super().tick()

    watch = Counting()
    InlineEngine().run(Job(lambda worker: time.sleep(0.8)), watch)
    assert watch.ticks >= 2


def test_workers_have_names_of_their_own(tmp_path: Path) -> None:
    engine = ProcessEngine()
    for _ in range(2):
        engine.run(Job(_touch(tmp_path), workers=2, label="w"), Watch())
    assert {path.name for path in tmp_path.iterdir()} == {"w-0", "w-1", "w-2", "w-3"}


class _touch:
    """Picklable work."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, worker: str) -> None:
        (self.folder / worker).touch()


def test_warming_up_twice_is_harmless() -> None:
    engine = ProcessEngine()
    engine.warm_up(1)
    engine.warm_up(1)
    InlineEngine().warm_up(1)
