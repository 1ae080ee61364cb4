"""The house stands as it was drawn."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "netwright"
FILES = sorted(SOURCE.rglob("*.py"))
HEAVY_AT_IMPORT = {"torch", "sklearn", "pandas", "optuna", "lightgbm", "numpy", "plotly", "rich"}


def test_arrows_point_down() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports"))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_file_and_public_name_says_what_it_is_for(path: Path) -> None:
    tree = parsed(path)
    assert ast.get_docstring(tree) or not tree.body, "a file without a docstring"
    for node in ast.walk(tree):
        if not isinstance(node, (ast.ClassDef, ast.FunctionDef)) or node.name.startswith("_"):
            continue
        inside_private = any(
            isinstance(parent, (ast.ClassDef, ast.FunctionDef))
            and (parent.name.startswith("_") or isinstance(parent, ast.FunctionDef))
            and node in ast.walk(parent)
            and parent is not node
            for parent in ast.walk(tree)
        )
        protocol = isinstance(node, ast.FunctionDef) and node.name.startswith(("suggest", "after_"))
        if inside_private or protocol:
            continue
        assert ast.get_docstring(node), f"{node.name} (line {node.lineno}) has no docstring"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_nothing_grows_past_a_second_look(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 460
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= 90, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_nothing_inside_imports_the_facade(path: Path) -> None:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            assert all(alias.name != "netwright" for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.module != "netwright"


def test_core_words_load_nothing_heavy() -> None:
    words = [
        "errors",
        "registry",
        "budget",
        "config",
        "choosers",
        "space",
        "task",
        "metric",
        "context",
        "result",
        "learner",
        "evaluator",
        "engine",
        "audit",
        "folder",
        "progress",
        "lease",
    ]
    imports = "; ".join(f"import netwright.core.{word}" for word in words)
    script = f"import sys; {imports}; print(*sorted({HEAVY_AT_IMPORT!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_no_room_is_called_utils() -> None:
    bad = {"utils", "misc", "common", "helpers", "managers"}
    assert not bad & {path.stem for path in FILES}
    assert not bad & {path.name for path in SOURCE.rglob("*") if path.is_dir()}


def test_the_drawing_names_every_room() -> None:
    drawing = (ROOT / "docs" / "architecture.md").read_text()
    for path in SOURCE.iterdir():
        if path.is_dir() and path.name != "__pycache__":
            assert f"{path.name}/" in drawing, path.name


def test_the_readme_quotes_results_that_exist() -> None:
    readme = (ROOT / "README.md").read_text()
    for name in {
        line.split("(benchmarks/results/")[1].split(")")[0]
        for line in readme.splitlines()
        if "(benchmarks/results/" in line
    }:
        assert (ROOT / "benchmarks" / "results" / name).exists(), name
