"""One net for all designs: are they as good as they are, and how long does picking one take?

CIFAR-10 12k, the space `mobile`. A once-for-all search of some minutes; then random designs are
judged on the test pictures with their part of its weights, and each is trained alone for as many
steps as the supernet had. `deploy` picks designs for a few limits, and its files are timed again by
a loop of its own.

The bars: within 2 points of the same net trained alone; `deploy` under 5 s, and every file within
its limit; a front of at least 10 designs from the one training.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

import netwright
from common import parser
from front import call_of, measured
from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.folder import SUPERNET, RunFolder
from netwright.data.images import CLASS
from netwright.evaluators.nets import MODEL
from netwright.evaluators.shared import SharedEvaluator
from netwright.hardware.latency import cores
from netwright.learners.image import ARCHITECTURE, ImageLearner, NetModel
from netwright.nn.allocation import keep_freed_memory
from netwright.recipes.deploying import front
from netwright.recipes.oneshot import JUDGED, read_judged
from netwright.recipes.search_options import make_search_options
from netwright.spaces.naming import NetSpaceName
from parts import Part, Parts
from pictures import Pictures, cifar, searched

POINTS, SECONDS, FRONT = 2.0, 5.0, 10
TURNS = 5
"""Timings of a file, seconds apart."""
SMOKE_STEP = 20
"""Between the limits of a smoke run, whose nets are so small that a busy machine takes twice as
long as it did a moment ago."""


def arguments() -> argparse.Namespace:
    """How long, and how many are trained alone."""
    made = parser(__doc__)
    made.add_argument("--resume", action="store_true", help="keep the parts that are done")
    made.add_argument("--minutes", type=float, default=20, help="of the search")
    made.add_argument("--alone", type=int, default=3, help="designs that are trained alone")
    made.add_argument("--limits", type=int, default=3)
    made.add_argument("--seed", type=int, default=0)
    return made.parse_args()


def main() -> None:
    """Search, compare, deploy."""
    told = arguments()
    data = cifar(told.smoke)
    terms = {"minutes": told.minutes, "seed": told.seed}
    parts = Parts("once_for_all", terms, resume=told.resume, smoke=told.smoke)
    space = NetSpaceName("mobile", {"stem": 4, "depths": [1, 2]} if told.smoke else {})
    run = parts.run("search")
    found = parts.take("search", partial(search, data, run, told, space))
    rows = [
        parts.take(f"design {place}", partial(one, data, run, space, found["epochs"], place))
        for place in range(1 if told.smoke else told.alone)
    ]
    step = found["fastest_ms"] * (SMOKE_STEP if told.smoke else 1)
    limits = [round(found["fastest_ms"] + step * place, 3) for place in range(1, told.limits + 1)]
    picked = [parts.take(f"deploy {ms} ms", partial(pick, run, ms)) for ms in limits]
    lost = [row["alone"] - row["shared"] for row in rows]
    parts.conclude(
        {
            "points_lost": lost,
            "mean_lost": round(mean(lost), 2),
            "near": all(points <= POINTS for points in lost),
            "deploy_seconds": [row["seconds"] for row in picked],
            "deploy_quick": all(row["seconds"] <= SECONDS for row in picked),
            "limits_kept": all(row["again_ms"] <= row["limit_ms"] for row in picked),
            "front": found["front"],
            "front_met": found["front"] >= FRONT,
        }
    )


def search(data: Pictures, run: Path, told: argparse.Namespace, space: NetSpaceName) -> Part:
    """Trains the supernet; says how long, and what its judged designs come to."""
    words = {"space": space.name, "arguments": dict(space.arguments), "seed": told.seed}
    if data.smoke:
        words |= {"strategy": "ofa", "trials": 1, "epochs": 1, "engine": "inline"}
        netwright.search(data.train, CLASS, out=run, overwrite=True, **words)
    else:
        searched(data, run, told.minutes, strategy="ofa", **words)
    designs = front(run)
    return {
        "epochs": NetModel.load(run / SUPERNET / MODEL).built.epochs,
        "judged": len(read_judged(RunFolder.open(run), JUDGED)),
        "front": len(designs),
        "fastest_ms": designs[0]["latency_ms"],
    }


def one(data: Pictures, run: Path, space: NetSpaceName, epochs: int, place: int) -> Part:
    """A random design, with its part of the weights and trained alone for as many steps."""
    folder, opened = RunFolder.open(run), space.open()
    design = opened.sample(np.random.default_rng(100 + place))
    judge = SharedEvaluator(folder.task(), folder.data, space, run / SUPERNET / MODEL, 0)
    keep_freed_memory()
    recipe = {**make_search_options(target=CLASS).training(data.task), "keep": "last"}
    inside = {f"{ARCHITECTURE}.{name}": value for name, value in design.items()}
    started = time.monotonic()
    context = Context(seed=place, threads=1 if data.smoke else cores())
    config = Config({**recipe, "epochs": 1 if data.smoke else epochs, **inside})
    alone = ImageLearner(space).fit(data.task, config, context)
    return {
        "design": opened.to_text(design),
        "shared": data.accuracy(judge.model(design)),
        "alone": data.accuracy(alone),
        "alone_seconds": round(time.monotonic() - started, 1),
    }


def pick(run: Path, limit: float) -> dict[str, Any]:
    """A design for a limit, its file timed again."""
    out = run / "picked.onnx"
    found = netwright.deploy(run, out, max_latency_ms=limit)
    shape = NetModel.load(run / SUPERNET / MODEL).shape
    (again,) = measured([call_of(out, shape)], TURNS)
    return {**found.to_json(), "file": out.name, **again}


if __name__ == "__main__":
    main()
