"""Each space of nets for pictures, 10 minutes each: search and retrain against random designs.

Half the time is for `search`, half for `retrain`. Rivals are random designs of the same space whose
multiply-adds are within 25 % of the found design's, each trained from scratch on the same rows for
as long as the retraining took; judged on CIFAR-10 12k's test pictures. A net that grew in a search
by morphisms goes on from its inherited weights when it is retrained, so it is also trained from
scratch, like its rivals.

The bar: above the median of the random designs, in every space. `search_mlp.py` does the same for
tables.
"""

from __future__ import annotations

import argparse
from functools import partial
from statistics import median
from typing import Any

from common import parser
from netwright.spaces.naming import NetSpaceName
from parts import Part, Parts
from pictures import Pictures, best_of, cifar, retrained, rival, searched, trained
from rivals import WITHIN

STRATEGIES = {
    "cell": "auto",
    "darts": "auto",
    "chain": "auto",
    "mobile": "auto",
    "morphism": "morphism_evolution",
}


def arguments() -> argparse.Namespace:
    """Which spaces, and how much."""
    made = parser(__doc__)
    made.add_argument("--resume", action="store_true", help="keep the parts that are done")
    made.add_argument("--spaces", default=",".join(STRATEGIES), help="a,b,c")
    made.add_argument("--minutes", type=float, default=10, help="of search and retraining together")
    made.add_argument("--rivals", type=int, default=5, help="random designs a space")
    made.add_argument("--seed", type=int, default=0)
    return made.parse_args()


def main() -> None:
    """Space by space."""
    told = arguments()
    data, rivals = cifar(told.smoke), 1 if told.smoke else told.rivals
    terms = {"minutes": told.minutes, "seed": told.seed, "within": WITHIN}
    parts = Parts("search_spaces", terms, resume=told.resume, smoke=told.smoke)
    names = ["morphism"] if told.smoke else told.spaces.split(",")
    rows = [one_space(parts, data, name, told.minutes / 2, told.seed, rivals) for name in names]
    parts.conclude({"met": all(row["met"] for row in rows), "spaces": rows})


def one_space(
    parts: Parts, data: Pictures, name: str, minutes: float, seed: int, rivals: int
) -> dict[str, Any]:
    """The found design beside random ones."""
    space = NetSpaceName(name)
    found = parts.take(f"{name} found", partial(find, parts, data, space, minutes, seed))
    others = [
        parts.take(
            f"{name} random {place}",
            partial(rival, data, space, found["flops_g"], minutes, seed + place, WITHIN),
        )
        for place in range(1, rivals + 1)
    ]
    middle = median(other["accuracy"] for other in others)
    row = {
        "space": name,
        "found": found["accuracy"],
        "random": sorted(other["accuracy"] for other in others),
        "median": middle,
        "flops_g": found["flops_g"],
        "random_flops_g": [other["flops_g"] for other in others],
        "met": found["accuracy"] > middle,
    }
    if STRATEGIES[name] != "auto":
        fresh = partial(from_scratch, data, space, found["design"], minutes, seed)
        row["found_from_scratch"] = parts.take(f"{name} from scratch", fresh)["accuracy"]
    return row


def find(parts: Parts, data: Pictures, space: NetSpaceName, minutes: float, seed: int) -> Part:
    """Searches, retrains, judges."""
    out, strategy = parts.run(space.name), STRATEGIES[space.name]
    facts = searched(data, out, minutes, space=space.name, strategy=strategy, seed=seed)
    return {**best_of(facts), **retrained(data, out, minutes)}


def from_scratch(data: Pictures, space: NetSpaceName, text: str, minutes: float, seed: int) -> Part:
    """A design, trained as its rivals are."""
    model = trained(data, space, space.open().from_text(text), minutes, seed)
    return {"accuracy": data.accuracy(model), "epochs": model.built.epochs}


if __name__ == "__main__":
    main()
