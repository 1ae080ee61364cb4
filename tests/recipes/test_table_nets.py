"""One command searches nets for tables too: designs are shown, and trained again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import netwright
from netwright.core.errors import ConfigError
from netwright.core.folder import RunFolder
from netwright.recipes.search_options import make_search_options
from netwright.recipes.table_nets import fit_options
from netwright.report.summary import summarise
from tests.conftest import Outcome, make_frame


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A search of two nets for a small table."""
    root = tmp_path_factory.mktemp("tables")
    make_frame(40).drop(columns=["note", "day"]).to_csv(root / "train.csv", index=False)
    netwright.search(
        root / "train.csv", "y", space="mlp", trials=2, engine="inline", strategy="random",
        out=root / "run", test=root / "train.csv", explain=False,
    )  # fmt: skip
    return root


def test_designs_are_shown_like_those_of_pictures(
    searched: Path, cli: Callable[..., Outcome]
) -> None:
    facts = json.loads(cli("show", searched / "run", "--json").out)
    assert [row["number"] for row in facts["designs"]] == [0, 1]
    for row in facts["designs"]:
        design = json.loads(row["design"])
        assert {"block", "depth", "width"} <= set(design)
        assert set(row["objectives"]) == {"log_loss"}
        assert row["trained_seconds"] > 0
    assert facts["best"]["design"] in [row["design"] for row in facts["designs"]]
    shown = cli("show", searched / "run")
    assert shown.code == 0, shown.err
    assert '"block"' in shown.out


def test_a_chosen_design_learns_from_all_rows(
    searched: Path, cli: Callable[..., Outcome], tmp_path: Path
) -> None:
    run = searched / "run"
    before = netwright.load(run).predict_proba(searched / "train.csv")
    done = cli("retrain", run, "--design", 1, "--epochs", 4, "--time", "60s")
    assert done.code == 0, done.err
    assert "design 1, trained again" in done.out
    facts = summarise(RunFolder.open(run))
    assert facts["ensemble"] == [{"trial": 1, "learner": "net", "weight": 1.0, "refitted": True}]
    after = netwright.load(run)
    assert len(after.manifest["members"]) == 1
    assert not np.allclose(before, after.predict_proba(searched / "train.csv"))
    assert facts["test_metrics"] == after.evaluate(searched / "train.csv")
    again = netwright.retrain(run, "best", epochs=2, threads=1)
    assert summarise(RunFolder.open(run))["retrained"]["number"] == facts["best"]["trial"]
    assert again.predict(searched / "train.csv").isin(["yes", "no"]).all()


def test_from_the_command_line(cli: Callable[..., Outcome], searched: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = cli(
        "search", searched / "train.csv", "--target", "y", "--space", "mlp", "--trials", 1,
        "--engine", "inline", "--out", out,
    )  # fmt: skip
    assert done.code == 0, done.err
    assert len(summarise(RunFolder.open(out))["designs"]) == 1
    assert (out / "report.html").exists()


@pytest.mark.parametrize(
    ("odd", "named"),
    [
        ({"epochs": 7}, "epochs"),
        ({"proxies": "synflow"}, "proxies"),
        ({"resolution": 0.5}, "resolution"),
        ({"max_params_m": 1.0}, "max_params_m"),
        ({"arguments": {"cells": 2}}, "cells"),
    ],
)
def test_what_only_pictures_have_is_refused(odd: dict, named: str) -> None:
    options = make_search_options(space="mlp", target="y", trials=1, **odd)
    with pytest.raises(ConfigError, match=f"takes no {named}; leave it out"):
        fit_options(options)


def test_nets_of_tables_share_no_weights() -> None:
    options = make_search_options(space="mlp", target="y", trials=1, strategy="darts")
    with pytest.raises(ConfigError, match="nets of pictures"):
        fit_options(options)


def test_latency_limits_tables_too() -> None:
    options = make_search_options(space="mlp", target="y", trials=1, max_latency_ms=5)
    told = fit_options(options)
    assert (told.level, told.learners, told.max_latency_ms) == ("architecture", ("net",), 5.0)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--design", "9"), "best, knee, or the number of a trial, 0 to 1"),
        (("--cells", "3"), "takes no arguments"),
        (("--augment", "flip"), "takes no augment"),
    ],
)
def test_what_cannot_be_trained_again(
    searched: Path, cli: Callable[..., Outcome], words: tuple[str, str], message: str
) -> None:
    done = cli("retrain", searched / "run", *words)
    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err


def test_a_fit_of_boosted_trees_is_no_search_of_nets(
    cli: Callable[..., Outcome], tmp_path: Path
) -> None:
    (tmp_path / "run.json").write_text('{"options": {"level": "full"}}')
    done = cli("retrain", tmp_path)
    assert done.code == 2
    assert "no search of nets" in done.err


def test_a_table_without_its_space_is_told_of_it(
    searched: Path, cli: Callable[..., Outcome], tmp_path: Path
) -> None:
    out = tmp_path / "run"
    done = cli("search", searched / "train.csv", "--target", "y", "--out", out, "--trials", 1)
    assert done.code == 2
    assert "--space mlp" in done.err
    assert not out.exists()
