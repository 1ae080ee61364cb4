"""Several targets on one trunk, end to end: from search to predictions, files and transfers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import netwright
from netwright.core.errors import UserError
from netwright.core.folder import MARK, RunFolder
from netwright.core.study import read_study
from netwright.data.images import as_cells
from netwright.recipes.exporting import export_run
from netwright.recipes.search_options import SearchOptions, make_search_options
from netwright.report.summary import summarise
from tests.conftest import Outcome

SMALL = {"space": "nasbench201", "arguments": {"cells": 1, "channels": 8}, "engine": "inline"}
WORDS = ("--space", "nasbench201", "--cells", 1, "--channels", 4, "--trials", 1, "--epochs", 1)


def make_frame(rows: int, seed: int = 0, side: int = 6) -> pd.DataFrame:
    """Pictures with a brightness, a number, and a slope, a class; they know nothing of another."""
    rng = np.random.default_rng(seed)
    level, slope = rng.uniform(0, 1, rows), rng.integers(0, 2, rows)
    ramp = 50 * np.linspace(-1, 1, side)
    ramps = np.where(slope[:, None, None] == 1, ramp[:, None], ramp)
    pixels = 60 + 110 * level[:, None, None] + ramps + rng.uniform(0, 20, (rows, side, side))
    return pd.DataFrame(
        {
            "image": as_cells(pixels.astype(np.uint8)[:, None]),
            "slope": np.where(slope, "down", "right"),
            "level": 100 * level,
        }
    )


def make_csv(folder: Path, rows: int = 40) -> Path:
    """The same as files, with a table of their paths."""
    frame = make_frame(rows)
    for row, picture in enumerate(frame["image"]):
        Image.fromarray(picture[0]).save(folder / f"{row}.png")
    names = [f"{row}.png" for row in range(rows)]
    frame.assign(image=names, same=1, dose=np.arange(rows) * 1.5 % 7).to_csv(
        folder / "t.csv", index=False
    )
    return folder / "t.csv"


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A search in which every third row knows only its class, trained again."""
    run = tmp_path_factory.mktemp("targets") / "run"
    frame = make_frame(200)
    frame.loc[::3, "level"] = np.nan
    netwright.search(
        frame, targets=["slope", "level"], trials=2, epochs=4, out=run, strategy="random",
        objectives="skill,level.rmse,params_m", **SMALL,
    )  # fmt: skip
    netwright.retrain(run, epochs=16, threads=1)
    return run


def test_both_are_learned(searched: Path) -> None:
    scores = netwright.load(searched).evaluate(make_frame(100, seed=1))
    assert scores["slope.accuracy"] > 0.9
    assert scores["level.r2"] > 0.8
    assert scores["skill"] > 0.7


def test_a_target_of_which_little_is_known_is_learned_from_little(searched: Path) -> None:
    frame = make_frame(60, seed=1)
    frame.loc[5:, "level"] = np.nan
    scores = netwright.load(searched).evaluate(frame)
    assert set(scores) == {"skill"} | {
        f"slope.{name}" for name in ("log_loss", "accuracy", "balanced_accuracy", "auc")
    } | {f"level.{name}" for name in ("rmse", "mae", "r2")}  # fmt: skip
    assert np.isfinite(list(scores.values())).all()


def test_a_column_each_is_predicted(searched: Path) -> None:
    predictor = netwright.load(searched)
    assert repr(predictor) == "Predictor(binary 'slope' and regression 'level', 1 models)"
    frame = make_frame(9, seed=2).set_axis(list("abcdefghi"))
    said = predictor.predict(frame)
    assert list(said.columns) == ["slope", "level"]
    assert list(said.index) == list(frame.index)
    assert set(said["slope"]) <= {"down", "right"}
    shares = predictor.predict_proba(frame)
    assert list(shares.columns) == [("slope", "down"), ("slope", "right")]
    assert (shares["slope"].idxmax(axis=1) == said["slope"]).all()
    assert predictor.predict(frame.iloc[:0]).shape == (0, 2)


def test_what_the_search_tells(searched: Path) -> None:
    facts = summarise(RunFolder.open(searched))
    assert facts["task"] == "frame: binary 'slope', regression 'level'"
    assert facts["metric"] == "skill"
    assert facts["objectives"] == ["skill", "level.rmse", "params_m"]
    record = read_study(RunFolder.open(searched)).best()
    assert facts["score"] == record.scores["skill"]
    assert {"slope.accuracy", "level.mae"} < set(record.scores)
    page, card = (searched / "report.html").read_text(), (searched / "card.md").read_text()
    assert "regression of <b>level</b>" in page
    assert "Predicts `slope` (binary). Classes: down, right." in card
    assert "Predicts `level` (regression)." in card


def test_the_file_says_the_same_and_tells_whose_columns_are_whose(
    searched: Path, tmp_path: Path
) -> None:
    facts = export_run(searched, tmp_path / "net.onnx")
    assert facts["checked"]["max_difference"] < 1e-3
    assert facts["checked"]["agreement"] == 1
    assert facts["scores"]["file"] == pytest.approx(facts["scores"]["predictor"], abs=1e-4)
    assert facts["targets"] == [
        {"name": "slope", "columns": [0, 2], "classes": ["down", "right"]},
        {"name": "level", "columns": [2, 3], "classes": []},
    ]


def test_a_design_is_carried_to_other_targets(searched: Path, tmp_path: Path) -> None:
    frame = make_frame(40, seed=3).rename(columns={"slope": "a", "level": "b"})
    predictor = netwright.transfer(
        searched, frame, targets="b,a", out=tmp_path / "new", epochs=1, engine="inline", threads=1
    )
    assert list(predictor.predict(frame).columns) == ["b", "a"]


def test_one_target_among_them_is_as_it_always_was(tmp_path: Path) -> None:
    frame = make_frame(60).drop(columns="level")
    told = {"trials": 1, "epochs": 2, "strategy": "random", **SMALL}
    alone = netwright.search(frame, "slope", out=tmp_path / "one", **told)
    listed = netwright.search(frame, targets=["slope"], out=tmp_path / "tuple", **told)
    assert listed.task == alone.task
    pd.testing.assert_frame_equal(
        listed.predict_proba(frame), alone.predict_proba(frame), check_exact=True
    )
    assert listed.predict(frame).name == "slope"


def test_a_run_written_before_there_were_several_is_opened(tmp_path: Path) -> None:
    run, frame = tmp_path / "run", make_frame(40)[["image", "level"]]
    netwright.search(frame, "level", trials=1, epochs=1, out=run, strategy="random", **SMALL)
    for name, inside in ((MARK, "options"), ("task.json", None)):
        facts = json.loads((run / name).read_text())
        del (facts[inside] if inside else facts)["further"]
        (run / name).write_text(json.dumps(facts))
    assert netwright.resume(run, trials=2).predict(frame).name == "level"


def test_the_command_line(tmp_path: Path, cli: Callable[..., Outcome]) -> None:
    source, run, out = make_csv(tmp_path), tmp_path / "run", tmp_path / "p.csv"
    words = ("search", source, "--targets", "slope, level", *WORDS, "--engine", "inline")
    done = cli(*words, "--out", run)
    assert done.code == 0, done.err
    assert "not used: 'dose'" in done.err
    netwright.retrain(run, epochs=2, threads=1)
    assert cli("predict", run, source, "--proba", "--out", out).code == 0
    assert list(pd.read_csv(out).columns) == [
        "row", "prediction_slope", "prediction_level", "slope=down", "slope=right",
    ]  # fmt: skip
    found = json.loads(cli("evaluate", run, source, "--json").out)
    assert {"skill", "slope.accuracy", "level.rmse"} < set(found)
    assert "skill" in cli("show", run).out
    assert cli("report", run).code == 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (("--targets", "slope,levl"), "Did you mean 'level'"),
        (("--targets", "slope,slope"), "name each once"),
        (("--targets", ","), "name each once"),
        (("--targets", "slope,same"), "'same' has only '1'"),
        (("--targets", "slope,level", "--target", "slope"), "not both"),
        (("--targets", "slope,level", "--metric", "accuracy"), "leave it out"),
        (("--targets", "slope,level", "--proxies", "params"), "leave --proxies out"),
        (("--targets", "slope,level", "--objectives", "slope.acuracy"), "slope.accuracy"),
    ],
)
def test_wishes_that_cannot_work(
    wrong: tuple[str, ...], message: str, tmp_path: Path, cli: Callable[..., Outcome]
) -> None:
    done = cli("search", make_csv(tmp_path), *wrong, *WORDS, "--out", tmp_path / "run")
    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "run").exists()


def test_tables_have_one_target(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": np.arange(40.0), "a": ["p", "q"] * 20, "b": ["r", "s"] * 20})
    with pytest.raises(UserError, match="takes no targets"):
        netwright.search(frame, targets="a,b", space="mlp", trials=1, out=tmp_path / "run")


def test_options_survive_a_round_trip() -> None:
    options = make_search_options(targets="a, b", time="20m")
    assert options.targets == ("a", "b")
    assert SearchOptions.from_json(json.loads(json.dumps(options.to_json()))) == options
