"""A search for accuracy and latency: how many designs its front has, and whether their latency is
what it says.

20 minutes on CIFAR-10 12k. Each design of the front is exported to ONNX and timed anew, by a loop
of its own around ONNX Runtime with one thread, after the search is over.

The bar: at least 8 designs on the front, each one's latency within 20 % of what `show --json` says.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import onnxruntime

import netwright as library
from common import netwright, parser
from netwright.core.folder import RunFolder
from netwright.data.images import CLASS
from netwright.evaluators.nets import MODEL
from netwright.export.onnx import export_onnx
from netwright.learners.image import NetModel
from parts import Part, Parts
from pictures import Pictures, cifar

DESIGNS, NEAR = 8, 0.2
WARM_UP, CALLS = 20, 300


def arguments() -> argparse.Namespace:
    """What is searched, and for how long."""
    made = parser(__doc__)
    made.add_argument("--resume", action="store_true", help="keep the search if it is done")
    made.add_argument("--minutes", type=float, default=20)
    made.add_argument("--space", default="resnet")
    made.add_argument("--epochs", type=int, default=1, help="of each design")
    made.add_argument("--seed", type=int, default=0)
    return made.parse_args()


def main() -> None:
    """Searches, then times the front."""
    told = arguments()
    terms = {"minutes": told.minutes, "space": told.space, "epochs": told.epochs, "seed": told.seed}
    parts = Parts("front", terms, resume=told.resume, smoke=told.smoke)
    run = parts.run("search")
    found = parts.take("search", lambda: search(cifar(told.smoke), run, told))
    rows = [{**row, **measured(run, row)} for row in found["front"]]
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
    own: dict[str, Any] = {"budget": 60 * told.minutes, "epochs": told.epochs}
    if data.smoke:
        own = {"trials": 3, "epochs": 1, "engine": "inline"}
    words = {"space": told.space, "objectives": "accuracy,latency_ms", "seed": told.seed, **own}
    library.search(data.train, CLASS, out=run, overwrite=True, **words)
    shown = json.loads(netwright("show", str(run), "--json")[1].stdout)
    front = [
        {"number": row["number"], "design": row["design"], **row["objectives"]}
        for row in shown["designs"]
        if row["front"]
    ]
    return {"trials": shown["trials"], "front": sorted(front, key=lambda row: row["latency_ms"])}


def measured(run: Path, row: Part) -> dict[str, float]:
    """Milliseconds of a design's exported net, and how they compare with the front's."""
    net = NetModel.load(RunFolder.open(run).trials / f"{row['number']:04d}" / MODEL)
    path = export_onnx(net.net, net.shape, run / "again.onnx")
    again = milliseconds(path, net.shape)
    return {"again_ms": round(again, 4), "ratio": round(again / row["latency_ms"], 3)}


def milliseconds(path: Path, shape: tuple[int, ...]) -> float:
    """The median call of an ONNX file for one picture of noise, one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (taken_in,) = session.get_inputs()
    kind = np.uint8 if taken_in.type == "tensor(uint8)" else np.float32
    feed = {taken_in.name: np.random.default_rng(0).uniform(0, 255, (1, *shape)).astype(kind)}
    taken = []
    for _ in range(WARM_UP + CALLS):
        started = time.perf_counter()
        session.run(None, feed)
        taken.append(time.perf_counter() - started)
    return 1e3 * median(taken[WARM_UP:])


if __name__ == "__main__":
    main()
