"""Latency predictors from 100 random NAS-Bench-201 cells, on all 33 latency columns of the table.

The features were chosen on other draws of nine of the columns.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

import time

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from common import DATA, arguments, write
from netwright.hardware.prediction import LatencyPredictor
from netwright.spaces.nasbench201 import NASBench201

CELLS = 100
SEEDS = range(2, 5)


def latency_columns(table: pd.DataFrame) -> list[str]:
    """The 27 of HELP (Lee et al. 2021) and the 6 of HW-NAS-Bench (Li et al. 2021)."""
    return [
        name
        for name in table.columns.astype(str)
        if name.startswith("help_ms_") or (name.startswith("hw_c10_") and "latency" in name)
    ]


def main() -> None:
    """Rank correlation on all cells that were not measured, for every column and seed."""
    smoke = arguments(__doc__).smoke
    table = pd.read_csv(DATA / "nas" / "nasbench201_cifar10.csv.gz")
    columns = latency_columns(table)
    if smoke:
        table, columns = table[:1500], columns[:3]
    space = NASBench201()
    configs = [space.from_text(text) for text in table["arch_str"]]
    started = time.monotonic()
    found: dict[str, list[float]] = {name: [] for name in columns}
    for seed in SEEDS[:1] if smoke else SEEDS:
        order = np.random.default_rng(seed).permutation(len(table))
        measured, rest = order[:CELLS], order[CELLS:]
        for name in columns:
            ms = table[name].to_numpy(dtype=float)
            learned = LatencyPredictor().fit(space, [configs[i] for i in measured], ms[measured])
            predicted = learned.predict([configs[i] for i in rest])
            found[name].append(float(spearmanr(predicted, ms[rest]).statistic))
    each = np.array(list(found.values()))  # (columns, seeds)
    content = {
        "cells": CELLS,
        "columns": len(columns),
        "median_by_seed": np.median(each, axis=0).round(4).tolist(),
        "columns_at_least_095_by_seed": (each >= 0.95).sum(axis=0).tolist(),
        "spearman": {name: np.round(values, 4).tolist() for name, values in found.items()},
        "seconds": round(time.monotonic() - started, 1),
    }
    write("latency_predictor", content, smoke)


if __name__ == "__main__":
    main()
