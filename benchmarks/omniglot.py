"""Omniglot: few-shot methods from the command line, judged on characters of other alphabets.

Of the 1,028 train characters a tenth is held back to choose weights by; the 172 validation
characters judge, 600 episodes each: once as they are, and once as Vinyals et al. and Snell et al.
judge, where a character turned by 90, 180 or 270 degrees is another class (easier, because few of
an episode's classes are then of one alphabet and one direction). Accuracies in percent, with the
half width of their 95 % interval; the protocol stands beside them. Every training has one core to
itself, and as many run side by side as there are cores.

The bars: prototypical network 98.5 on 5-way 1-shot and 95.2 on 20-way 1-shot within 15 minutes;
matching network 97.0; MAML 97.0 with conv4 within 30 minutes and 88 with the fully connected net.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from functools import partial
from itertools import product
from statistics import mean, stdev
from typing import Any

from characters import characters
from common import netwright, parser
from parts import Part, Parts

CONV32 = '{"space": "conv4", "design": {"filters": 32}}'
"""As wide as MAML's own for these pictures is not affordable here."""
ONE_STEP = ("--inner-lr", "0.4", "--inner-steps", "1")
TOLD = (*ONE_STEP, "--adapt-steps", "5", "--train-queries", "3")
"""As published but for the last two: there three steps adapt, and one query a class teaches."""


@dataclass(frozen=True)
class Line:
    """A training and what it is judged on.

    Attributes:
        words: Of `netwright fewshot train`.
        minutes: It may take.
        bars: Ways to the least accuracy in percent, of one shot.
        design: Content of the file of the backbone, None for what the words say.
    """

    words: tuple[str, ...]
    minutes: float
    bars: dict[int, float]
    design: str | None = None


LINES = {
    "protonet": Line(("--method", "protonet"), 15, {5: 98.5, 20: 95.2}),
    "matching": Line(("--method", "matching"), 15, {5: 97.0}),
    "maml": Line(("--method", "maml", *TOLD), 30, {5: 97.0}, CONV32),
    "maml-support": Line(("--method", "maml", *TOLD, "--norm", "support"), 30, {}, CONV32),
    "maml-mlp": Line(("--method", "maml", *TOLD, "--backbone", "mlp"), 10, {5: 88.0}),
}


def arguments() -> argparse.Namespace:
    """How much of it."""
    made = parser(__doc__)
    made.add_argument("--resume", action="store_true", help="keep the parts that are done")
    made.add_argument("--seeds", type=int, default=3)
    made.add_argument("--only", default="", help="lines to measure, a,b [all]")
    made.add_argument("--share", type=float, default=1.0, help="of each line's minutes")
    return made.parse_args()


def main() -> None:
    """Every line with every seed."""
    told = arguments()
    wanted = [line for line in LINES if not told.only or line in told.only.split(",")]
    terms = {"share": told.share, "cores": 1}
    parts = Parts("omniglot", terms, resume=told.resume, smoke=told.smoke)
    data, seeds = str(characters(told.smoke)), range(1 if told.smoke else told.seeds)
    pairs = {f"{line} {seed}": (line, seed) for seed in seeds for line in wanted}
    parts.side_by_side(
        {name: partial(one, parts, data, told.share, *pair) for name, pair in pairs.items()}
    )
    rows: dict[str, list[Part]] = {}
    for name, found in parts.done.items():  # those of other lines too, if they are known
        rows.setdefault(name.rpartition(" ")[0], []).append(found)
    parts.conclude({line: verdict(LINES[line], rows[line]) for line in LINES if line in rows})


def one(parts: Parts, data: str, share: float, which: str, seed: int) -> Part:
    """Trains, and judges on other alphabets."""
    line, out = LINES[which], parts.run(f"{which} {seed}")
    out.parent.mkdir(parents=True, exist_ok=True)
    spent = ("--episodes", "8") if parts.smoke else ("--time", f"{60 * line.minutes * share:g}s")
    words = [*line.words, *spent, "--rotations", "--seed", str(seed)]
    if line.design is not None:
        design = out.with_suffix(".json")
        design.write_text(line.design)
        words += ["--backbone", str(design)]
    taken, _ = netwright("fewshot", "train", data, *words, "--out", str(out), "--overwrite")
    episodes = 8 if parts.smoke else 600
    found = {
        name(ways, turned): judged(str(out), data, ways, episodes, turned)
        for ways, turned in product(line.bars or {5: 0.0}, (False, True))
    }
    return {"seconds": round(taken, 1), **found}


def name(ways: int, turned: bool) -> str:
    """Of what was judged."""
    return f"{ways}-way{' turned' if turned else ''}"


def judged(run: str, data: str, ways: int, episodes: int, turned: bool) -> dict[str, Any]:
    """Accuracy on the validation characters in percent."""
    queries = 15 if ways == 5 else 5
    words = ["--ways", str(ways), "--queries", str(queries), "--episodes", str(episodes)]
    words += ["--rotations"] if turned else []
    _, done = netwright("fewshot", "evaluate", run, data, *words, "--json")
    facts = json.loads(done.stdout)
    for figure in ("accuracy", "interval95"):
        facts[figure] = round(100 * facts[figure], 2)
    return dict(facts)


def verdict(line: Line, found: list[Part]) -> dict[str, Any]:
    """Means over seeds against the bars."""
    told: dict[str, Any] = {"seconds": max(part["seconds"] for part in found)}
    for ways, turned in product(line.bars or {5: 0.0}, (False, True)):
        scores = [part[name(ways, turned)]["accuracy"] for part in found]
        bar = line.bars.get(ways)
        told[name(ways, turned)] = {
            "accuracy": round(mean(scores), 2),
            "deviation": round(stdev(scores), 2) if len(scores) > 1 else None,
            "seeds": len(scores),
            "bar": bar,
            "met": None if bar is None else mean(scores) >= bar,
        }
    return told


if __name__ == "__main__":
    main()
