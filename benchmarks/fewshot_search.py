"""A backbone searched under episodes against one that was not, at equal cost and time.

Omniglot, 20-way 1-shot (in 5 ways nearly all nets are nearly always right), prototypical network,
at most the parameters of conv4 with 64 filters for the same task. Four backbones a seed, each then
trained for the same minutes and judged on characters of other alphabets: the best of a few-shot
search; of a random few-shot search of the same time; of a plain search of the same time, which
classifies the characters; and conv4 thinned to the parameters of the first. Each has one core to
itself, and as many run side by side as there are cores.

The bar: the first is above each of the others by two standard errors of the difference, or the
result says that it is not.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np

from characters import characters
from common import netwright, parser, shown
from netwright.core.config import Config
from netwright.evaluators.costs import counted
from netwright.spaces.conv4 import FILTERS
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import image_task
from parts import Part, Parts
from pictures import best_of

WIDEST = 64
"""Filters of the conv4 whose parameters are the limit, as published."""
RIVALS = ("random search", "plain search", "conv4")


def arguments() -> argparse.Namespace:
    """How much, and where."""
    made = parser(__doc__)
    made.add_argument("--resume", action="store_true", help="keep the parts that are done")
    made.add_argument("--seeds", type=int, default=3)
    made.add_argument("--minutes", type=float, default=20, help="of each search")
    made.add_argument("--training", type=float, default=10, help="minutes of each training")
    made.add_argument("--space", default="resnet")
    return made.parse_args()


def main() -> None:
    """Every seed, all four."""
    told = arguments()
    told.data, told.ways = str(characters(told.smoke)), 5 if told.smoke else 20
    with np.load(told.data) as arrays:
        told.side, told.classes = arrays["images"].shape[-1], int((~arrays["validation"]).sum())
    terms = {name: vars(told)[name] for name in ("minutes", "training", "space", "ways")}
    terms |= {"cores": 1}
    parts = Parts("fewshot_search", terms, resume=told.resume, smoke=told.smoke)
    seeds = range(1 if told.smoke else told.seeds)
    searches = {
        f"{name} {seed}": partial(make, parts, told, seed)
        for seed in seeds
        for name, make in SEARCHES.items()
    }
    done = parts.side_by_side(searches)
    by_hand = {
        f"conv4 {seed}": partial(thinned, parts, told, seed, done[f"searched {seed}"]["params_m"])
        for seed in seeds
    }
    done |= parts.side_by_side(by_hand)
    names = ("searched", *RIVALS)
    rows = [{name: done[f"{name} {seed}"]["accuracy"] for name in names} for seed in seeds]
    parts.conclude(verdict(rows))


def found(strategy: str, parts: Parts, told: argparse.Namespace, seed: int) -> Part:
    """The best design of a few-shot search, trained."""
    out = parts.run(f"{strategy} {seed}")
    most = (*_limit(told.ways, told), "--strategy", strategy, "--rotations")
    spent = _spent(parts, told.minutes, "--episodes 8 --trials 2")
    words = ("--space", told.space, *_terms(told), *most, *spent)
    _run("fewshot", "search", *words, data=told.data, seed=seed, out=out)
    return {**best_of(shown(out)), **trained(parts, told, seed, str(out))}


def plain(parts: Parts, told: argparse.Namespace, seed: int) -> Part:
    """The best design of a search that classifies, trained."""
    out = parts.run(f"plain {seed}")
    spent = _spent(parts, told.minutes, "--epochs 1 --trials 1")
    words = ("--space", told.space, *_limit(told.classes, told), *spent)
    _run("search", *words, data=told.data, seed=seed, out=out)
    return {**best_of(shown(out)), **trained(parts, told, seed, str(out))}


def thinned(parts: Parts, told: argparse.Namespace, seed: int, params_m: float) -> Part:
    """The hand design with the parameters of the searched one, as near as filters go."""
    weighs = {filters: conv4_params(filters, told.ways, told.side) for filters in FILTERS}
    filters = min(FILTERS, key=lambda n: abs(weighs[n] - params_m))
    design = parts.run(f"conv4 {seed}").with_suffix(".json")
    design.parent.mkdir(parents=True, exist_ok=True)
    design.write_text(json.dumps({"space": "conv4", "design": {"filters": filters}}))
    facts = {"params_m": weighs[filters], "design": f"{filters} filters"}
    return {**facts, **trained(parts, told, seed, str(design))}


def conv4_params(filters: int, classes: int, side: int) -> float:
    """Million parameters of the hand design."""
    task = image_task((1, side, side), classes)
    return counted(NetSpaceName("conv4"), Config({"filters": filters}), task)["params_m"]


def trained(parts: Parts, told: argparse.Namespace, seed: int, backbone: str) -> Part:
    """A backbone trained for the same minutes, and judged on other alphabets."""
    out = Path(f"{backbone.removesuffix('.json')}-trained")
    spent = _spent(parts, told.training, "--episodes 8")
    words = ("--backbone", backbone, "--rotations", *_terms(told), *spent)
    _run("fewshot", "train", *words, data=told.data, seed=seed, out=out)
    episodes = ("--episodes", "8" if parts.smoke else "600")
    _, done = netwright("fewshot", "evaluate", str(out), told.data, *episodes, "--json")
    return {"accuracy": round(100 * json.loads(done.stdout)["accuracy"], 2)}


def _limit(classes: int, told: argparse.Namespace) -> tuple[str, ...]:
    return ("--max-params-m", str(conv4_params(WIDEST, classes, told.side)))


def _terms(told: argparse.Namespace) -> tuple[str, ...]:
    return ("--ways", str(told.ways), "--queries", "5")


def _spent(parts: Parts, minutes: float, smoke: str) -> list[str]:
    return smoke.split() if parts.smoke else ["--time", f"{60 * minutes:g}s"]


def _run(*words: str, data: str, seed: int, out: Path) -> None:
    command = words[:2] if words[0] == "fewshot" else words[:1]
    rest = words[len(command) :]
    ends = ("--seed", str(seed), "--out", str(out), "--overwrite")
    netwright(*command, data, *rest, *ends)


SEARCHES: dict[str, Callable[[Parts, argparse.Namespace, int], Part]] = {
    "searched": partial(found, "auto"),
    "random search": partial(found, "random"),
    "plain search": plain,
}


def verdict(rows: list[dict[str, float]]) -> dict[str, Any]:
    """Differences with their standard errors, and where the searched one does not win."""
    told: dict[str, Any] = {"searched": mean(row["searched"] for row in rows)}
    for name in RIVALS:
        gaps = [row["searched"] - row[name] for row in rows]
        error = stdev(gaps) / len(gaps) ** 0.5 if len(gaps) > 1 else None
        told[name] = {
            "accuracy": round(mean(row[name] for row in rows), 2),
            "difference": round(mean(gaps), 2),
            "standard_error": None if error is None else round(error, 2),
            "wins": None if error is None else mean(gaps) > 2 * error,
        }
    told["does_not_win_against"] = [name for name in RIVALS if told[name]["wins"] is False]
    return told


if __name__ == "__main__":
    main()
