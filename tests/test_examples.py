"""The examples run as a person would run them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"


def run(example: str, *words: object) -> str:
    """What an example prints."""
    command = [sys.executable, str(EXAMPLES / f"{example}.py"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_every_example_is_tested() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == {
        "grid_against_random",
        "other_sensor",
        "own_net",
    }


def test_the_picture_is_drawn(tmp_path: Path) -> None:
    picture = tmp_path / "picture.html"
    assert str(picture) in run("grid_against_random", picture)
    page = picture.read_text()
    assert "dimension that matters" in page
    assert 'src="http' not in page


def test_the_grid_sees_three_values_and_chance_nine(tmp_path: Path) -> None:
    said = run("grid_against_random", tmp_path / "picture.html")
    grid, random = (line for line in said.splitlines() if "values that matter" in line)
    assert "3 values" in grid
    assert "9 values" in random
    assert float(grid.split()[-1]) < float(random.split()[-1])


def test_an_own_net_is_a_space() -> None:
    first, *designs = run("own_net").splitlines()
    assert first == "18 designs"
    assert len(designs) == 3
    assert all("weights" in line and '"block"' in line for line in designs)


def test_another_sensor_is_read_after_a_few_pictures() -> None:
    seen, adapted, regression = run("other_sensor").splitlines()
    assert seen.startswith("50 pictures")
    assert float(adapted.split()[1].strip("%")) > 70
    assert regression.startswith("logistic regression: 7")
