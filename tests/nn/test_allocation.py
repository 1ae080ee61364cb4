"""Memory is kept in our own workers only."""

from __future__ import annotations

import multiprocessing

from netwright.nn.allocation import is_worker, keep_freed_memory


def worker(said: multiprocessing.queues.Queue) -> None:
    keep_freed_memory()
    keep_freed_memory()
    said.put(is_worker())


def test_a_persons_own_process_is_left_alone() -> None:
    assert not is_worker()


def test_a_worker_keeps_its_memory() -> None:
    forked = multiprocessing.get_context("spawn")
    said = forked.Queue()
    process = forked.Process(target=worker, args=(said,))
    process.start()
    assert said.get(timeout=60)
    process.join()
    assert process.exitcode == 0
