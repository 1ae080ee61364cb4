"""CIFAR-10 12k from pictures to a net: `search` and `retrain` against ResNet-20 in the same time.

netwright searches for 20 minutes among designs of at most ResNet-20's multiply-adds, and trains
the best again for 20. ResNet-20 is trained for all 40 minutes on the same rows by the same loop,
recipe and cores. Judged on the 2,000 test pictures.

The bar: at least 2 points above ResNet-20, at no more multiply-adds.
"""

from __future__ import annotations

import argparse
from functools import partial
from statistics import mean, stdev
from typing import Any

from common import parser
from netwright.core.config import Config
from netwright.spaces.naming import NetSpaceName
from parts import Part, Parts
from pictures import Pictures, best_of, cifar, flops_g, retrained, searched, trained

RESNET20 = NetSpaceName("named", {"designs": ["resnet20"]})
DESIGN = Config({"design": "resnet20"})
POINTS = 2.0


def arguments() -> argparse.Namespace:
    """How much, and what the search is told."""
    made = parser(__doc__)
    made.add_argument("--resume", action="store_true", help="keep the parts that are done")
    made.add_argument("--seeds", type=int, default=3)
    made.add_argument("--minutes", type=float, default=20, help="of search, and of retraining")
    made.add_argument("--space", default="resnet")
    made.add_argument("--strategy", default="auto")
    made.add_argument("--epochs", type=int, help="of each design [what the time allows]")
    made.add_argument("--proxies", default="", help="that warm the search up, such as naswot")
    made.add_argument("--augment", help="of the last training, ours and ResNet-20's [flip]")
    made.add_argument("--pruner", default="", help="that stops designs early, such as halving")
    return made.parse_args()


def main() -> None:
    """Every seed: search, retrain, rival."""
    told = arguments()
    data = cifar(told.smoke)
    most = flops_g(RESNET20, DESIGN, data.task)
    asked = ("epochs", "proxies", "pruner")
    words = {"space": told.space, "strategy": told.strategy}
    words |= {name: vars(told)[name] for name in asked if vars(told)[name]}
    terms = {"minutes": told.minutes, "resnet20_flops_g": most, **words}
    terms |= {} if told.augment is None else {"augment": told.augment}
    parts = Parts("end_to_end", terms, resume=told.resume, smoke=told.smoke)
    rows = []
    for seed in range(1 if told.smoke else told.seeds):
        ours = one_seed(parts, data, seed, told, {**words, "max_flops_g": most})
        theirs = parts.take(f"resnet20 {seed}", partial(resnet20, data, told, seed))
        rows.append((ours, theirs))
    parts.conclude(verdict(rows, most))


def one_seed(
    parts: Parts, data: Pictures, seed: int, told: argparse.Namespace, words: dict[str, Any]
) -> Part:
    """A search and what retraining makes of its best design."""
    out = parts.run(f"search {seed}")

    def search() -> Part:
        return best_of(searched(data, out, told.minutes, seed=seed, **words))

    found = parts.take(f"search {seed}", search)
    again = partial(retrained, data, out, told.minutes, augment=told.augment)
    return {**found, **parts.take(f"retrain {seed}", again)}


def resnet20(data: Pictures, told: argparse.Namespace, seed: int) -> Part:
    """ResNet-20, trained for the time of search and retraining together."""
    model = trained(data, RESNET20, DESIGN, 2 * told.minutes, seed, told.augment)
    return {"accuracy": data.accuracy(model), "epochs": model.built.epochs}


def verdict(rows: list[tuple[Part, Part]], most: float) -> dict[str, Any]:
    """Points above ResNet-20, their spread, and whether the bar is met."""
    above = [ours["accuracy"] - theirs["accuracy"] for ours, theirs in rows]
    cheap = all(ours["flops_g"] <= most for ours, _ in rows)
    return {
        "netwright": [ours["accuracy"] for ours, _ in rows],
        "resnet20": [theirs["accuracy"] for _, theirs in rows],
        "points_above": round(mean(above), 2),
        "deviation": round(stdev(above), 2) if len(above) > 1 else None,
        "at_no_more_flops": cheap,
        "bar": POINTS,
        "met": cheap and mean(above) >= POINTS,
    }


if __name__ == "__main__":
    main()
