"""A run as a file: the same predictions, a report of what it weighs, and clear refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from netwright.core.errors import ConfigError
from netwright.core.task import Constraints
from netwright.export.checking import run_onnx
from netwright.learners.models import MODELS
from netwright.predictor import Predictor
from netwright.recipes import exporting
from netwright.recipes.exporting import export_run, pictures
from netwright.spaces.nets import image_task
from tests.conftest import Outcome
from tests.export.toys import SHAPE, picture_rows, write_run

Cli = Callable[..., Outcome]
TASK = image_task(SHAPE, 3)
ROWS = picture_rows(300, 3)


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    """These models can be opened."""
    monkeypatch.setitem(MODELS, "picture", "tests.export.toys:PictureModel")


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run has the same rows."""
    monkeypatch.setattr(exporting, "_rows", lambda predictor, run, data: ROWS)


@pytest.mark.usefixtures("rows")
def test_the_file_predicts_what_the_run_predicts(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", TASK, (0.6, 0.4), temperature=1.5)
    facts = export_run(run, tmp_path / "model.onnx")
    assert facts["checked"]["max_difference"] < 1e-5
    assert (facts["checked"]["agreement"], facts["checked"]["samples"]) == (1.0, 256)
    assert facts["scores"]["file"] == facts["scores"]["predictor"]
    assert facts["classes"] == [0, 1, 2]
    assert facts["limits"] == {}
    ours = Predictor.load(run).model.predict(ROWS.features)
    theirs = run_onnx(tmp_path / "model.onnx", pictures(ROWS, TASK, 300))
    assert np.allclose(ours, theirs, atol=1e-5)


@pytest.mark.usefixtures("rows")
def test_eight_bits_are_checked_against_the_predictor_too(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", TASK)
    facts = export_run(run, tmp_path / "model.onnx", int8=True)
    assert facts["checked"]["agreement"] > 0.9
    assert 0 < facts["checked"]["max_difference"] < 0.2
    assert [path.name for path in tmp_path.glob("*.onnx*")] == ["model.onnx"]


@pytest.mark.usefixtures("rows")
def test_a_regression(tmp_path: Path) -> None:
    task = replace(TASK, kind="regression", classes=(), metric_name="rmse")
    facts = export_run(write_run(tmp_path / "run", task), tmp_path / "model.onnx")
    assert facts["checked"]["max_difference"] < 1e-4
    assert facts["scores"]["file"] == pytest.approx(facts["scores"]["predictor"], rel=1e-5)


@pytest.mark.usefixtures("rows")
def test_limits_are_compared_with_the_file(tmp_path: Path, cli: Cli) -> None:
    limits = Constraints(max_latency_ms=1e4, max_size_mb=1e-6)
    run = write_run(tmp_path / "run", replace(TASK, constraints=limits))
    words = ("export", run, "--out", tmp_path / "model.onnx")
    found = json.loads(cli(*words, "--json").out)["limits"]
    assert found["latency_ms"]["kept"] is True
    assert found["size_mb"]["kept"] is False
    shown = cli(*words)
    assert shown.code == 0
    assert "size_mb" in shown.out
    assert "BROKEN" in shown.out
    assert "same label on 100.0% of 256 rows" in shown.out


def test_a_format_that_is_not_known(tmp_path: Path, cli: Cli) -> None:
    found = cli("export", tmp_path, "--format", "onx")
    assert (found.code, "Did you mean 'onnx'" in found.err) == (2, True)


def test_a_folder_without_rows(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", TASK)
    with pytest.raises(ConfigError, match="--data"):
        export_run(run, tmp_path / "model.onnx")


def test_samples_are_taken_evenly() -> None:
    assert pictures(ROWS, TASK, 10).shape == (10, *SHAPE)
    first, last = ROWS.features["image"].iloc[[0, 299]]
    assert np.array_equal(pictures(ROWS, TASK, 10)[[0, 9]], [first, last])
