"""Profiles of files and runs, and the kit that travels."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from netwright.core.errors import ConfigError
from netwright.export.onnx import export_onnx
from netwright.hardware import kit
from netwright.hardware.costs import costs_of
from netwright.learners.models import MODELS
from netwright.recipes import profiling
from netwright.spaces.nets import image_task
from tests.conftest import Outcome
from tests.export.tables import write_table_run
from tests.export.toys import SHAPE, picture_net, write_run

Cli = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiling, "SECONDS", 0.01)
    monkeypatch.setitem(MODELS, "picture", "tests.export.toys:PictureModel")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A net as a file."""
    return export_onnx(picture_net(3), SHAPE, tmp_path / "net.onnx")


def test_a_file(file: Path, cli: Cli) -> None:
    facts = json.loads(cli("profile", file, "--json").out)
    assert facts["flops_g"] == costs_of(picture_net(3), SHAPE).flops_g
    assert facts["size_mb"] == file.stat().st_size / 1e6
    assert facts["flops_based_energy_mj"] > 0
    told = [(one["runtime"], one["threads"]) for one in facts["latency"]]
    assert told == [("onnxruntime", 1), ("onnxruntime", 0)]
    assert all(one["median_ms"] > 0 and one["spread_ms"] >= 0 for one in facts["latency"])


def test_a_run_is_measured_with_both_runtimes(tmp_path: Path, cli: Cli) -> None:
    run = write_run(tmp_path / "run", image_task(SHAPE, 3), (0.5, 0.5))
    facts = json.loads(cli("profile", run, "--threads", "1", "--json").out)
    assert [one["runtime"] for one in facts["latency"]] == ["torch", "onnxruntime"]
    assert facts["params_m"] == 2 * costs_of(picture_net(3), SHAPE).params_m


def test_the_table_names_its_units(file: Path, cli: Cli) -> None:
    shown = cli("profile", file, "--threads", "1").out
    for word in ("parameters", "multiply-adds", "MB", "FLOPs-based", "1 thread", "ms"):
        assert word in shown


def test_a_run_that_cannot_be_a_file(fitted: Path, cli: Cli) -> None:
    found = cli("profile", fitted)
    assert (found.code, "cannot be written as ONNX" in found.err) == (2, True)


def test_a_run_of_a_table_and_its_file(tmp_path: Path, cli: Cli) -> None:
    run = write_table_run(tmp_path / "run")
    shown = json.loads(cli("profile", run, "--threads", "1", "--json").out)
    assert cli("export", run, "--out", tmp_path / "model.onnx").code == 0
    facts = json.loads(cli("profile", tmp_path / "model.onnx", "--threads", "1", "--json").out)
    for found in (shown, facts):
        (latency,) = found.pop("latency")
        assert (latency["runtime"], latency["median_ms"] > 0) == ("onnxruntime", True)
        assert found["params_m"] > 0
        assert found["flops_g"] > 0
    del shown["source"], facts["source"]
    assert shown == facts


@pytest.mark.parametrize("words", [(), ("a.onnx", "--kit", "b.py"), ("absent.onnx",)])
def test_a_question_that_makes_no_sense(words: tuple[str, ...], cli: Cli) -> None:
    found = cli("profile", *words)
    assert found.code == 2
    assert found.err.startswith("error: ")


def test_the_kit_runs_alone_and_its_table_comes_back(file: Path, tmp_path: Path, cli: Cli) -> None:
    away = tmp_path / "away"
    away.mkdir()
    assert cli("profile", "--kit", away / "kit.py").code == 0
    words = [sys.executable, "-I", "kit.py", str(tmp_path), "out.csv"]
    subprocess.run(words, cwd=away, check=True, capture_output=True)
    with open(away / "out.csv", newline="") as table:
        (row,) = csv.DictReader(table)
    assert row["file"] == file.name
    assert float(row["median_ms"]) > 0
    assert float(row["spread_ms"]) >= 0


def test_the_kit_says_how_it_is_used(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="FOLDER"):
        kit.main([])
    with pytest.raises(SystemExit, match=r"no \.onnx file"):
        kit.main([str(tmp_path), "out.csv"])


def test_a_kit_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="The kit cannot be written"):
        profiling.write_kit(tmp_path / "absent" / "kit.py")
