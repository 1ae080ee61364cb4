"""The report page and the model card."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from netwright.core.combining import Branch
from netwright.core.folder import RunFolder
from netwright.core.result import Result
from netwright.core.space import Float, Int, Parameters
from netwright.core.study import Study, read_study
from netwright.report import plots
from netwright.report.page import write_report
from netwright.report.summary import history, leaderboard, seconds_of, summarise
from netwright.strategies import get_strategy
from netwright.testing import toy_task

CHROMIUM = (
    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture
def run(tmp_path: Path, fitted: Path) -> RunFolder:
    copy = tmp_path / "run"
    shutil.copytree(fitted, copy)
    return RunFolder.open(copy)


def test_the_page_stands_alone(run: RunFolder) -> None:
    page = write_report(run).read_text()
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.S)
    outside = re.findall(r'(?:src|href)="(https?:[^"]+)"', markup) + re.findall("<script src", page)
    assert outside == []
    assert page.count("<html") == 1
    assert 'name="viewport"' in page


def test_the_page_has_every_part(run: RunFolder) -> None:
    page = write_report(run).read_text()
    for title in (
        "Leaderboard", "Score over time", "What the model looks at", "Effect of",
        "Confusion matrix", "Calibration", "Tried and dropped", "Audit trail", "on the test table",
    ):  # fmt: skip
        assert title in page, title
    assert "it only names the row" in page


def test_a_run_that_is_going_on_has_a_page_too(run: RunFolder) -> None:
    for name in ("result.json", "explain.json", "held_back.npy"):
        (run.path / name).unlink()
    shutil.rmtree(run.predictor)
    assert "Leaderboard" in write_report(run).read_text()
    assert summarise(run)["score"] is None


def test_names_cannot_smuggle_markup(run: RunFolder) -> None:
    facts = json.loads((run.path / "task.json").read_text())
    facts["name"] = "<script>alert(1)</script>"
    (run.path / "task.json").write_text(json.dumps(facts))
    assert "<script>alert(1)</script>" not in write_report(run).read_text()


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
@pytest.mark.parametrize("width", [1200, 390])
def test_a_real_browser_draws_it(tmp_path: Path, run: RunFolder, width: int) -> None:
    page = write_report(run)
    done = subprocess.run(
        [*CHROMIUM, f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},900",
         "--virtual-time-budget=4000", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    drawn = done.stdout
    assert drawn.count('class="main-svg"') >= 5, "Plotly drew its figures"
    assert "Uncaught" not in done.stderr


def test_the_card_says_what_where_from_and_how_good(run: RunFolder) -> None:
    write_report(run)
    card = run.card.read_text()
    for part in ("# Model card", "## Task", "## Data", "## Quality", "## Inside", "## Caveats"):
        assert part in card
    assert "| log_loss |" in card
    assert "test table" in card
    assert "fingerprint" in card


def test_the_summary_is_the_storages(run: RunFolder) -> None:
    facts, study = summarise(run), read_study(run)
    assert facts["best"]["score"] == study.best().values[0]
    assert facts["trials"]["complete"] == len(leaderboard(run)) == 4
    told = history(study)
    assert [row["seconds"] for row in told] == sorted(row["seconds"] for row in told)
    assert seconds_of(study) > 0


# -------------------------------------------------------------------------- plots


def test_parameter_importances_find_what_mattered() -> None:
    space = Branch("learner", {"net": Parameters({"lr": Float(0, 1), "idle": Int(1, 50)})})
    study = Study(space, strategy=get_strategy("random"), seed=1)
    for _ in range(60):
        trial = study.ask()
        assert trial is not None
        study.tell(trial, Result(scores={"score": float(trial.config["net.lr"]) ** 2}))  # type: ignore[arg-type]
    found = plots.parameter_importances(study)
    assert found["net.lr"] > 0.7 > found["net.idle"]


def test_too_few_trials_tell_nothing() -> None:
    assert (
        plots.parameter_importances(Study({"x": Float(0, 1)}, strategy=get_strategy("random")))
        == {}
    )


def told(scores: list[float]) -> list[dict]:
    return [
        {"seconds": float(i), "score": score, "learner": "net", "trial": i}
        for i, score in enumerate(scores)
    ]


@pytest.mark.parametrize(("kind", "best"), [("binary", [3, 3, 2]), ("regression", [3, 3, 2])])
def test_the_best_so_far_only_improves(kind: str, best: list[float]) -> None:
    figure = plots.score_over_time(told([3, 5, 2]), toy_task(kind))  # type: ignore[arg-type]
    assert list(figure.data[0].y) == best


def test_one_trial_is_a_plot() -> None:
    assert plots.score_over_time(told([1.0]), toy_task()).layout.yaxis.range is not None


def test_the_confusion_matrix_counts() -> None:
    truth = np.array([0, 0, 1, 1])
    shares = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7]])
    figure = plots.confusion(toy_task(), truth, shares)
    assert np.array(figure.data[0].text).tolist() == [[0, 2], [1, 1]]


def test_honest_probabilities_lie_on_the_diagonal() -> None:
    rng = np.random.default_rng(0)
    share = rng.random(20_000)
    truth = (rng.random(20_000) < share).astype(int)
    figure = plots.calibration(toy_task(), truth, np.column_stack([1 - share, share]))
    np.testing.assert_allclose(figure.data[1].x, figure.data[1].y, atol=0.03)


def test_residuals_and_dependence_draw() -> None:
    task = toy_task("regression")
    figure = plots.residuals(task, np.arange(10.0), np.arange(10.0) + 1)
    assert len(figure.data[1].x) == 10
    curve = {"column": "x", "values": [0.0, 1.0], "curves": [[1.0, 2.0]]}
    assert list(plots.dependence(curve, task).data[0].y) == [1.0, 2.0]
    both = {"column": "c", "values": ["a", "b"], "curves": [[0.1, 0.2], [0.9, 0.8]]}
    assert len(plots.dependence(both, toy_task()).data) == 1
    three = {**both, "curves": [[0.1, 0.2], [0.3, 0.3], [0.6, 0.5]]}
    assert len(plots.dependence(three, toy_task("multiclass")).data) == 3


def test_bars_show_the_biggest_on_top() -> None:
    figure = plots.bars(["big", "small"], [2.0, 1.0], "importance", [0.1, 0.1])
    assert list(figure.data[0].y) == ["small", "big"]
