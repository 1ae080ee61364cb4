"""A search for accuracy and latency: how many designs its front has, and whether their latency is
what it says.

20 minutes on CIFAR-10 12k. Each design of the front is exported to ONNX and timed anew, by a loop
of its own around ONNX Runtime with one thread, after the search is over. Machines are shared, and
other work makes a call longer for moments: designs are timed in turns, several seconds apart, and
the lowest turn of each counts; the median turn stands beside it.

The bar: at least 8 designs on the front, each one's latency within 20 % of what `show --json` says.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import onnxruntime

import netwright as library
from common import parser, shown
from netwright.core.folder import RunFolder
from netwright.data.images import CLASS
from netwright.evaluators.nets import MODEL
from netwright.export.onnx import export_onnx
from netwright.learners.image import NetModel
from parts import Part, Parts
from pictures import Pictures, cifar

DESIGNS, NEAR = 8, 0.2
WARM_UP, CALLS, TURNS, PAUSE = 20, 300, 10, 2.0


def arguments() -> argparse.Namespace:
    """What is searched, and for how long."""
    made = parser(__doc__)
    made.add_argument("--resume", action="store_true", help="keep the search if it is done")
    made.add_argument("--minutes", type=float, default=20)
    made.add_argument("--space", default="resnet")
    made.add_argument("--epochs", type=int, help="of each design [what the time allows]")
    made.add_argument("--seed", type=int, default=0)
    return made.parse_args()


def main() -> None:
    """Searches, then times the front."""
    told = arguments()
    terms = {"minutes": told.minutes, "space": told.space, "epochs": told.epochs, "seed": told.seed}
    parts = Parts("front", terms, resume=told.resume, smoke=told.smoke)
    run = parts.run("search")
    found = parts.take("search", lambda: search(cifar(told.smoke), run, told))
    calls = [exported(run, row["number"]) for row in found["front"]]
    again = measured(calls, 2 if told.smoke else TURNS)
    rows = [
        {**row, **turns, "ratio": round(turns["again_ms"] / row["latency_ms"], 3)}
        for row, turns in zip(found["front"], again, strict=True)
    ]
    near = sum(abs(row["ratio"] - 1) <= NEAR for row in rows)
    parts.conclude(
        {
            "designs": len(rows),
            "latency_near": near,
            "met": len(rows) >= DESIGNS and near == len(rows),
            "front": rows,
        }
    )


def search(data: Pictures, run: Path, told: argparse.Namespace) -> Part:
    """The front as `netwright show --json` prints it."""
    own: dict[str, Any] = {"budget": 60 * told.minutes}
    own |= {} if told.epochs is None else {"epochs": told.epochs}
    if data.smoke:
        own = {"trials": 3, "epochs": 1, "engine": "inline"}
    words = {"space": told.space, "objectives": "accuracy,latency_ms", "seed": told.seed, **own}
    library.search(data.train, CLASS, out=run, overwrite=True, **words)
    facts = shown(run)
    front = [
        {"number": row["number"], "design": row["design"], **row["objectives"]}
        for row in facts["designs"]
        if row["front"]
    ]
    return {"trials": facts["trials"], "front": sorted(front, key=lambda row: row["latency_ms"])}


def measured(calls: list[Callable[[], Any]], turns: int) -> list[dict[str, float]]:
    """Milliseconds of calls that take turns: the lowest and the median turn of each."""
    taken: list[list[float]] = [[] for _ in calls]
    for turn in range(turns):
        time.sleep(PAUSE if turn else 0)
        for times, call in zip(taken, calls, strict=True):
            times.append(milliseconds(call))
    return [
        {"again_ms": round(min(times), 4), "median_turn_ms": round(median(times), 4)}
        for times in taken
    ]


def exported(run: Path, number: int) -> Callable[[], Any]:
    """Runs the exported net of a design."""
    net = NetModel.load(RunFolder.open(run).trials / f"{number:04d}" / MODEL)
    return call_of(export_onnx(net.net, net.shape, run / "again.onnx"), net.shape)


def call_of(path: Path, shape: tuple[int, ...]) -> Callable[[], Any]:
    """Runs the net of a file for one picture of noise, one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (taken_in,) = session.get_inputs()
    kind = np.uint8 if taken_in.type == "tensor(uint8)" else np.float32
    noise = np.random.default_rng(0).uniform(0, 255, (1, *shape))
    feed = {taken_in.name: noise.astype(kind)}
    return lambda: session.run(None, feed)


def milliseconds(call: Callable[[], Any]) -> float:
    """The median of some calls."""
    taken = []
    for _ in range(WARM_UP + CALLS):
        started = time.perf_counter()
        call()
        taken.append(time.perf_counter() - started)
    return 1e3 * median(taken[WARM_UP:])


if __name__ == "__main__":
    main()
