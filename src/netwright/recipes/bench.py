"""Strategies against one another on a table of designs: many seeds each, over all cores.

What comes out is plain data, the same whatever the number of processes: every replay depends on
its strategy and seed only.
"""

from __future__ import annotations

import multiprocessing
import os
import platform
import signal
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from threadpoolctl import threadpool_limits

from netwright.core.errors import BudgetError, ConfigError, NetwrightError
from netwright.core.machine import cores
from netwright.evaluators.table import DesignTable
from netwright.recipes.replay import Replay, Rules, replay, strategy_of
from netwright.recipes.standings import optimum, summarise

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
LIBRARIES = ("netwright", "optuna", "numpy", "scikit-learn", "torch")

Job = tuple[str, int]
"""A strategy and a seed."""


def bench(
    table: DesignTable,
    strategies: Sequence[str],
    seeds: Sequence[int],
    rules: Rules,
    jobs: int | None = None,
    tick: Callable[[int, int, str], None] | None = None,
) -> dict[str, Any]:
    """Replays every strategy with every seed.

    Args:
        table: What is known of each design.
        strategies: Names, or `package:Class` for a person's own samplers.
        seeds: One replay each.
        rules: What a replay may spend.
        jobs: Processes, all cores when None; one works in this process.
        tick: Called with replays done, replays in all, and the strategy of the last one.

    Returns:
        `optimum` (row of the best feasible validation), `strategies` (name to what
        `summarise` says), and the facts of the comparison.

    Raises:
        UnknownName: No such strategy.
        BudgetError: No seed, or fewer than one process.
    """
    _check(strategies, seeds, jobs)
    work = [(strategy, seed) for strategy in strategies for seed in seeds]
    done: dict[str, list[Replay]] = {strategy: [] for strategy in strategies}
    processes = min(jobs or cores(), len(work))
    with closing(_replays(table, rules, work, processes)) as replays:
        for count, ((strategy, _), found) in enumerate(zip(work, replays, strict=True), start=1):
            done[strategy].append(found)
            if tick:
                tick(count, len(work), strategy)
    return {
        **_facts(table, seeds, rules),
        "optimum": optimum(table),
        "strategies": {name: summarise(table, runs) for name, runs in done.items()},
    }


def _check(strategies: Sequence[str], seeds: Sequence[int], jobs: int | None) -> None:
    if not strategies or not seeds:
        raise BudgetError("A comparison needs at least one strategy and one seed.")
    if jobs is not None and jobs < 1:
        raise BudgetError(f"The number of processes must be at least 1. Got {jobs}.")
    twice = [name for name, count in Counter(strategies).items() if count > 1]
    if twice:
        raise ConfigError(f"Strategy {twice[0]!r} is named twice; name each once.")
    for strategy in strategies:
        strategy_of(strategy)


def _facts(table: DesignTable, seeds: Sequence[int], rules: Rules) -> dict[str, Any]:
    columns = asdict(table.columns)
    columns["limits"] = [str(limit) for limit in table.columns.limits]
    return {
        "designs": len(table),
        "feasible": int(table.feasible.sum()),
        "columns": columns,
        "rules": asdict(rules),
        "seeds": list(seeds),
        "versions": {"python": platform.python_version()} | {n: version(n) for n in LIBRARIES},
    }


# ---------------------------------------------------------------------------- processes


def _replays(
    table: DesignTable, rules: Rules, work: Sequence[Job], processes: int
) -> Generator[Replay, None, None]:
    """Every job's replay, in order; each process holds the table once and uses one thread."""
    if processes == 1:
        with threadpool_limits(1):
            _warm_up(table)
            for strategy, seed in work:
                yield replay(table, strategy, seed, rules)
        return
    pool = ProcessPoolExecutor(
        processes, multiprocessing.get_context("forkserver"), _begin, (table, rules)
    )
    try:
        yield from pool.map(_work, work)
    except BrokenProcessPool as error:
        raise NetwrightError("A process died; try again with fewer (--jobs).") from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_HELD: list[tuple[DesignTable, Rules]] = []
"""What a process of the pool works on."""


def _begin(table: DesignTable, rules: Rules) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to hear
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))  # for libraries loaded later
    threadpool_limits(1)
    _warm_up(table)
    _HELD[:] = [(table, rules)]


def _warm_up(table: DesignTable) -> None:
    """Optuna loads parts of itself at the first trial; no strategy is charged for that."""
    replay(table, "random", 0, Rules(queries=2))


def _work(job: Job) -> Replay:
    table, rules = _HELD[0]
    strategy, seed = job
    return replay(table, strategy, seed, rules)
