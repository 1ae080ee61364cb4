"""Designs go to a device, their latencies come back, and the device is known."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from scipy.stats import spearmanr

from netwright.core.errors import ConfigError, DataError
from netwright.hardware.files import costs_of_file
from netwright.recipes.devices import device_predictor, read_designs, write_designs
from netwright.spaces.nasbench201 import NASBench201
from tests.conftest import Outcome

SPACE = NASBench201(channels=2, cells=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small designs."""
    target = tmp_path_factory.mktemp("away") / "designs"
    return write_designs(SPACE, target, count=24, shape=(1, 4, 4), classes=2)


def test_there_and_back(folder: Path, tmp_path: Path) -> None:
    designs = read_designs(folder / "designs.csv", SPACE)
    assert sorted(designs) == sorted(path.name for path in folder.glob("*.onnx"))
    cost = {name: costs_of_file(folder / name).flops_g for name in designs}
    with open(tmp_path / "phone.csv", "w", newline="") as out:
        table = csv.writer(out)
        table.writerow(["file", "median_ms", "spread_ms"])
        table.writerows([name, 1e6 * flops, 0] for name, flops in cost.items())
    learned = device_predictor(tmp_path / "phone.csv", folder, SPACE)
    predicted = learned.predict(list(designs.values()))
    assert spearmanr(predicted, list(cost.values())).statistic > 0.95


def test_designs_are_different_and_the_same_for_a_seed(folder: Path, tmp_path: Path) -> None:
    designs = read_designs(folder / "designs.csv", SPACE)
    assert len({SPACE.canonical(config) for config in designs.values()}) == 24
    again = write_designs(SPACE, tmp_path / "again", count=3, shape=(1, 4, 4), classes=2)
    first = list(read_designs(again / "designs.csv", SPACE).values())
    assert first == list(designs.values())[:3]


def test_a_folder_that_is_taken(folder: Path) -> None:
    with pytest.raises(ConfigError, match="not empty"):
        write_designs(SPACE, folder, count=1)


def test_a_table_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "designs.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="file and design"):
        read_designs(tmp_path / "designs.csv", SPACE)


def test_a_line_that_is_no_design(tmp_path: Path) -> None:
    (tmp_path / "designs.csv").write_text("file,design\n0.onnx,|conv~0|\n")
    with pytest.raises(ConfigError, match="NAS-Bench-201"):
        read_designs(tmp_path / "designs.csv", SPACE)


def test_the_command(tmp_path: Path, cli: Callable[..., Outcome]) -> None:
    words = ("profile", "--kit", tmp_path / "kit.py", "--space", "nasbench201", "--designs", "1")
    found = cli(*words, "--shape", "1,4,4")
    assert found.code == 0, found.err
    assert (tmp_path / "designs" / "0000.onnx").exists()
    assert (tmp_path / "kit.py").exists()
    assert cli(*words, "--shape", "4,4").code == 2
