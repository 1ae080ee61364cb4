"""What every benchmark needs: where the data is, what machine this is, where results go."""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
DATA = Path(os.environ.get("NETWRIGHT_DATA", ROOT.parent / "shared" / "data"))
PACKAGES = ("netwright", "numpy", "pandas", "scikit-learn", "torch", "lightgbm", "optuna")


def parser(doc: str | None) -> argparse.ArgumentParser:
    """`--smoke` runs the smallest version that could rot, and writes no result."""
    made = argparse.ArgumentParser(description=(doc or "").split("\n")[0])
    made.add_argument("--smoke", action="store_true", help="smallest run, writes nothing")
    return made


def arguments(doc: str | None) -> argparse.Namespace:
    """What was said on the command line to a script that takes `--smoke` only."""
    return parser(doc).parse_args()


def commit_of(checkout: Path) -> str:
    """The commit of a checkout, with a plus where its source was changed since."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(checkout), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

    return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--short", "src") else "")


def machine() -> dict[str, Any]:
    """Where the figures were measured, and of which commit they are."""
    return {
        "commit": commit_of(ROOT),
        "system": platform.platform(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
        "date": time.strftime("%Y-%m-%d"),
    }


def write(name: str, content: dict[str, Any], smoke: bool = False) -> None:
    """Writes a result file (unless this is a smoke run) and prints it."""
    body = {**content, "machine": machine()}
    if not smoke:
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / f"{name}.json").write_text(json.dumps(body, indent=1) + "\n")
    print(json.dumps(content, indent=1))


def test_rows(name: str) -> list[int]:
    """Rows of one of the eight real tables that are kept for the test."""
    with gzip.open(DATA / "tabular" / "test_rows.json.gz", "rt") as file:
        held: dict[str, list[int]] = json.load(file)
    return held[name]


def netwright(*words: str, check: bool = True) -> tuple[float, subprocess.CompletedProcess[str]]:
    """Runs the command line as a person would; returns wall seconds and the finished process."""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "netwright", *words], capture_output=True, text=True, check=False
    )
    taken = time.monotonic() - started
    if check and done.returncode != 0:
        raise RuntimeError(f"netwright {' '.join(words)} failed:\n{done.stderr}")
    return taken, done


def shown(run: Path) -> dict[str, Any]:
    """What `netwright show --json` says of a run."""
    facts: dict[str, Any] = json.loads(netwright("show", str(run), "--json")[1].stdout)
    return facts
