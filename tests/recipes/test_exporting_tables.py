"""Runs of tables as files, from the command to ONNX Runtime alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

import netwright
from netwright.core.errors import ConfigError
from netwright.export.tables import table_feed
from netwright.predictor import Predictor
from netwright.recipes.exporting import export_run
from tests.conftest import Outcome
from tests.export.tables import odd_rows, raw_frame, write_table_run

Cli = Callable[..., Outcome]


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_the_file_predicts_what_the_run_predicts(kind: str, tmp_path: Path) -> None:
    run = write_table_run(tmp_path / "run", kind, 1.0 if kind == "regression" else 1.4)
    facts = export_run(run, tmp_path / "model.onnx")
    assert facts["checked"]["max_difference"] < 1e-9
    assert (facts["checked"]["agreement"], facts["checked"]["samples"]) == (1.0, 256)
    assert facts["scores"]["file"] == pytest.approx(facts["scores"]["predictor"], rel=1e-9)
    assert facts["scores"]["rows"] == 300
    assert facts["latency"]["median_ms"] > 0
    predictor = Predictor.load(run)
    rows = odd_rows(predictor.task)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    (theirs,) = session.run(["outputs"], table_feed(rows, predictor.task.schema))
    ours = predictor.model.predict(rows)
    np.testing.assert_allclose(theirs.reshape(ours.shape), ours, rtol=1e-9)


def test_inputs_are_columns_of_any_number_of_rows(tmp_path: Path) -> None:
    export_run(write_table_run(tmp_path / "run"), tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    taken = {one.name: (one.type, one.shape[1]) for one in session.get_inputs()}
    numbers, words = ("tensor(double)", 1), ("tensor(string)", 1)
    assert taken == dict.fromkeys(
        ("x", "wide", "few", "seconds", "outputs_", "day"), numbers
    ) | dict.fromkeys(("town", "street", "member"), words)
    (made,) = session.get_outputs()
    assert (made.name, made.type, made.shape[1]) == ("outputs", "tensor(double)", 2)
    gaps = {name: "" if kind == words else np.nan for name, kind in taken.items()}
    for rows in (1, 5):
        feed = {
            name: np.full((rows, 1), gap, object if gap == "" else float)
            for name, gap in gaps.items()
        }
        (said,) = session.run(None, feed)
        assert said.shape == (rows, 2)
        assert np.allclose(said.sum(axis=1), 1)


def test_from_a_table_to_a_file(tmp_path: Path, cli: Cli) -> None:
    """Fit, export, and other rows through ONNX Runtime."""
    raw_frame(150, "multiclass").to_csv(tmp_path / "train.csv", index=False)
    run, file = tmp_path / "run", tmp_path / "model.onnx"
    learners = ["linear", "lightgbm"]
    netwright.fit(
        tmp_path / "train.csv", "y", trials=2, out=run, engine="inline", learners=learners
    )
    raw_frame(100, "multiclass", seed=2).to_csv(tmp_path / "more.csv", index=False)
    words = ("export", run, "--out", file, "--data", tmp_path / "more.csv")
    facts = json.loads(cli(*words, "--json").out)
    assert facts["classes"] == list("abcd")
    assert (facts["checked"]["agreement"], facts["checked"]["samples"]) == (1.0, 100)
    assert facts["checked"]["max_difference"] < 1e-9
    assert "same label on 100.0% of 100 rows" in cli(*words).out
    onnx.checker.check_model(str(file), full_check=True)


def test_columns_that_cannot_be_read_are_named(fitted: Path, tmp_path: Path, cli: Cli) -> None:
    found = cli("export", fitted, "--out", tmp_path / "model.onnx")
    assert found.code == 2
    assert "cannot be written as ONNX: it reads the column" in found.err
    assert list(tmp_path.iterdir()) == []


def test_a_regression_has_no_labels_to_compare(tmp_path: Path, cli: Cli) -> None:
    run = write_table_run(tmp_path / "run", "regression")
    shown = cli("export", run, "--out", tmp_path / "model.onnx").out
    assert "numbers of 256 rows, largest difference" in shown
    assert "same label" not in shown


def test_eight_bits_are_for_pictures(tmp_path: Path, cli: Cli) -> None:
    run = write_table_run(tmp_path / "run")
    found = cli("export", run, "--int8", "--out", tmp_path / "model.onnx")
    assert (found.code, "without --int8" in found.err) == (2, True)
    assert not (tmp_path / "model.onnx").exists()


def test_without_onnx(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    run = write_table_run(tmp_path / "run")
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.setitem(sys.modules, "onnx.helper", None)
    found = cli("export", run, "--out", tmp_path / "model.onnx")
    assert (found.code, 'pip install "netwright[deploy]"' in found.err) == (2, True)


def test_a_predictor_without_rows(tmp_path: Path) -> None:
    run = write_table_run(tmp_path / "run")
    with pytest.raises(ConfigError, match="--data"):
        export_run(run / "predictor", tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()
