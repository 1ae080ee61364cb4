"""How well weights that are shared rank designs, by a table of designs that were trained alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import kendalltau

from netwright.core.audit import Audit
from netwright.core.context import Context
from netwright.core.errors import RunError
from netwright.core.folder import SUPERNET, RunFolder
from netwright.core.machine import cores
from netwright.core.metric import Metric
from netwright.evaluators.columns import Columns
from netwright.evaluators.costs import counted
from netwright.evaluators.designs import read_table
from netwright.evaluators.nets import MODEL
from netwright.recipes.search import read_options

ARCH = "arch_str"
"""Column of the designs' text in tables that are published."""
TINY = 1e-9
FEWEST = 3
"""Designs that a correlation is told of at least."""


def rank(
    run: str | Path,
    table: str,
    validation: str,
    *,
    arch: str = ARCH,
    designs: int = 200,
    seed: int = 0,
    tick: Callable[[int, int, str], None] | None = None,
) -> dict[str, Any]:
    """Scores random designs of a table with shared weights, and compares.

    Args:
        run: Of a search that trained a supernet.
        table: File with a design a row.
        validation: Column of what the designs came to when they were trained; more is better.
        arch: Column of the designs' text.
        designs: How many, drawn at random.
        seed: Decides which.
        tick: Called with designs done, designs in all, and the last one's text.

    Returns:
        `kendall_tau` of the run's metric; `partial_tau`, what is left of it once the number of
        parameters is known; `params_tau`, what that number alone comes to; the same `by_metric`,
        for every metric; and the rows.

    Raises:
        RunError: The run trained no supernet.
        UserError: The table cannot be read, or holds too few designs.
    """
    folder = RunFolder.open(run)
    options, home = read_options(folder), folder.path / SUPERNET
    if not options.one_shot or not (home / MODEL).exists():
        raise RunError(
            f"The run {str(run)!r} trained no supernet; make one with "
            "'netwright search --strategy spos'."
        )
    space = options.space.open()
    rated = read_table(table, Columns(validation), space=space, arch=arch, audit=Audit())
    chosen = np.random.default_rng(seed).permutation(len(rated))[:designs]
    if len(chosen) < FEWEST:
        raise RunError(f"Ranks of {len(chosen)} designs say nothing; name at least {FEWEST}.")
    task = folder.task()
    _, judges = options.regime.sharing(task, folder.data, options, options, home)
    rows: list[dict[str, Any]] = []
    for place in chosen:
        design = rated.configs[place]
        scores = judges.evaluate(design, Context(threads=cores())).scores
        costs = counted(options.space, design, task)
        truth = float(rated.validation[place])
        row = {"scores": scores, "table": truth, "params_m": costs["params_m"]}
        rows.append({"design": space.to_text(design), **row})
        if tick:
            tick(len(rows), len(chosen), rows[-1]["design"])
    known = {name for row in rows for name in row["scores"]}
    judged = [metric for metric in task.metrics.values() if metric.name in known]
    taus = {metric.name: correlations(rows, metric) for metric in judged}
    told = {"designs": len(rows), "metric": task.metric.name, "column": validation}
    return {**taus[task.metric.name], **told, "by_metric": taus, "rows": rows}


def correlations(rows: Sequence[Mapping[str, Any]], metric: Metric) -> dict[str, float | None]:
    """Kendall's tau of a score and the table, alone and given the number of parameters.

    Designs without a score are left out. None where all designs are alike in one of them, or
    ranked as their size is.

    Args:
        rows: With `scores`, `table` and `params_m`.
        metric: Which of the scores, and whether more of it is better.
    """
    sign = 1 if metric.maximise else -1
    rows = [row for row in rows if math.isfinite(row["scores"].get(metric.name, math.nan))]
    if len(rows) < 2:
        return dict.fromkeys(("kendall_tau", "partial_tau", "params_tau"))
    score = [sign * row["scores"][metric.name] for row in rows]
    truth, size = ([row[name] for row in rows] for name in ("table", "params_m"))

    def tau(one: list[float], other: list[float]) -> float:
        return float(kendalltau(one, other).statistic)

    both, size_score, size_truth = tau(score, truth), tau(size, score), tau(size, truth)
    spare = (1 - size_score**2) * (1 - size_truth**2)
    known = spare > TINY
    partial = (both - size_score * size_truth) / spare**0.5 if known else math.nan
    told = {"kendall_tau": both, "partial_tau": partial, "params_tau": size_truth}
    return {name: None if math.isnan(x) else round(x, 4) for name, x in told.items()}
