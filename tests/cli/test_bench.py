"""`netwright bench`, end to end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from netwright.cli.progress import ticker
from tests.conftest import Outcome
from tests.evaluators.test_table import make_designs

Cli = Callable[..., Outcome]
COLUMNS = ("--validation", "val", "--test", "test", "--parameters", "op,width,wide")
QUICK = ("--strategies", "random,local_search", "--seeds", 3, "--queries", 20, "--jobs", 1)

OWN_SPACE = '''
from netwright.core.space import Categorical, Config, Parameters


class Pairs(Parameters):
    """Two letters."""

    def __init__(self):
        super().__init__({"first": Categorical(("a", "b")), "second": Categorical(("a", "b"))})

    def from_text(self, text):
        first, second = text
        return Config({"first": first, "second": second})
'''


@pytest.fixture
def designs(tmp_path: Path) -> Path:
    path = tmp_path / "designs.csv"
    make_designs().to_csv(path, index=False)
    return path


def test_strategies_are_compared(cli: Cli, designs: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    done = cli("bench", designs, *COLUMNS, *QUICK, "--json", out)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert [line.split()[0] for line in lines] == ["strategy", "best", "random", "local_search"]
    told = json.loads(out.read_text())
    assert told["table"] == str(designs)
    assert told["optimum"]["validation"] == 17
    assert set(told["strategies"]) == {"random", "local_search"}
    for facts in told["strategies"].values():
        assert {
            "test_mean", "test_std", "validation_mean", "validation_regret", "curve",
            "seconds_per_query",
        } <= set(facts)  # fmt: skip
        assert len(facts["curve"]) == 20
        assert facts["test_mean"] == pytest.approx(facts["validation_mean"] + 0.5)
        assert facts["validation_regret"] == pytest.approx(17 - facts["validation_mean"])
        assert facts["curve"][-1] == pytest.approx(facts["test_mean"])


def test_every_option_at_once(cli: Cli, designs: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    done = cli(
        "bench", designs, *COLUMNS, "--strategies", "random,nsga2", "--seeds", 2, "--seed", 7,
        "--cost", "seconds", "--cost-budget", 20, "--cost-scale", 0.1, "--workers", 2,
        "--cheap", "cheap,-size", "--minimise", "size", "--limit", "seconds<=30", "--jobs", 2,
        "--json", out,
    )  # fmt: skip
    assert done.code == 0, done.err
    told = json.loads(out.read_text())
    assert told["seeds"] == [7, 8]
    assert told["rules"] == {
        "queries": None, "cost_budget": 20.0, "cost_scale": 0.1, "workers": 2,
    }  # fmt: skip
    assert told["columns"]["limits"] == ["seconds<=30"]
    for facts in told["strategies"].values():
        assert 0 < facts["hypervolume"] <= 1
        assert 10 <= facts["queries"] <= 22
    assert "hypervolume" in done.out


def test_losses_and_notes(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "designs.parquet"
    frame = make_designs()
    pd.concat([frame, frame.iloc[:1]]).to_parquet(path)
    done = cli("bench", path, *COLUMNS, *QUICK, "--direction", "minimize")
    assert done.code == 0
    assert "note: 1 rows repeat a design" in done.err
    assert done.out.splitlines()[1].split() == ["best", "possible", "0.5", "0"]


def test_nothing_feasible_yet_is_null(cli: Cli, designs: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    limits = ("--limit", "val>=17", "--queries", 1, "--strategies", "random", "--seeds", 1)
    assert cli("bench", designs, *COLUMNS, *limits, "--jobs", 1, "--json", out).code == 0
    facts = json.loads(out.read_text())["strategies"]["random"]
    assert facts["curve"] == [None]
    assert facts["test_mean"] is None


def test_a_persons_own_space(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_pairs.py").write_text(OWN_SPACE)
    pd.DataFrame({"x": ["aa", "ab", "ba", "bb"], "val": range(4)}).to_csv(tmp_path / "t.csv")
    monkeypatch.chdir(tmp_path)
    words = ("--space", "my_pairs:Pairs", "--arch", "x", "--validation", "val")
    done = cli("bench", "t.csv", *words, *QUICK)
    assert done.code == 0, done.err
    assert done.out.splitlines()[1].split()[2:] == ["3", "3"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--validation", "vall"), "Did you mean 'val'"),
        (("--strategies", "randon"), "Did you mean 'random'"),
        (("--limit", "size"), "A limit is written"),
        (("--space", "nasbench21", "--arch", "op", "--parameters", ""), "Did you mean"),
        (("--space", "nasbench201", "--arch", "op", "--parameters", ""), "is no design"),
        (("--parameters", ""), "--arch with --space"),
        (("--direction", "up"), "'maximize' or 'minimize'"),
        (("--seeds", "0"), "at least one"),
        (("--workers", "0"), "workers must be positive"),
        (("--cost-budget", "10"), "needs --cost"),
        (("--json", "/nowhere/out.json"), "no folder"),
    ],
)
def test_bad_input_is_one_sentence(cli: Cli, designs: Path, words: tuple, said: str) -> None:
    done = cli("bench", designs, *COLUMNS, *QUICK, *words)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err
    assert len(done.err.strip().splitlines()) == 1


@pytest.mark.shared_data
def test_the_real_table(cli: Cli, shared_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    done = cli(
        "bench", shared_data / "nas" / "nasbench201_cifar10.csv.gz", "--space", "nasbench201",
        "--arch", "arch_str", "--validation", "c10_val_200", "--test", "c10_test_200", *QUICK,
        "--json", out,
    )  # fmt: skip
    assert done.code == 0, done.err
    told = json.loads(out.read_text())
    assert told["designs"] == 15_625
    assert told["optimum"]["test"] == pytest.approx(94.373, abs=0.001)
    for facts in told["strategies"].values():
        assert 92 < facts["test_mean"] < 94.38
        assert facts["seconds_per_query"] < 0.02


def test_a_terminal_sees_one_line_that_renews_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ticker("replays") is None
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    tick = ticker("replays")
    assert tick is not None
    tick(1, 2, "random")
    tick(2, 2, "random")
    written = capsys.readouterr().err
    assert "1 of 2 replays, random" in written
    assert written.endswith("\r\033[K")
    assert "\n" not in written


def test_a_page_is_written(cli: Cli, designs: Path, tmp_path: Path) -> None:
    page = tmp_path / "out.html"
    assert cli("bench", designs, *COLUMNS, *QUICK, "--plot", page).code == 0
    assert "2 strategies on designs" in page.read_text()
