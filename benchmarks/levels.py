"""DARTS at its levels: which of the two losses weights and strengths should go down.

NAS-Bench-201's space on CIFAR-10 12k, small nets. First and second order, one loss of all rows, and
the sum of both losses with the held-back one counted once, less and more often. The cell that the
supernet chose last is looked up in the published table. There is no bar; it tells which weight is
best.
"""

from __future__ import annotations

import argparse
from functools import partial
from statistics import median
from typing import Any

from common import parser
from oneshot import one
from parts import Part, Parts
from pictures import cifar

WEIGHTS = (0.25, 0.5, 1.0, 2.0, 4.0)
LEVELS: dict[str, dict[str, Any]] = {
    **{level: {"level": level} for level in ("first", "second", "single")},
    **{f"mixed {weight:g}": {"level": "mixed", "held_weight": weight} for weight in WEIGHTS},
}


def arguments() -> argparse.Namespace:
    """How long, and how often."""
    made = parser(__doc__)
    made.add_argument("--resume", action="store_true", help="keep the parts that are done")
    made.add_argument("--seeds", type=int, default=3)
    made.add_argument("--minutes", type=float, default=5)
    made.add_argument("--cells", type=int, default=1)
    made.add_argument("--channels", type=int, default=8)
    told = made.parse_args()
    if told.smoke:
        told.cells, told.channels, told.seeds = 1, 4, 1
    return told


def main() -> None:
    """Level by level, seed by seed."""
    told = arguments()
    terms = {name: vars(told)[name] for name in ("minutes", "cells", "channels")}
    parts = Parts("levels", terms, resume=told.resume, smoke=told.smoke)
    data, rows = cifar(told.smoke), dict[str, list[Part]]()
    levels = {"mixed 0.5": LEVELS["mixed 0.5"]} if told.smoke else LEVELS
    for seed in range(told.seeds):
        for name, words in levels.items():
            measure = partial(one, parts.run(f"{name} {seed}"), data, told, "darts", seed, **words)
            rows.setdefault(name, []).append(parts.take(f"{name} {seed}", measure))
    chosen = {name: [part["chosen_table"] for part in found] for name, found in rows.items()}
    medians = {name: median(found) for name, found in chosen.items()}
    parts.conclude({"best": max(medians, key=medians.__getitem__), "chosen": chosen})


if __name__ == "__main__":
    main()
