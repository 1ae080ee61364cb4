"""Parallel coordinates and fronts."""

from __future__ import annotations

import pytest

from netwright.core.combining import Branch
from netwright.core.result import Result
from netwright.core.space import Categorical, Float, Int, Parameters
from netwright.core.study import Study
from netwright.report.page import _front_figures, _search_figures
from netwright.report.search_plots import front, parallel_coordinates
from netwright.strategies import get_strategy

NET = Parameters(
    {
        "rate": Float(1e-5, 1, log=True),
        "kind": Categorical(("b", "a")),
        "layers": Int(1, 3),
        "same": Int(2, 2),
        "share": Float(0, 1),
    }
)
MATTERED = {"net.share": 0.1, "net.rate": 0.5, "net.kind": 0.3, "net.layers": 0.2, "net.same": 0.0}


def study_of(trials: int) -> Study:
    space = Branch("learner", {"net": NET, "tree": Parameters({"depth": Int(1, 9)})})
    study = Study(space, strategy=get_strategy("random"), seed=1)
    for _ in range(trials):
        trial = study.ask()
        assert trial is not None
        study.tell(trial, Result(scores={"score": float(len(trial.config))}))
    return study


def test_axes_stand_in_order_of_importance_and_end_at_the_score() -> None:
    study = study_of(60)
    figure = parallel_coordinates(study, MATTERED)
    axes = figure.data[0].dimensions
    assert [axis.label for axis in axes] == ["rate", "kind", "layers", "share", "score"]
    nets = [r for r in study.trials("complete") if r.config["learner"] == "net"]
    assert len(axes[0]["values"]) == len(nets)
    assert list(axes[0].tickvals) == [-4, -3, -2, -1]
    assert next(iter(axes[0].ticktext)) == "0.0001"
    assert list(axes[1].ticktext) == ["a", "b"]
    words = [["a", "b"][int(place)] for place in axes[1]["values"]]
    assert words == [record.config["net.kind"] for record in nets]
    assert list(axes[2].tickvals) == [1, 2, 3]
    assert list(axes[4]["values"]) == [record.values[0] for record in nets]


@pytest.mark.parametrize(
    ("trials", "mattered"), [(4, MATTERED), (60, {"net.rate": 1.0, "net.same": 0.1}), (60, {})]
)
def test_too_little_is_not_drawn(trials: int, mattered: dict[str, float]) -> None:
    assert parallel_coordinates(study_of(trials), mattered) is None


def several(rows: list[tuple[float, float, float]]) -> Study:
    """Accuracy, seconds, and how far a limit is broken."""
    study = Study(
        {"x": Float(0, 1)},
        objectives=[("accuracy", "maximize"), ("seconds", "minimize")],
        strategy=get_strategy("random"),
    )
    for accuracy, seconds, broken in rows:
        trial = study.ask()
        assert trial is not None
        scores = {"accuracy": accuracy, "seconds": seconds}
        study.tell(trial, Result(scores=scores, constraints={"limit": broken}))
    return study


def test_the_front_has_its_line_its_knee_and_what_it_beats() -> None:
    figure = front(several([(9, 10, 0), (8, 2, 0), (5, 1, 0), (10, 0, 1), (7, 5, 0)]))
    drawn = {trace.name: list(zip(trace.x, trace.y, strict=True)) for trace in figure.data}
    assert drawn == {
        "breaks a limit": [(0, 10)],
        "beaten": [(5, 7)],
        "front": [(1, 5), (2, 8), (10, 9)],
        "knee": [(2, 8)],
    }
    assert figure.layout.xaxis.title.text == "seconds"


def test_a_front_of_nothing() -> None:
    assert front(several([])) is None
    figure = front(several([(1, 1, 1)]))
    assert [trace.name for trace in figure.data] == ["breaks a limit"]


@pytest.mark.parametrize(("direction", "shape"), [("minimize", "hv"), ("maximize", "vh")])
def test_steps_cover_what_is_beaten(direction: str, shape: str) -> None:
    study = Study(
        {"x": Float(0, 1)},
        objectives=[("loss", "minimize"), ("other", direction)],
        strategy=get_strategy("random"),
    )
    trial = study.ask()
    assert trial is not None
    study.tell(trial, Result(scores={"loss": 1.0, "other": 2.0}))
    assert {trace.line.shape for trace in front(study).data} == {shape}


def test_three_objectives_are_a_figure_each_further_one() -> None:
    objectives = [("accuracy", "maximize"), ("seconds", "minimize"), ("bytes", "minimize")]
    study = Study({"x": Float(0, 1)}, objectives=objectives, strategy=get_strategy("random"))
    for row in ((1, 2, 3), (3, 2, 1), (0, 9, 9)):
        trial = study.ask()
        assert trial is not None
        named = zip(("accuracy", "seconds", "bytes"), row, strict=True)
        study.tell(trial, Result(scores={name: float(value) for name, value in named}))
    sections = _front_figures(study)
    assert [title for title, _, _ in sections] == [
        "accuracy against seconds",
        "accuracy against bytes",
    ]
    traces = {trace.name: trace for trace in sections[1][2].data}
    assert traces["front"].mode == "markers"  # a line would join what is not neighbours
    assert list(traces["front"].x) == [1.0]


def test_the_report_draws_lines_where_trials_suffice() -> None:
    study = Study(Branch("learner", {"net": NET}), strategy=get_strategy("random"), seed=1)
    for _ in range(30):
        trial = study.ask()
        assert trial is not None
        study.tell(trial, Result(scores={"score": float(trial.config["net.share"])}))  # type: ignore[arg-type]
    titles = [title for title, _, _ in _search_figures(study)]
    assert titles == ["What mattered in the search", "Parameters and scores"]
    assert _search_figures(study_of(3)) == []
