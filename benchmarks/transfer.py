"""A cell found on 3,000 pictures in 5 minutes, scaled up, against random cells of equal cost.

The search sees small nets on 3,000 of CIFAR-10 12k's training pictures. The best cell is built
wider and deeper, and trained from scratch on the other 7,000; so are random cells in nets of the
same width and depth whose multiply-adds are within 10 %. Judged on the 2,000 test pictures.

The bar: above the median of the random cells.
"""

from __future__ import annotations

import argparse
from functools import partial
from statistics import median
from typing import Any

from sklearn.model_selection import train_test_split

from common import parser
from netwright.core.audit import Audit
from netwright.data.images import CLASS
from netwright.data.readers import read
from netwright.spaces.naming import NetSpaceName
from parts import Part, Parts
from pictures import Pictures, best_of, cifar, flops_g, rival, searched, trained

SEARCHED_ON = 3000
WITHIN = 0.1
NO_TERMS = ("smoke", "resume", "rivals")
"""What leaves finished parts as they are."""


def arguments() -> argparse.Namespace:
    """How small, how large, how long."""
    made = parser(__doc__)
    made.add_argument("--resume", action="store_true", help="keep the parts that are done")
    made.add_argument("--space", default="cell", help="with cells and channels")
    made.add_argument("--small", type=int, nargs=2, default=(5, 8), help="cells and channels")
    made.add_argument("--large", type=int, nargs=2, default=(8, 12), help="cells and channels")
    made.add_argument("--search-minutes", type=float, default=5)
    made.add_argument("--minutes", type=float, default=10, help="for each large net")
    made.add_argument("--rivals", type=int, default=5, help="random cells")
    made.add_argument("--seed", type=int, default=0)
    told = made.parse_args()
    if told.smoke:
        told.small, told.large, told.rivals = (3, 2), (3, 4), 1
    return told


def main() -> None:
    """Search small, train large, compare."""
    told = arguments()
    few, rest = halves(cifar(told.smoke), SEARCHED_ON, told.seed)
    terms = {name: value for name, value in vars(told).items() if name not in NO_TERMS}
    parts = Parts("transfer", terms, resume=told.resume, smoke=told.smoke)
    small, large = _space(told.space, *told.small), _space(told.space, *told.large)

    def search() -> Part:
        words = {"space": small.name, "arguments": dict(small.arguments), "seed": told.seed}
        return best_of(searched(few, parts.run("search"), told.search_minutes, **words))

    text = parts.take("search", search)["design"]
    found = parts.take("found", partial(scaled, rest, large, text, told.minutes, told.seed))
    others = [
        parts.take(
            f"random {place}",
            partial(rival, rest, large, found["flops_g"], told.minutes, place, WITHIN),
        )
        for place in range(1, told.rivals + 1)
    ]
    parts.conclude(verdict(found, others))


def _space(name: str, cells: int, channels: int) -> NetSpaceName:
    return NetSpaceName(name, {"cells": cells, "channels": channels})


def halves(data: Pictures, first: int, seed: int) -> tuple[Pictures, Pictures]:
    """Some of the training pictures, as many of each class, and all others."""
    frame = read(data.train, Audit())
    few, rest = train_test_split(
        frame,
        train_size=first if len(frame) > first else 0.3,
        stratify=frame[CLASS],
        random_state=seed,
    )
    return Pictures(few, data.test, data.smoke), Pictures(rest, data.test, data.smoke)


def scaled(data: Pictures, space: NetSpaceName, text: str, minutes: float, seed: int) -> Part:
    """The found cell in a large net, trained from scratch."""
    design = space.open().from_text(text)
    model = trained(data, space, design, minutes, seed)
    cost = flops_g(space, design, data.task)
    return {"accuracy": data.accuracy(model), "flops_g": cost, "epochs": model.built.epochs}


def verdict(found: Part, others: list[Part]) -> dict[str, Any]:
    """The found cell beside the random ones."""
    middle = median(other["accuracy"] for other in others)
    return {
        "found": found["accuracy"],
        "random": sorted(other["accuracy"] for other in others),
        "median": middle,
        "flops_g": found["flops_g"],
        "random_flops_g": [other["flops_g"] for other in others],
        "met": found["accuracy"] > middle,
    }


if __name__ == "__main__":
    main()
