"""DARTS at its levels: which of the two losses weights and strengths should go down.

NAS-Bench-201's space on CIFAR-10 12k, small nets, one core a search. First and second order, one
loss of all rows, and the sum of both losses with the held-back one counted once, less and more
often. The cell that the supernet chose last is looked up in the published table. There is no bar;
it tells which weight is best.
"""

from __future__ import annotations

import argparse
from functools import partial
from statistics import median

from common import parser
from oneshot import one
from parts import Parts

WEIGHTS = (0.25, 0.5, 1.0, 2.0, 4.0)
LEVELS: dict[str, tuple[str, ...]] = {
    **{level: ("--level", level) for level in ("first", "second", "single")},
    **{f"mixed {w:g}": ("--level", "mixed", "--held-weight", f"{w:g}") for w in WEIGHTS},
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
    terms = {name: vars(told)[name] for name in ("minutes", "cells", "channels")} | {"cores": 1}
    parts = Parts("levels", terms, resume=told.resume, smoke=told.smoke)
    levels = {"mixed 0.5": LEVELS["mixed 0.5"]} if told.smoke else LEVELS
    measures = {
        f"{name} {seed}": partial(one, parts.run(f"{name} {seed}"), told, "darts", seed, *words)
        for seed in range(told.seeds)
        for name, words in levels.items()
    }
    done = parts.side_by_side(measures)
    chosen = {
        name: [done[f"{name} {seed}"]["chosen_table"] for seed in range(told.seeds)]
        for name in levels
    }
    medians = {name: median(found) for name, found in chosen.items()}
    parts.conclude({"best": max(medians, key=medians.__getitem__), "chosen": chosen})


if __name__ == "__main__":
    main()
