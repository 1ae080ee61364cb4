"""Tables that are hard to export, and models of them as ONNX Runtime runs them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pandas as pd
from numpy.typing import NDArray

from netwright.core.audit import Audit
from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.folder import RunFolder
from netwright.core.learner import Model
from netwright.core.registry import find
from netwright.core.task import Task
from netwright.data.prepare import Wishes, prepare
from netwright.data.schema import typed
from netwright.export.graph import Graph
from netwright.export.tables import table_feed, table_model
from netwright.learners import LEARNERS
from netwright.manifest import write_predictor

EDGES = {"binary": [1.0], "multiclass": [0.0, 1.0, 1.5]}


def raw_frame(rows: int, kind: str, seed: int = 0) -> pd.DataFrame:
    """Numbers with gaps and ties, categories with gaps, many categories, booleans; target `y`."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=rows).round(1),
            "wide": rng.exponential(size=rows),
            "few": rng.integers(0, 3, rows).astype(float),
            "town": rng.choice(["Rome", "Oslo", "Lima", None], rows),  # type: ignore[arg-type]
            "street": [f"s{i}" for i in rng.integers(0, 40, rows)],
            "member": rng.integers(0, 2, rows).astype(bool),
            "seconds": 1_700_000_000 + rng.integers(0, 3600, rows),
            "outputs": 1e12 + rng.normal(size=rows),
            "day": pd.Timestamp("2024-05-01") + pd.to_timedelta(rng.integers(0, 10**6, rows), "s"),
        }
    )
    frame.loc[::9, "x"] = np.nan
    frame.loc[::13, "day"] = pd.NaT
    street = frame["street"].str[1:].astype(int)
    signal = np.nan_to_num(frame["x"]) + (frame["town"] == "Oslo") + 0.3 * frame["wide"]
    signal += 0.02 * street * np.where(street % 3, 1, -1)
    signal += (frame["seconds"] - 1_700_000_000) / 3600 + 0.2 * (frame["outputs"] - 1e12)
    if kind == "regression":
        frame["y"] = 100 + 10 * signal
    else:
        frame["y"] = np.array(["d", "a", "c", "b"])[np.digitize(signal, EDGES[kind])]
    return frame


def table_task(kind: str, rows: int = 300) -> Task:
    """A prepared task over such a frame."""
    return prepare(raw_frame(rows, kind), "y", Wishes(), Audit())


def odd_rows(task: Task, rows: int = 150) -> pd.DataFrame:
    """Typed rows with gaps where training had none, unknown categories, and far-off numbers."""
    frame = raw_frame(rows, task.kind, seed=1).drop(columns="y")
    frame.loc[::7, "wide"] = np.nan
    frame.loc[3:20, "town"] = "Paris"
    frame.loc[::11, "street"] = None
    frame.loc[[5, 6, 7], "few"] = [1e9, -1e9, np.inf]
    frame.loc[[8, 9, 10], "wide"] = [3.5e38, -1e300, 3.4e38]
    frame.loc[[11, 12], "outputs"] = [3.5e38, np.nan]
    frame.loc[[13, 14], "seconds"] = [0, 2**40]
    frame.loc[15:18, "day"] = pd.NaT
    return typed(frame, task.schema)


def said(model: Model, task: Task, features: pd.DataFrame) -> NDArray[Any]:
    """What the model's file makes of typed rows, (rows, outputs)."""
    return run(table_model(model, task), table_feed(features, task.schema))


def run(made: onnx.ModelProto, feed: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """The first output of a checked model."""
    onnx.checker.check_model(made, full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(
        made.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return np.asarray(session.run(None, feed)[0])


def write_table_run(run_folder: Path, kind: str = "binary", temperature: float = 1.0) -> Path:
    """A run folder whose predictor is an ensemble of lines and trees, with its rows."""
    task = table_task(kind)
    run_folder.mkdir()
    task.data.save(RunFolder(run_folder).data)
    members = []
    for name, weight in (("linear", 0.4), ("lightgbm", 0.6)):
        folder = run_folder / "trials" / name
        folder.mkdir(parents=True)
        learner = find("learners", name, LEARNERS)()
        config = Config({**learner.space(task).complete(), "rounds": 20})
        learner.fit(task, config, Context(threads=1)).save(folder)
        members.append((folder, weight))
    write_predictor(run_folder / "predictor", task, members, temperature, [])
    return run_folder


def column_graph() -> tuple[Graph, str]:
    """A graph with one input of doubles."""
    graph = Graph()
    return graph, graph.input("x", np.float64)
