"""The examples run as a person would run them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_draws_its_picture(example: Path, tmp_path: Path) -> None:
    picture = tmp_path / "picture.html"
    words = [sys.executable, str(example), str(picture)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert str(picture) in done.stdout
    page = picture.read_text()
    assert "dimension that matters" in page
    assert 'src="http' not in page


def test_the_grid_sees_three_values_and_chance_nine(tmp_path: Path) -> None:
    words = [sys.executable, str(EXAMPLES[0]), str(tmp_path / "picture.html")]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    grid, random = (line for line in said.splitlines() if "values that matter" in line)
    assert "3 values" in grid
    assert "9 values" in random
    assert float(grid.split()[-1]) < float(random.split()[-1])
