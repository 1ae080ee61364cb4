"""A backbone searched under episodes against one that was not, at equal cost and time.

Omniglot, 5-way 1-shot, prototypical network, at most the parameters of conv4 with 64 filters. Four
backbones a seed, each then trained for the same minutes and judged on characters of other
alphabets: the best of a few-shot search; of a random few-shot search of the same time; of a plain
search of the same time, which classifies the characters; and conv4 thinned to the parameters of the
first.

The bar: the first is above each of the others by two standard errors of the difference, or the
result says that it is not.
"""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from characters import characters
from common import netwright, parser
from netwright.core.config import Config
from netwright.evaluators.costs import counted
from netwright.spaces.conv4 import FILTERS
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import image_task
from parts import Part, Parts

MOST = 0.112
"""Million parameters: conv4 with 64 filters."""
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
    told.data = str(characters(told.smoke))
    terms = {"minutes": told.minutes, "training": told.training, "space": told.space}
    parts = Parts("fewshot_search", terms, resume=told.resume, smoke=told.smoke)
    seeds = range(1 if told.smoke else told.seeds)
    rows = [one_seed(parts, told, seed) for seed in seeds]
    parts.conclude(verdict(rows))


def one_seed(parts: Parts, told: argparse.Namespace, seed: int) -> dict[str, float]:
    """Accuracy in percent of each of the four."""
    ours = parts.take(f"searched {seed}", partial(found, parts, told, seed, "auto"))
    makers = {
        "random search": partial(found, parts, told, seed, "random"),
        "plain search": partial(plain, parts, told, seed),
        "conv4": partial(thinned, parts, told, seed, ours["params_m"]),
    }
    others = {name: parts.take(f"{name} {seed}", makers[name]) for name in RIVALS}
    return {"searched": ours["accuracy"]} | {n: part["accuracy"] for n, part in others.items()}


def found(parts: Parts, told: argparse.Namespace, seed: int, strategy: str) -> Part:
    """The best design of a few-shot search, trained."""
    out = parts.run(f"{strategy} {seed}")
    most = ("--max-params-m", str(MOST), "--strategy", strategy, "--rotations")
    spent = _spent(parts, told.minutes, "--episodes 8 --trials 2")
    _run(
        "fewshot",
        "search",
        "--space",
        told.space,
        *most,
        *spent,
        data=told.data,
        seed=seed,
        out=out,
    )
    return {**_best(out), **trained(parts, told, seed, str(out))}


def plain(parts: Parts, told: argparse.Namespace, seed: int) -> Part:
    """The best design of a search that classifies, trained."""
    out = parts.run(f"plain {seed}")
    spent = _spent(parts, told.minutes, "--epochs 1 --trials 1")
    _run(
        "search",
        "--space",
        told.space,
        "--max-params-m",
        str(MOST),
        *spent,
        data=told.data,
        seed=seed,
        out=out,
    )
    return {**_best(out), **trained(parts, told, seed, str(out))}


def thinned(parts: Parts, told: argparse.Namespace, seed: int, params_m: float) -> Part:
    """The hand design with the parameters of the searched one, as near as filters go."""
    space, task = NetSpaceName("conv4"), image_task((1, 28, 28), 5)
    weighs = {n: counted(space, Config({"filters": n}), task)["params_m"] for n in FILTERS}
    filters = min(FILTERS, key=lambda n: abs(weighs[n] - params_m))
    design = parts.run(f"conv4 {seed}").with_suffix(".json")
    design.parent.mkdir(parents=True, exist_ok=True)
    design.write_text(json.dumps({"space": "conv4", "design": {"filters": filters}}))
    facts = {"params_m": weighs[filters], "design": f"{filters} filters"}
    return {**facts, **trained(parts, told, seed, str(design))}


def trained(parts: Parts, told: argparse.Namespace, seed: int, backbone: str) -> Part:
    """A backbone trained for the same minutes, and judged on other alphabets."""
    out = Path(f"{backbone.removesuffix('.json')}-trained")
    spent = _spent(parts, told.training, "--episodes 8")
    _run(
        "fewshot",
        "train",
        "--backbone",
        backbone,
        "--rotations",
        *spent,
        data=told.data,
        seed=seed,
        out=out,
    )
    episodes = "8" if parts.smoke else "600"
    _, done = netwright(
        "fewshot", "evaluate", str(out), told.data, "--episodes", episodes, "--json"
    )
    return {"accuracy": round(100 * json.loads(done.stdout)["accuracy"], 2)}


def _spent(parts: Parts, minutes: float, smoke: str) -> list[str]:
    return smoke.split() if parts.smoke else ["--time", f"{60 * minutes:g}s"]


def _run(*words: str, data: str, seed: int, out: Path) -> None:
    command = words[:2] if words[0] == "fewshot" else words[:1]
    rest = words[len(command) :]
    ends = ("--seed", str(seed), "--out", str(out), "--overwrite")
    netwright(*command, data, *rest, *ends)


def _best(out: Path) -> dict[str, Any]:
    _, done = netwright("show", str(out), "--json")
    facts = json.loads(done.stdout)
    best = next(row for row in facts["designs"] if row["number"] == facts["best"]["trial"])
    return {"design": best["design"], **best["costs"]}


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
