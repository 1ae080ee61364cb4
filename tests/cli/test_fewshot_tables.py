"""Few-shot learning of tables as a person does it: a column tells the tasks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from netwright import fewshot
from netwright.predictor import Predictor
from tests.conftest import Outcome

Run = Callable[..., Outcome]
FAST = ("--engine", "inline", "--threads", 1)


def lines(tasks: int, each: int, seed: int) -> pd.DataFrame:
    """Every sensor measures on a line of its own; one column says nothing, one is a word."""
    rng = np.random.default_rng(seed)
    slope, level = rng.uniform(1, 3, tasks), rng.uniform(-2, 2, tasks)
    task, x = np.repeat(np.arange(tasks), each), rng.uniform(-1, 1, tasks * each)
    return pd.DataFrame(
        {
            "sensor": [f"s{number}" for number in task],
            "x": x,
            "noise": rng.normal(size=len(x)),
            "colour": rng.choice(["red", "blue"], len(x)),
            "y": 100 + 10 * (slope[task] * x + level[task]),
        }
    )


def classes(tasks: int, each: int, seed: int) -> pd.DataFrame:
    """The same, asked whether a measurement lies above its sensor's middle."""
    frame = lines(tasks, each, seed)
    middle = frame.groupby("sensor")["y"].transform("median")
    return frame.assign(high=np.where(frame["y"] > middle, "yes", "no"))


@pytest.fixture(scope="module")
def lines_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that learned lines, and files beside it."""
    root = tmp_path_factory.mktemp("tables")
    lines(30, 16, 0).to_csv(root / "train.csv", index=False)
    lines(10, 40, 1).to_csv(root / "other.csv", index=False)
    fewshot.train(
        root / "train.csv", "y", tasks="sensor", method="fomaml", ways=1, shots=5, queries=8,
        inner_lr=0.03, inner_steps=3, episodes=2000, engine="inline", threads=1, out=root / "run",
    )  # fmt: skip
    return root


def test_new_tasks_are_learned_better_than_by_their_mean(lines_run: Path, cli: Run) -> None:
    words = ("--shots", 10, "--json")
    done = cli("fewshot", "evaluate", lines_run / "run", lines_run / "other.csv", *words)
    facts = json.loads(done.out)
    spread = pd.read_csv(lines_run / "other.csv").groupby("sensor")["y"].std().mean()
    assert facts["rmse"] < 0.5 * spread
    assert facts["protocol"].startswith("fomaml, inner_lr 0.03, inner_steps 3; 10-shot, 8 queries")
    assert facts["protocol"].endswith("; 10 tasks")
    assert " on tasks held back" in cli("show", lines_run / "run").out


def test_an_adapted_model_is_an_ordinary_predictor(
    lines_run: Path, cli: Run, tmp_path: Path
) -> None:
    one = lines(1, 60, 7).drop(columns="sensor")
    one[:10].to_csv(tmp_path / "support.csv", index=False)
    one[10:].to_csv(tmp_path / "rest.csv", index=False)
    cli("fewshot", "adapt", lines_run / "run", tmp_path / "support.csv", "--out", tmp_path / "mine")
    predictor = Predictor.load(tmp_path / "mine")
    found = predictor.evaluate(tmp_path / "rest.csv")
    assert found["rmse"] < 0.5 * one["y"].std()
    out = tmp_path / "predictions.csv"
    cli("predict", tmp_path / "mine", tmp_path / "rest.csv", "--out", out)
    assert np.allclose(pd.read_csv(out)["prediction"], predictor.predict(tmp_path / "rest.csv"))
    assert predictor.explain(tmp_path / "rest.csv").index[0] == "x"


def test_it_exports(lines_run: Path, cli: Run, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    one = lines(1, 30, 7)
    one.to_csv(tmp_path / "one.csv", index=False)
    cli("fewshot", "adapt", lines_run / "run", tmp_path / "one.csv", "--out", tmp_path / "mine")
    words = ("--data", tmp_path / "one.csv", "--out", tmp_path / "mine.onnx")
    done = cli("export", tmp_path / "mine", *words, "--json")
    assert json.loads(done.out)["checked"]["max_difference"] < 1e-3


def test_classes_of_tasks(cli: Run, tmp_path: Path) -> None:
    classes(30, 24, 0).drop(columns="y").to_csv(tmp_path / "train.csv", index=False)
    other = classes(1, 60, 5).drop(columns="y")
    words = ("--target", "high", "--tasks", "sensor", "--ways", 2, "--shots", 3, "--queries", 5)
    done = cli(
        "fewshot", "train", tmp_path / "train.csv", *words, *FAST, "--episodes", 200,
        "--out", tmp_path / "run",
    )  # fmt: skip
    assert "tasks are learned from" in done.err
    other[:12].to_csv(tmp_path / "few.csv", index=False)
    mine = Predictor.load(tmp_path / "run").adapt(tmp_path / "few.csv", tmp_path / "mine")
    assert mine.classes == ("no", "yes")
    assert mine.evaluate(other[12:])["accuracy"] > 0.7


def test_a_search_finds_how_wide(cli: Run, tmp_path: Path) -> None:
    lines(12, 12, 0).to_csv(tmp_path / "train.csv", index=False)
    words = ("--target", "y", "--tasks", "sensor", "--ways", 1, "--shots", 4, "--queries", 4)
    done = cli(
        "fewshot", "search", tmp_path / "train.csv", *words, *FAST, "--space", "mlp",
        "--method", "fomaml", "--trials", 2, "--episodes", 32, "--strategy", "random",
        "--out", tmp_path / "run",
    )  # fmt: skip
    assert done.code == 0, done.err
    facts = json.loads(cli("show", tmp_path / "run", "--json").out)
    assert facts["best"]["metric"] == "rmse"
    again = ("fewshot", "train", tmp_path / "train.csv", *words, *FAST, "--episodes", 16)
    wider = cli(
        *again, "--method", "fomaml", "--backbone", tmp_path / "run", "--out", tmp_path / "better"
    )
    assert wider.code == 0, wider.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--ways", 1, "--method", "protonet"), "'protonet' compares classes"),
        (("--ways", 5, "--method", "maml"), "name 1 way"),
        (("--ways", 1, "--method", "maml", "--backbone", "conv4"), "do not take rows of 5 numbers"),
        (("--ways", 1, "--method", "maml", "--shots", 20), "none has them"),
        (("--ways", 1, "--method", "maml", "--rotations"), "leave --rotations out"),
    ],
)
def test_what_cannot_be_is_told(
    lines_run: Path, cli: Run, tmp_path: Path, words: tuple, told: str
) -> None:
    start = ("fewshot", "train", lines_run / "train.csv", "--target", "y", "--tasks", "sensor")
    done = cli(*start, *words, "--queries", 2, *FAST, "--out", tmp_path / "run")
    assert done.code == 2
    assert told in done.err
    assert not (tmp_path / "run").exists()


def test_a_column_that_is_not_there_is_told(lines_run: Path, cli: Run, tmp_path: Path) -> None:
    start = ("fewshot", "train", lines_run / "train.csv", "--target", "y", "--tasks", "senor")
    done = cli(*start, "--out", tmp_path / "run")
    assert done.code == 2
    assert "sensor" in done.err
