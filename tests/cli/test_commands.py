"""Commands as a person types them, and the shapes they print."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import make_frame

FAST = ("--engine", "inline", "--learners", "linear", "--trials", "1")


def test_from_a_file_to_predictions(tmp_path: Path, csv: Path, cli) -> None:  # type: ignore[no-untyped-def]
    out, told = tmp_path / "run", tmp_path / "predictions.csv"
    done = cli("fit", csv, "--target", "y", "--out", out, *FAST)
    assert done.code == 0, done.err
    assert "linear" in done.out
    assert str(out / "report.html") in done.out.replace("\n", "")
    make_frame(7).drop(columns="y").to_csv(tmp_path / "new.csv", index=False)
    done = cli("predict", out, tmp_path / "new.csv", "--out", told, "--proba")
    assert done.code == 0, done.err
    table = pd.read_csv(told)
    assert list(table.columns) == ["row", "prediction", "no", "yes"]
    assert table["row"].tolist() == list(range(7))
    assert ((table["no"] + table["yes"]).round(6) == 1).all()


def test_predictions_in_parquet_without_shares(
    tmp_path: Path, csv: Path, fitted: Path, cli
) -> None:  # type: ignore[no-untyped-def]
    told = tmp_path / "p.parquet"
    assert cli("predict", fitted, csv, "--out", told).code == 0
    assert list(pd.read_parquet(told).columns) == ["row", "prediction"]


def test_no_rows_give_a_header(tmp_path: Path, fitted: Path, cli) -> None:  # type: ignore[no-untyped-def]
    make_frame(3).iloc[:0].to_csv(tmp_path / "none.csv", index=False)
    told = tmp_path / "p.csv"
    assert cli("predict", fitted, tmp_path / "none.csv", "--out", told, "--proba").code == 0
    assert told.read_text().strip() == "row,prediction,no,yes"


def test_evaluate_prints_one_flat_object(csv: Path, fitted: Path, cli) -> None:  # type: ignore[no-untyped-def]
    done = cli("evaluate", fitted, csv, "--json")
    scores = json.loads(done.out)
    assert list(scores) == ["log_loss", "accuracy", "balanced_accuracy", "auc"]
    assert all(isinstance(value, float) for value in scores.values())
    plain = cli("evaluate", fitted, csv)
    assert plain.out.splitlines()[0].startswith("log_loss ")


def test_show_prints_the_promised_shape(fitted: Path, cli) -> None:  # type: ignore[no-untyped-def]
    facts = json.loads(cli("show", fitted, "--json").out)
    assert {"learner", "config", "score", "metric"} <= set(facts["best"])
    assert set(facts["trials"]) == {"complete", "pruned", "failed", "running"}
    assert facts["seconds"] > 0
    assert {"trial", "learner", "weight"} <= set(facts["ensemble"][0])
    assert set(facts["test_metrics"]) == {"log_loss", "accuracy", "balanced_accuracy", "auc"}


def test_show_for_people(fitted: Path, cli) -> None:  # type: ignore[no-untyped-def]
    done = cli("show", fitted)
    for word in ("rank", "learner", "log_loss", "trials", "test", "netwright predict"):
        assert word in done.out


def test_report_is_written_anew(tmp_path: Path, fitted: Path, cli) -> None:  # type: ignore[no-untyped-def]
    (fitted / "report.html").unlink()
    done = cli("report", fitted)
    assert done.code == 0
    assert (fitted / "report.html").exists()
    assert "card.md" in done.out


def test_resume_adds_trials(tmp_path: Path, csv: Path, cli) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / "run"
    cli("fit", csv, "--target", "y", "--out", out, *FAST)
    done = cli("resume", out, "--trials", "3")
    assert done.code == 0, done.err
    assert json.loads(cli("show", out, "--json").out)["trials"]["complete"] == 3


def test_plugins_lists_every_role(cli) -> None:  # type: ignore[no-untyped-def]
    done = cli("plugins")
    for word in (
        "learners",
        "strategies",
        "pruners",
        "engines",
        "lightgbm",
        "tpe",
        "processes",
        "tabular",
    ):
        assert word in done.out


def test_a_pruner_is_taken_by_name(tmp_path: Path, csv: Path, cli) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / "run"
    done = cli("fit", csv, "--target", "y", "--out", out, "--pruner", "hyperband", *FAST)
    assert done.code == 0, done.err
    assert json.loads((out / "run.json").read_text())["options"]["pruner"] == "hyperband"


def test_a_recipe_file_says_it_all(tmp_path: Path, csv: Path, cli) -> None:  # type: ignore[no-untyped-def]
    recipe = tmp_path / "r.yaml"
    recipe.write_text("target: y\ntrials: 1\nengine: inline\nlearners: [linear]\nlevel: hpo\n")
    out = tmp_path / "run"
    assert cli("fit", csv, "--recipe", recipe, "--out", out).code == 0
    assert json.loads((out / "run.json").read_text())["options"]["level"] == "hpo"


def test_the_json_log_is_one_object_a_line(tmp_path: Path, csv: Path, cli) -> None:  # type: ignore[no-untyped-def]
    done = cli("fit", csv, "--target", "y", "--out", tmp_path / "run", "--json-log", *FAST)
    events = [json.loads(line) for line in done.err.splitlines()]
    assert events[0]["event"] == "begin"
    assert events[-1]["event"] == "end"
    assert {"note", "stage"} <= {event["event"] for event in events}


def test_it_is_quiet_when_not_on_a_terminal(tmp_path: Path, csv: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "netwright", "fit", str(csv), "--target", "y"),
            *("--out", str(tmp_path / "run"), "--trials", "2"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(line.startswith("note: ") for line in done.stderr.splitlines())
    assert "Warning" not in done.stdout + done.stderr


def test_version_and_help(cli) -> None:  # type: ignore[no-untyped-def]
    assert cli("--version").out.startswith("netwright 0.")
    for command in (
        "fit",
        "resume",
        "show",
        "report",
        "predict",
        "evaluate",
        "plugins",
        "worker",
        "dashboard",
        "fewshot train",
        "fewshot evaluate",
        "fewshot adapt",
        "fewshot search",
    ):
        done = cli(*command.split(), "--help")
        assert done.code == 0
        assert "Usage: netwright" in done.out


@pytest.mark.parametrize("modules", ["torch", "sklearn", "pandas", "optuna", "lightgbm", "numpy"])
def test_help_loads_nothing_heavy(modules: str) -> None:
    script = f"import sys, netwright, netwright.cli.app; print({modules!r} in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
