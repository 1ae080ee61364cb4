"""Long benchmarks go on where they were stopped, and never mix terms."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from parts import Part, Parts


class Measuring:
    """Counts how often it was asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Part:
        self.times += 1
        return {"accuracy": 70.0 + self.times}


def opened(folder: Path, resume: bool = True, smoke: bool = False, minutes: int = 10) -> Parts:
    return Parts("made_up", {"minutes": minutes}, resume=resume, smoke=smoke, results=folder)


def test_a_finished_part_is_not_measured_again(tmp_path: Path) -> None:
    measure = Measuring()
    first = opened(tmp_path).take("found", measure)
    again = opened(tmp_path).take("found", measure)
    assert first == again == {"accuracy": 71.0}
    assert measure.times == 1


@pytest.mark.parametrize("changed", [{"resume": False}, {"minutes": 5}])
def test_other_terms_or_a_fresh_start_measure_again(tmp_path: Path, changed: dict) -> None:
    measure = Measuring()
    opened(tmp_path).take("found", measure)
    assert opened(tmp_path, **changed).take("found", measure) == {"accuracy": 72.0}


def test_each_part_is_kept_before_the_next_begins(tmp_path: Path) -> None:
    parts = opened(tmp_path)
    parts.take("one", Measuring())

    def fails() -> Part:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        parts.take("two", fails)
    kept = json.loads((tmp_path / "made_up.json").read_text())
    assert kept == {"terms": {"minutes": 10}, "parts": {"one": {"accuracy": 71.0}}}


def test_parts_are_what_json_makes_of_them(tmp_path: Path) -> None:
    measured = opened(tmp_path).take("one", lambda: {"shape": (3, 8, 8)})
    assert measured == opened(tmp_path).take("one", Measuring()) == {"shape": [3, 8, 8]}


def test_a_smoke_run_writes_nothing(tmp_path: Path) -> None:
    parts = opened(tmp_path, smoke=True)
    parts.take("one", Measuring())
    assert not list(tmp_path.iterdir())
    assert not parts.run("one").is_relative_to(Path(__file__).parents[2])


def test_side_by_side_every_part_has_a_core_to_itself(tmp_path: Path) -> None:
    cores = os.sched_getaffinity(0)

    def measure() -> Part:
        time.sleep(0.05)  # so that one thread does not take both
        words = [sys.executable, "-c", "import os; print(len(os.sched_getaffinity(0)))"]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        return {"own": sorted(os.sched_getaffinity(0)), "inherited": int(done.stdout)}

    found = opened(tmp_path).side_by_side({"one": measure, "two": measure})
    assert list(found) == ["one", "two"]
    assert {tuple(part["own"]) for part in found.values()} == {
        (core,) for core in sorted(cores)[:2]
    }
    assert {part["inherited"] for part in found.values()} == {1}
    assert os.sched_getaffinity(0) == cores
    assert opened(tmp_path).done == found
