"""Search with shared weights on NAS-Bench-201's space: the cell that is found, and how well shared
weights rank cells.

CIFAR-10 12k, small nets, at most a quarter of an hour a search, which has one core to itself; as
many run side by side as there are cores. The cell it hands over is looked up
in the published table (test accuracy after 200 epochs at full size), beside the median of random
cells. Of a supernet that learned to choose, what it chose last is looked up too, whatever was made
of it afterwards. Of a supernet that judges, 200 random cells are ranked by their shared weights and
by the table (Kendall's tau, alone and given the number of parameters), by accuracy as in the
search; how the loss of the same rows ranks them stands beside.

The bars: at least two repaired methods have a median over seeds of 93.0 and never less than 90;
every method reaches the median random cell, or is called collapsed; tau of single-path one-shot
0.45, of others 0.2, all partial ones positive.
"""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd

from characters import toys
from common import DATA, netwright, parser, shown
from netwright.core.folder import CHOICES
from parts import Part, Parts
from pictures import CIFAR, best_of

TABLE = DATA / "nas" / "nasbench201_cifar10.csv.gz"
TEST = "c10_test_200"
JUDGES = ("spos", "path_dropout", "setn", "smash", "ghn")
"""Whose shared weights judge designs."""
PLAIN = ("darts", "darts2")
REPAIRED = ("beta_darts", "sdarts", "darts_es", "pc_darts", "drnas", "gdas")
METHODS = (*PLAIN, *REPAIRED, "enas", *JUDGES)
BARS = {"spos": 0.45}
OTHER_BAR = 0.2
MEDIAN_BAR, LEAST_BAR = 93.0, 90.0


def arguments() -> argparse.Namespace:
    """How much of it."""
    made = parser(__doc__)
    made.add_argument("--resume", action="store_true", help="keep the parts that are done")
    made.add_argument("--seeds", type=int, default=3)
    made.add_argument("--only", default="", help="methods to measure, a,b [all]")
    made.add_argument("--minutes", type=float, default=15)
    made.add_argument("--cells", type=int, default=1)
    made.add_argument("--channels", type=int, default=8)
    made.add_argument("--designs", type=int, default=200, help="that are ranked")
    made.add_argument("--result", default="oneshot", help="file of the figures")
    return made.parse_args()


def main() -> None:
    """Every method with every seed."""
    told = arguments()
    if told.smoke:
        told.cells, told.channels, told.designs, told.seeds = 1, 4, 4, 1
        told.only = told.only or "gdas,setn"
    terms = {name: vars(told)[name] for name in ("minutes", "cells", "channels", "designs")}
    terms |= {"cores": 1}
    parts = Parts(told.result, terms, resume=told.resume, smoke=told.smoke)
    wanted = [name for name in METHODS if not told.only or name in told.only.split(",")]
    pairs = {f"{name} {seed}": (name, seed) for seed in range(told.seeds) for name in wanted}
    measures = {part: partial(one, parts.run(part), told, *pair) for part, pair in pairs.items()}
    parts.side_by_side(measures)
    rows: dict[str, list[Part]] = {}
    for part, found in parts.done.items():  # those of other methods and seeds too, if known
        rows.setdefault(part.rpartition(" ")[0], []).append(found)
    middle = round(float(trained_alone().median()), 2)
    verdicts = {name: verdict(name, rows[name], middle) for name in METHODS if name in rows}
    said: dict[str, Any] = {"random_median": middle}
    repaired = [name for name in REPAIRED if name in verdicts]
    if repaired:
        said["two_repaired"] = sum(verdicts[name]["cell_met"] for name in repaired) >= 2
    parts.conclude({**said, **verdicts})


def trained_alone() -> pd.Series:
    """Published test accuracy of every cell."""
    return pd.read_csv(TABLE, usecols=["arch_str", TEST]).set_index("arch_str")[TEST]


def one(run: Path, told: argparse.Namespace, method: str, seed: int, *settings: str) -> Part:
    """A search, its cell in the table, and a ranking."""
    size = ("--cells", str(told.cells), "--channels", str(told.channels), "--seed", str(seed))
    spent = ["--time", f"{60 * told.minutes:g}s"]
    if told.smoke:
        spent = ["--trials", "2", "--epochs", "1", "--engine", "inline"]
    words = ("--space", "nasbench201", "--strategy", method, *size, *spent, *settings)
    data = str(toys() if told.smoke else CIFAR)
    netwright("search", data, *words, "--out", str(run), "--overwrite")
    found = best_of(shown(run))
    known = trained_alone()
    part: Part = {
        "cell": found["design"],
        "table": float(known[found["design"]]),
        "trained": found["trials"]["complete"],
        "seconds": found["seconds"],
    }
    if (run / CHOICES).exists():
        chosen = json.loads((run / CHOICES).read_text())["designs"]
        part |= {"chosen": chosen[-1], "chosen_table": float(known[chosen[-1]])}
        part["epochs"] = len(chosen)
    return {**part, **ranked(run, told.designs, seed)} if method in JUDGES else part


def ranked(run: Path, designs: int, seed: int) -> dict[str, Any]:
    """What `netwright rank` says, without the rows."""
    out = run / "rank.json"
    words = ["--validation", TEST, "--designs", str(designs), "--seed", str(seed)]
    netwright("rank", str(run), "--table", str(TABLE), *words, "--json", str(out))
    found = json.loads(out.read_text())
    told = {name: found[name] for name in ("kendall_tau", "partial_tau", "params_tau")}
    return {**told, "by_loss": found["by_metric"]["log_loss"]["kendall_tau"]}


def verdict(method: str, found: list[Part], middle: float) -> dict[str, Any]:
    """Medians over seeds against the bars, and against the median random cell."""
    cells = [part["table"] for part in found]
    told = {"cells": cells, "median": median(cells), "seeds": len(found)}
    if method in REPAIRED:
        told["cell_met"] = median(cells) >= MEDIAN_BAR and min(cells) >= LEAST_BAR
    if "chosen_table" in found[0]:
        told["chosen"] = [part["chosen_table"] for part in found]
        told["collapsed"] = median(told["chosen"]) < middle
    if method not in JUDGES:
        return told
    taus = [part["kendall_tau"] or 0.0 for part in found]
    partials = [part["partial_tau"] or 0.0 for part in found]
    return {
        **told,
        "kendall_tau": round(median(taus), 4),
        "partial_tau": round(median(partials), 4),
        "tau_met": median(taus) >= BARS.get(method, OTHER_BAR) and min(partials) > 0,
    }


if __name__ == "__main__":
    main()
