"""Workers that join a real fit: through its run folder, a journal or PostgreSQL."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import netwright
from netwright.api import join
from netwright.core.errors import ConfigError, DataError, RunError, UnknownName
from netwright.core.folder import RunFolder
from netwright.core.study import read_study
from netwright.core.terms import Terms
from netwright.engines import get_engine
from netwright.evaluators.resampling import PREDICTIONS
from netwright.recipes import joining
from netwright.recipes.joining import REQUEST
from tests import crew, outsourced
from tests.conftest import make_frame

OUTSOURCED = "tests.outsourced:Outsourced"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small table as a file."""
    path = tmp_path_factory.mktemp("table") / "train.csv"
    make_frame(100).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def shares_alone(table: Path, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """What a fit without any helper predicts for the table."""
    out = tmp_path_factory.mktemp("alone") / "run"
    alone = netwright.fit(table, "y", trials=4, out=out, engine="inline", learners=["linear"])
    return alone.predict_proba(pd.read_csv(table).drop(columns="y"))


def fit_outsourced(
    monkeypatch: pytest.MonkeyPatch, table: Path, out: Path, *words: object, **options: Any
) -> netwright.Predictor:
    """A fit whose four trials `netwright worker WORDS` runs."""
    monkeypatch.setenv(outsourced.COMMAND, "\n".join(map(str, words)))
    return netwright.fit(
        table,
        "y",
        trials=4,
        out=out,
        engine=OUTSOURCED,
        learners=["linear"],
        **options,
    )


def test_a_worker_joins_through_the_run_folder(
    monkeypatch: pytest.MonkeyPatch, table: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    made = fit_outsourced(monkeypatch, table, out, out, "--workers", 2)
    study = read_study(RunFolder.open(out))
    assert study.counts()["complete"] == 4
    assert len(made.predict(make_frame(5).drop(columns="y"))) == 5
    assert all((out / "trials" / f"{n:04d}" / PREDICTIONS).exists() for n in range(4))


@pytest.mark.parametrize("shared", [True, False])
def test_a_worker_joins_through_postgresql(
    monkeypatch: pytest.MonkeyPatch,
    table: Path,
    shares_alone: pd.DataFrame,
    tmp_path: Path,
    postgres_url: str,
    shared: bool,
) -> None:
    """With a shared folder models are copied; without one the winners are trained once more.

    Both ways end with the model that the parent alone would have made.
    """
    out = tmp_path / f"elsewhere-{shared}"
    artifacts = ("--artifacts", tmp_path / "shared") if shared else ()
    words = (postgres_url, "--study", f"study-{out.name}", "--data", table, *artifacts)
    made = fit_outsourced(
        monkeypatch, table, out, *words, "--engine", "inline", storage=postgres_url
    )
    said = (out / "audit.jsonl").read_text()
    assert ("came from a shared folder" in said) is shared
    assert ("were trained once more" in said) is not shared
    assert json.loads((out / "result.json").read_text())["ensemble"]
    shares = made.predict_proba(pd.read_csv(table).drop(columns="y"))
    assert np.allclose(shares, shares_alone)


def test_parent_and_worker_search_together(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "together"
    told = ("--target", "y", "--trials", "12", "--workers", "1", "--out", str(out))
    command = [sys.executable, "-m", "netwright", "fit", str(table), *told, "--learners", "linear"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as parent:
        while not (out / "run.json").exists():
            assert parent.poll() is None
            time.sleep(0.05)
        with join(out) as found:
            assert found.work(get_engine("inline"), 1) >= 1
        assert parent.wait(100) == 0
    study = read_study(RunFolder.open(out))
    assert [record.position for record in study.trials("complete", "pruned")] == list(range(12))
    assert len(netwright.load(out).predict(make_frame(5).drop(columns="y"))) == 5


# ------------------------------------------------------------------- what a storage says


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one trial, made from `train.csv` beside it."""
    place = tmp_path_factory.mktemp("finished")
    make_frame(60).to_csv(place / "train.csv", index=False)
    netwright.fit(
        place / "train.csv", "y", trials=1, out=place / "run", engine="inline", learners=["linear"]
    )
    return place


def joined(place: Path, **changes: Any) -> Any:
    told = {"study": "study", "data": place / "train.csv", **changes}
    return join(place / "run" / "study.journal", **told)


def test_a_finished_run_leaves_nothing_to_do(finished: Path) -> None:
    with joined(finished) as found:
        assert found.work(get_engine("inline"), 1) == 0
    with join(finished / "run") as found:
        assert found.folder == finished / "run" / "trials"


def test_the_storage_holds_no_path_and_no_password(finished: Path) -> None:
    request = read_study(RunFolder.open(finished / "run")).optuna_study.user_attrs[REQUEST]
    assert request["rows"] == 60
    assert request["options"]["storage"] is None
    assert str(finished) not in json.dumps(request)


def test_another_table_is_refused(finished: Path, tmp_path: Path) -> None:
    make_frame(60, seed=5).to_csv(tmp_path / "other.csv", index=False)
    with (
        pytest.raises(DataError, match="is not the one"),
        joined(finished, data=tmp_path / "other.csv"),
    ):
        pass


def test_an_unknown_study_is_refused_with_near_ones(finished: Path) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'study'"), joined(finished, study="studi"):
        pass


def test_a_study_of_tune_is_refused(finished: Path, tmp_path: Path) -> None:
    netwright.tune(lambda config: 1.0, {"x": netwright.Float(0, 1)}, trials=1, out=tmp_path)
    where = tmp_path / "study.journal"
    with (
        pytest.raises(RunError, match=r"netwright\.tune"),
        join(where, study="study", data=finished / "train.csv"),
    ):
        pass


def test_another_version_is_refused(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "version", lambda name: "9.9")
    with pytest.raises(RunError, match="install the same version"), joined(finished):
        pass


@pytest.mark.parametrize("said", [{"learners": ("mine:learner",)}, {"metric": "mine:metric"}])
def test_a_storage_cannot_choose_the_code(finished: Path, said: dict[str, Any]) -> None:
    options = replace(joining.FitOptions(target="y"), **said)
    with pytest.raises(ConfigError, match="--trust mine:"):
        joining._check_code(options, ())
    (name,) = said.get("learners") or (said.get("metric"),)
    joining._check_code(options, (str(name),))


@pytest.mark.parametrize("said", [{"study": "s"}, {"data": "d.csv"}, {"artifacts": "a"}])
def test_half_of_what_a_storage_needs_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="--study and --data"), join("postgresql://x/y", **said):
        pass


def test_a_journal_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    where = tmp_path / "no.journal"
    with pytest.raises(RunError, match="no journal file"), join(where, study="s", data="d.csv"):
        pass
    assert not where.exists()


def test_a_search_that_nobody_began_is_told(tmp_path: Path) -> None:
    study = crew.open_study(tmp_path / "study.journal")
    with pytest.raises(RunError, match="Nobody is searching"):
        Terms.read(study, wait_seconds=0.0)


def test_the_shared_folder_may_be_the_run_folder(finished: Path, tmp_path: Path) -> None:
    assert joining._place(finished / "run", "study") == finished / "run" / "trials"
    assert joining._place(tmp_path / "new", "study") == tmp_path / "new" / "study"
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="Cannot write"):
        joining._place(tmp_path / "file", "study")
