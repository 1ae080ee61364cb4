"""The page that compares strategies."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from netwright.report.comparison import curves, write_comparison
from tests.report.test_report import CHROMIUM


def outcome(several: bool = False, direction: str = "maximize") -> dict[str, Any]:
    """What the command writes, for two strategies and one that found nothing."""

    def told(mean: float | None) -> dict[str, Any]:
        curve = [None, None] if mean is None else [None, mean]
        return {
            "test_mean": mean, "test_std": mean and 0.1, "validation_mean": mean,
            "validation_regret": mean and 1.0, "curve": curve,
            "curve_error": [value and 0.5 for value in curve], "queries": 2.0,
            "seconds_per_query": 0.001, "found": 1.0, "hypervolume": 0.9,
        }  # fmt: skip

    return {
        "table": "/data/some<b>.csv.gz",
        "designs": 1234,
        "feasible": 1000,
        "columns": {
            "validation": "val", "test": None, "direction": direction, "limits": ["size<=3"],
            "minimise": ["size"] if several else [],
        },
        "rules": {"queries": 2, "cost_budget": 50.0, "workers": 4},
        "seeds": [0, 1],
        "versions": {"netwright": "1", "optuna": "5"},
        "optimum": {"validation": 9.0, "test": 9.5},
        "strategies": {"low": told(3.0), "none": told(None), "high": told(8.0)},
    }  # fmt: skip


def page_of(tmp_path: Path, **facts: Any) -> str:
    return write_comparison(outcome(**facts), tmp_path / "page.html").read_text()


def names_in(page: str) -> list[str]:
    return re.findall(r"<td>(\w+)</td>", page)


def test_the_page_stands_alone_and_says_the_rules(tmp_path: Path) -> None:
    page = page_of(tmp_path)
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.S)
    assert re.findall(r'(?:src|href)="(https?:[^"]+)"', markup) == []
    assert "<script src" not in page
    for said in ("3 strategies", "1,234", "1,000 within the limits", "4 at once", "size&lt;=3"):
        assert said in markup, said
    assert "some<b>" not in markup


@pytest.mark.parametrize(
    ("direction", "order"),
    [("maximize", ["high", "low", "none"]), ("minimize", ["low", "high", "none"])],
)
def test_the_best_is_first_and_who_found_nothing_last(
    tmp_path: Path, direction: str, order: list[str]
) -> None:
    assert names_in(page_of(tmp_path, direction=direction)) == order


def test_fronts_are_compared_where_there_are_some(tmp_path: Path) -> None:
    assert "hypervolume" in page_of(tmp_path, several=True)
    assert "Fronts" not in page_of(tmp_path)


def test_bands_are_one_error_wide() -> None:
    told = outcome()
    figure = curves(told, list(told["strategies"].items()), "val")
    band, line = figure.data[0], figure.data[1]
    assert (list(line.x), list(line.y)) == ([2], [3.0])
    assert list(band.y) == [3.5, 2.5]
    assert figure.layout.shapes[0].y0 == 9.5
    low, high = figure.layout.yaxis.range
    assert low < 3 < 9.5 < high


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
def test_a_real_browser_draws_it(tmp_path: Path) -> None:
    path = write_comparison(outcome(several=True), tmp_path / "page.html")
    done = subprocess.run(
        [*CHROMIUM, f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=4000",
         "--dump-dom", path.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert done.stdout.count('class="main-svg"') >= 3
    assert "Uncaught" not in done.stderr
