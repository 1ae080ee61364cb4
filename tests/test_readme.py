"""The README's words work as they stand."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import make_frame

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = (
    "fit", "search", "retrain", "export", "transfer", "predict", "resume", "bench",
    "fewshot train", "fewshot adapt",
)  # fmt: skip
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.S)


def test_the_python_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = make_frame(100, "regression").rename(columns={"y": "price"})
    frame.to_csv(tmp_path / "train.csv", index=False)
    frame.to_csv(tmp_path / "test.csv", index=False)
    monkeypatch.chdir(tmp_path)
    quick = 'trials=2, engine="inline", learners=["linear"]'
    for code in blocks("python"):
        exec(code.replace('budget="60s"', quick).replace('budget="5m"', "trials=5"), {})


@pytest.mark.parametrize("name", ["demo", "test", "check", "environment"])
def test_scripts_exist_and_parse(name: str) -> None:
    script = ROOT / "scripts" / name
    assert script.exists()
    subprocess.run(["bash", "-n", str(script)], check=True)


def test_ci_runs_the_readmes_test_command() -> None:
    assert "scripts/test" in README
    ci = (ROOT / ".ci" / "run").read_text()
    assert "scripts/test" in ci
    assert "scripts/check" in ci


def test_every_option_in_the_readme_exists(cli) -> None:  # type: ignore[no-untyped-def]
    known = "".join(cli(*name.split(), "--help").out for name in COMMANDS)
    for command in blocks("bash"):
        for option in re.findall(r"--[a-z-]+", command):
            assert option in known, option


def test_every_quoted_figure_stands_in_the_results() -> None:
    """A row of the README's table names its file, its key and its value."""
    rows = re.findall(r"\| .* \| ([\d.,]+)[^|]*\| .*\(benchmarks/results/(\w+\.json)\)", README)
    assert rows
    for value, name in rows:
        content = (ROOT / "benchmarks" / "results" / name).read_text()
        numbers = [abs(float(n)) for n in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", content)]
        wanted = float(value.replace(",", ""))
        digits = len(value.split(".")[1]) if "." in value else 0
        assert any(round(number, digits) == wanted for number in numbers), (value, name)


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks" / "results").glob("*.json")), ids=str)
def test_results_say_where_and_with_what_they_were_measured(path: Path) -> None:
    machine = json.loads(path.read_text())["machine"]
    assert {"cores", "python", "versions", "date", "system"} <= set(machine)
