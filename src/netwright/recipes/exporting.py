"""A finished run as one ONNX file, checked against the predictor it was made from.

A predictor of pictures is written by PyTorch as one net; one of tables is put together from what
its parts say of themselves (`Model.onnx`).
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from netwright.core.decision import with_decision
from netwright.core.errors import ConfigError
from netwright.core.folder import RunFolder
from netwright.core.task import Task

if TYPE_CHECKING:
    from netwright.data.table import Table
    from netwright.export.predictors import Exportable
    from netwright.export.runtime import Inputs
    from netwright.predictor import Predictor

SAMPLES = 256
"""Rows that calibrate and check."""
JUDGED = 2048
"""Rows whose score before and after is compared, most."""


def export_run(
    run: str | Path, out: str | Path, *, int8: bool = False, data: Any = None
) -> dict[str, Any]:
    """Writes the predictor of a run as ONNX, checks the file, and measures it.

    The file takes pictures as the run's data has them, called `inputs`, or one input a column
    (see `netwright.export.tables`), and gives `outputs`: probabilities in the order of `classes`,
    or numbers; of several targets side by side, as `targets` tells.

    Args:
        run: Folder of a run, or of a predictor.
        out: The file.
        int8: Whether its numbers have eight bits; for pictures only.
        data: Rows to calibrate and to check with, as for `evaluate`; the run's own if None.

    Returns:
        `file`, `classes` (of the first target), `targets` (name, columns and classes of each),
        `size_mb`, `checked` (max_difference, agreement, samples), `latency` (as measured, one
        thread), `decision` (what each class' probability is multiplied by before the largest is
        the label's; empty for the most probable), `scores` (the metric of the predictor and of the
        file, where rows have a target) and `limits` (name to limit, found, kept).

    Raises:
        ConfigError: The predictor has parts that cannot be written, or there are no rows.
    """
    from netwright.predictor import Predictor

    predictor, out = Predictor.load(run), Path(out)
    if not predictor.task.schema.of_type("image"):
        return _export_table(predictor, Path(run), out, int8, data)
    from netwright.export.predictors import exportable

    whole = exportable(predictor.model)
    rows = _rows(predictor, Path(run), data)
    _write(whole, out, pictures(rows, predictor.task, SAMPLES), int8)
    return _facts(predictor, rows, out)


def _export_table(
    predictor: Predictor, run: Path, out: Path, int8: bool, data: Any
) -> dict[str, Any]:
    from netwright.export.graph import write_model
    from netwright.export.tables import table_model

    if int8:
        raise ConfigError(
            "Eight-bit numbers are for nets of pictures, and this predictor is of a table; "
            "export it without --int8."
        )
    model = table_model(predictor.model, predictor.task)
    rows = _rows(predictor, run, data)
    write_model(model, out)
    return _facts(predictor, rows, out)


def _inputs(rows: Table, task: Task) -> Inputs:
    """Rows as a file of this task takes them."""
    from netwright.export.tables import table_feed

    if task.schema.of_type("image"):
        return pictures(rows, task, len(rows))
    return table_feed(rows.features, task.schema)


def pictures(rows: Table, task: Task, most: int) -> np.ndarray:
    """Inputs of a net (n, *shape), taken evenly from rows."""
    (column,) = [column.name for column in task.schema.used if column.type == "image"]
    values = np.stack(list(rows.features[column].iloc[_evenly(len(rows), most)]))
    return values if values.dtype == np.uint8 else values.astype(np.float32)


def _evenly(rows: int, most: int) -> np.ndarray:
    return np.unique(np.linspace(0, rows - 1, min(rows, most)).astype(np.int64))


def _rows(predictor: Predictor, run: Path, data: Any) -> Table:
    from netwright.data.table import Table

    if data is not None:
        return predictor.table(data)
    kept = RunFolder(run).data
    if not kept.exists():
        raise ConfigError(
            f"An export is checked with rows, and {str(run)!r} holds none; name some with --data."
        )
    return Table.open(kept)


def _write(whole: Exportable, out: Path, samples: np.ndarray, int8: bool) -> None:
    import torch

    from netwright.export.onnx import export_onnx
    from netwright.export.quantise import quantise

    dtype = torch.from_numpy(samples[:1]).dtype
    if not int8:
        export_onnx(whole.net, whole.shape, out, dtype)
        return
    with TemporaryDirectory() as folder:
        floats = export_onnx(whole.net, whole.shape, Path(folder, "model.onnx"), dtype)
        quantise(floats, out, samples)


def _facts(predictor: Predictor, rows: Table, out: Path) -> dict[str, Any]:
    from netwright.export.checking import compare, run_onnx
    from netwright.hardware.latency import measure_latency

    task = predictor.task
    judged = rows.rows(_evenly(len(rows), JUDGED))
    ours, decision = predictor.model.predict(judged.features), predictor.decision
    theirs = run_onnx(out, _inputs(judged, task)).astype(np.float64)
    checked = compare(ours.reshape(len(ours), -1)[:SAMPLES], theirs[:SAMPLES], task.parts)
    facts = {
        "file": str(out),
        "classes": list(task.classes),
        "targets": _outputs(task),
        "decision": list(decision),
        "size_mb": out.stat().st_size / 1e6,
        "checked": asdict(checked),
        "latency": asdict(measure_latency(out)),
    }
    if judged.target is not None:
        found = {"predictor": ours, "file": theirs.reshape(ours.shape)}
        metric, target = with_decision(task.metric, decision), judged.target
        scores = {who: metric.score(target, said, judged.weight) for who, said in found.items()}
        facts["scores"] = {"metric": metric.name, "rows": len(judged), **scores}
    return facts | {"limits": _limits(task, facts)}


def _outputs(task: Task) -> list[dict[str, Any]]:
    """Which columns of `outputs`, from and up to, tell of which target."""
    return [
        {"name": target.name, "columns": [part.start, part.stop], "classes": list(target.classes)}
        for target, part in zip(task.targets, task.parts, strict=True)
    ]


def _limits(task: Task, facts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What the file was found to need, beside the limits it was made for."""
    found = {"latency_ms": facts["latency"]["median_ms"], "size_mb": facts["size_mb"]}
    limits = asdict(task.constraints)
    return {
        name: {
            "limit": limits[f"max_{name}"],
            "found": value,
            "kept": value <= limits[f"max_{name}"],
        }
        for name, value in found.items()
        if limits[f"max_{name}"] is not None
    }
