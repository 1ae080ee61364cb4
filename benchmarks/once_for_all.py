"""One net for all designs: are they as good as they are, and how long does picking one take?

CIFAR-10 12k, the space `mobile`. A once-for-all search of some minutes; then random designs are
judged on the test pictures with their part of its weights, and each is trained alone on the same
rows for as many steps as the supernet had. `deploy` picks designs for a few limits, and its files
are timed again by a loop of its own.

The bars: within 2 points of the same net trained alone; `deploy` under 5 s, and every file within
its limit; a front of at least 10 designs from the one training.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from statistics import mean
from typing import Any

import numpy as np

import netwright
from common import parser
from front import call_of, measured
from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.folder import SUPERNET, RunFolder
from netwright.core.machine import cores
from netwright.data.images import CLASS
from netwright.evaluators.nets import MODEL
from netwright.evaluators.rows import open_fold
from netwright.evaluators.shared import SharedEvaluator
from netwright.learners.image import ARCHITECTURE, ImageLearner, NetModel
from netwright.nn.allocation import keep_freed_memory
from netwright.recipes.deploying import front
from netwright.recipes.oneshot import JUDGED, read_judged
from netwright.recipes.search_options import make_search_options
from netwright.spaces.naming import NetSpaceName
from parts import Part, Parts
from pictures import cifar, searched

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
    made.add_argument("--minutes", type=float, default=10, help="of a search")
    made.add_argument("--seeds", type=int, default=3)
    made.add_argument("--alone", type=int, default=2, help="designs a seed that are trained alone")
    made.add_argument("--limits", type=int, default=3)
    told = made.parse_args()
    if told.smoke:
        told.seeds, told.alone = 1, 1
    return told


def main() -> None:
    """Seed by seed: search, compare, deploy."""
    told = arguments()
    parts = Parts("once_for_all", {"minutes": told.minutes}, resume=told.resume, smoke=told.smoke)
    done = [Trained(seed, parts, told) for seed in range(told.seeds)]
    rows = [row for net in done for row in net.compared()]
    picked = [row for net in done for row in net.picked()]
    lost = [round(row["alone"] - row["shared"], 2) for row in rows]
    fronts = [net.found["front"] for net in done]
    parts.conclude(
        {
            "points_lost": lost,
            "mean_lost": round(mean(lost), 2),
            "near": max(lost) <= POINTS,
            "deploy_seconds": [row["seconds"] for row in picked],
            "deploy_quick": all(row["seconds"] <= SECONDS for row in picked),
            "limits_kept": all(row["again_ms"] <= row["limit_ms"] for row in picked),
            "fronts": fronts,
            "front_met": min(fronts) >= FRONT,
        }
    )


class Trained:
    """One training with a seed, and what is asked of it.

    Args:
        seed: Of the search.
        parts: Of the benchmark.
        told: What was asked for.
    """

    def __init__(self, seed: int, parts: Parts, told: argparse.Namespace) -> None:
        self.seed, self.parts, self.told = seed, parts, told
        self.data = cifar(told.smoke)
        self.space = NetSpaceName("mobile", {"stem": 4, "depths": [1, 2]} if told.smoke else {})
        self.run = parts.run(f"search {seed}")
        self.found = parts.take(f"search {seed}", self._search)

    def compared(self) -> list[Part]:
        """Random designs, with their part of the weights and alone."""
        return [
            self.parts.take(f"design {self.seed} {place}", partial(self._compare, place))
            for place in range(self.told.alone)
        ]

    def picked(self) -> list[Part]:
        """What `deploy` picks for twice, thrice, ... the latency of the fastest judged design."""
        fastest = self.found["fastest_ms"]
        step = fastest * (SMOKE_STEP if self.told.smoke else 1)
        limits = [round(fastest + step * place, 3) for place in range(1, self.told.limits + 1)]
        return [
            self.parts.take(f"deploy {self.seed} {ms} ms", partial(self._pick, ms)) for ms in limits
        ]

    def _search(self) -> Part:
        """How long the supernet learned, and what its judged designs come to."""
        words: dict[str, Any] = {"space": self.space.name, "arguments": dict(self.space.arguments)}
        words |= {"strategy": "ofa", "seed": self.seed}
        if self.data.smoke:
            words |= {"trials": 1, "epochs": 1, "engine": "inline"}
            netwright.search(self.data.train, CLASS, out=self.run, overwrite=True, **words)
        else:
            searched(self.data, self.run, self.told.minutes, **words)
        designs = front(self.run)
        return {
            "epochs": NetModel.load(self.run / SUPERNET / MODEL).built.epochs,
            "judged": len(read_judged(RunFolder.open(self.run), JUDGED)),
            "front": len(designs),
            "fastest_ms": designs[0]["latency_ms"],
        }

    def _compare(self, place: int) -> Part:
        """Test accuracy of a random design, both ways."""
        folder, opened = RunFolder.open(self.run), self.space.open()
        design = opened.sample(np.random.default_rng([self.seed, place]))
        task, weights = folder.task(), self.run / SUPERNET / MODEL
        judge = SharedEvaluator(task, folder.data, self.space, weights, self.seed)
        rows, _ = open_fold(folder.data, task, self.seed, 0)
        keep_freed_memory()
        recipe = {**make_search_options(target=CLASS).training(self.data.task), "keep": "last"}
        inside = {f"{ARCHITECTURE}.{name}": value for name, value in design.items()}
        epochs = 1 if self.told.smoke else self.found["epochs"]
        started = time.monotonic()
        context = Context(seed=self.seed, threads=1 if self.told.smoke else cores())
        config = Config({**recipe, "epochs": epochs, **inside})
        alone = ImageLearner(self.space).fit(rows, config, context)
        return {
            "design": opened.to_text(design),
            "shared": self.data.accuracy(judge.model(design)),
            "alone": self.data.accuracy(alone),
            "alone_seconds": round(time.monotonic() - started, 1),
        }

    def _pick(self, limit: float) -> Part:
        """A design for a limit, its file timed again."""
        out = self.run / "picked.onnx"
        found = netwright.deploy(self.run, out, max_latency_ms=limit)
        shape = NetModel.load(self.run / SUPERNET / MODEL).shape
        (again,) = measured([call_of(out, shape)], TURNS)
        return {**found.to_json(), "file": out.name, **again}


if __name__ == "__main__":
    main()
