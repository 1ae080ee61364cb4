"""Nets with eight-bit numbers: accuracy lost, size saved, labels that stay the same.

Four nets are trained on CIFAR-10 12k for 3 minutes each and exported twice, as `netwright export`
does it: the calibration pictures are the run's own. Accuracy is that of the two files on the 2,000
test pictures; agreement that of their labels on 256 of these.

The bar: less than 1 point lost; under 30 % of the size where the file of floats is over 1 MB.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from common import parser
from netwright.core.folder import RunFolder
from netwright.evaluators.nets import MODEL
from netwright.export.checking import SAMPLES, compare, run_onnx
from netwright.manifest import write_predictor
from netwright.recipes.exporting import export_run, pictures
from netwright.spaces.naming import NetSpaceName
from parts import Part, Parts
from pictures import Pictures, cifar, percent, trained

POINTS, SHARE, LARGE = 1.0, 0.3, 1e6
NETS: dict[str, tuple[NetSpaceName, dict[str, Any]]] = {
    "resnet": (NetSpaceName("resnet"), {}),
    "resnet wide": (NetSpaceName("resnet"), {"width": 64, "squeeze": False}),
    "mobile": (NetSpaceName("mobile"), {}),
    "nasbench201": (NetSpaceName("nasbench201", {"channels": 16, "cells": 1}), {}),
}
"""Space, and what of its default design is changed."""


def arguments() -> argparse.Namespace:
    """How long each net learns."""
    made = parser(__doc__)
    made.add_argument("--resume", action="store_true", help="keep the nets that are done")
    made.add_argument("--minutes", type=float, default=3, help="of training for each net")
    return made.parse_args()


def main() -> None:
    """Net by net."""
    told = arguments()
    data = cifar(told.smoke)
    parts = Parts("int8", {"minutes": told.minutes}, resume=told.resume, smoke=told.smoke)
    rows = {
        name: parts.take(name, partial(one_net, data, parts.run(name), name, told.minutes))
        for name in (["resnet"] if told.smoke else NETS)
    }
    small = {name: keeps(row) for name, row in rows.items()}
    parts.conclude({"met": all(small.values()), "keeps_the_bar": small})


def one_net(data: Pictures, run: Path, name: str, minutes: float) -> Part:
    """Trains, exports twice, judges both files."""
    space, changed = NETS[name]
    model = trained(data, space, space.open().complete(changed), minutes)
    hand_over(data, model, run)
    files = {kind: run / f"{kind}.onnx" for kind in ("float", "int8")}
    told = {kind: export_run(run, path, int8=kind == "int8") for kind, path in files.items()}
    unseen = pictures(data.held, data.task, len(data.held))
    said = {kind: run_onnx(path, unseen) for kind, path in files.items()}
    agreed = compare(said["float"][:SAMPLES], said["int8"][:SAMPLES])
    return {
        "accuracy": {kind: percent(out, data.held.target) for kind, out in said.items()},
        "megabytes": {kind: round(path.stat().st_size / 1e6, 4) for kind, path in files.items()},
        "agreement": round(agreed.agreement, 4),
        "float_checked": told["float"]["checked"],
        "latency_ms": {kind: facts["latency"]["median_ms"] for kind, facts in told.items()},
        "epochs": model.built.epochs,
    }


def hand_over(data: Pictures, model: Any, run: Path) -> None:
    """Makes a run folder of a net: its rows and its predictor."""
    folder = RunFolder(run)
    data.task.data.save(folder.data)
    kept = run / MODEL
    kept.mkdir(exist_ok=True)
    model.save(kept)
    write_predictor(folder.predictor, data.task.with_data(None), [(kept, 1.0)], 1.0, [])


def keeps(row: Mapping[str, Any]) -> bool:
    """Whether a net keeps the bar."""
    lost = row["accuracy"]["float"] - row["accuracy"]["int8"]
    size = row["megabytes"]
    small = size["float"] * 1e6 <= LARGE or size["int8"] < SHARE * size["float"]
    return lost < POINTS and small


if __name__ == "__main__":
    main()
