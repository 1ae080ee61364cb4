"""Data and helpers that many tests share; all of it is seeded and made here."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from netwright.core.task import Task
from netwright.data.prepare import Wishes, prepare, with_folds
from tests.servers import find_postgres, postgres

NOTES = ["good", "bad", "fine", "odd", "new", "old"]
SHARED = Path(os.environ.get("NETWRIGHT_DATA", Path(__file__).parents[2] / "shared" / "data"))


@dataclass(frozen=True)
class Outcome:
    """What a command did: its exit code and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Outcome]:
    """Runs a command in this process."""

    def run(*words: object) -> Outcome:
        from netwright.cli import main

        monkeypatch.setattr(sys, "argv", ["netwright", *map(str, words)])
        monkeypatch.setattr("netwright.cli._quiet", lambda: None)
        for command in (
            "fit",
            "search",
            "retrain",
            "transfer",
            "resume",
            "fewshot.train",
            "fewshot.search",
        ):  # this process is older than the command
            monkeypatch.setattr(f"netwright.cli.{command}.seconds_alive", lambda: 0.0)
        capsys.readouterr()
        before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        finally:  # a command minds signals; the tests after it do not
            for one, handler in before.items():
                signal.signal(one, handler)
        printed = capsys.readouterr()
        return Outcome(code, printed.out, printed.err)

    return run


def make_frame(rows: int = 120, kind: str = "binary", seed: int = 0) -> pd.DataFrame:
    """A raw table with a number, a category, an id, a date, a text and a target `y`."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    town = rng.choice(["Rome", "Oslo", "Lima"], rows)
    frame = pd.DataFrame(
        {
            "key": [f"K{i:05d}" for i in range(rows)],
            "x": x.round(4),
            "size": rng.integers(1, 50, rows),
            "town": town,
            "day": pd.date_range("2024-01-01", periods=rows).strftime("%d/%m/%Y"),
            "note": [" ".join(rng.choice(NOTES, 5)) for _ in range(rows)],
        }
    )
    signal = x + (town == "Oslo") + 0.3 * rng.normal(size=rows)
    if kind == "regression":
        frame["y"] = (100 + 10 * signal).round(3)
    elif kind == "binary":
        frame["y"] = np.where(signal > np.median(signal), "yes", "no")
    else:
        edges = np.quantile(signal, [0.33, 0.66])
        frame["y"] = np.array(["low", "mid", "high"])[np.searchsorted(edges, signal)]
    return frame


@pytest.fixture
def frame() -> pd.DataFrame:
    """A binary table."""
    return make_frame()


@pytest.fixture
def csv(tmp_path: Path, frame: pd.DataFrame) -> Path:
    """The binary table as a file."""
    path = tmp_path / "train.csv"
    frame.to_csv(path, index=False)
    return path


def make_task(kind: str = "binary", rows: int = 120, folds: int = 2, **wishes: object) -> Task:
    """A prepared task over `make_frame`."""
    from netwright.core.audit import Audit

    told = Wishes(**wishes)  # type: ignore[arg-type]
    return with_folds(prepare(make_frame(rows, kind), "y", told, Audit()), folds)


@pytest.fixture(scope="session")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One small finished run, for tests that only look at it."""
    import netwright

    out = tmp_path_factory.mktemp("runs") / "fitted"
    test = tmp_path_factory.mktemp("data") / "test.csv"
    make_frame(60, seed=9).to_csv(test, index=False)
    netwright.fit(
        make_frame(150),
        "y",
        trials=4,
        out=out,
        engine="inline",
        learners=["linear", "lightgbm"],
        test=str(test),
    )
    return out


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL server of this session's own, or a skip that says why there is none."""
    programs = find_postgres()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed; run: apt-get install postgresql")
    with postgres(programs) as url:
        yield url


@pytest.fixture
def shared_data() -> Path:
    """The folder behind NETWRIGHT_DATA, or a skip that says so."""
    if not SHARED.exists():
        pytest.skip(f"no shared data at {SHARED}; set NETWRIGHT_DATA")
    return SHARED
