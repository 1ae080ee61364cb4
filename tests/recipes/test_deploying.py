"""A design out of a once-for-all run, written within a limit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import netwright
from netwright.core.choosers import LargestChooser, SmallestChooser
from netwright.core.config import Config
from netwright.core.errors import ConfigError
from netwright.core.folder import RunFolder
from netwright.export.checking import run_onnx
from netwright.paradigms.nas.oneshot import get_one_shot
from netwright.recipes import deploying
from netwright.recipes.oneshot import JUDGED, read_judged
from netwright.recipes.search import read_options
from tests.conftest import Outcome
from tests.recipes.test_search import SMALL, make_pictures

ELASTIC = {
    "space": "mobile",
    "arguments": {
        "stem": 4,
        "depths": [1, 2],
        "expansions": [2, 3],
        "kernels": [3, 5],
        "resolutions": [0.5, 1],
    },
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("deploy")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netwright.recipes.oneshot.EPOCHS", 6)
        patch.setattr("netwright.recipes.oneshot.PER_TRIAL", 12)
        patch.setattr("netwright.hardware.latency.measure_latency.__kwdefaults__", FEW)
        netwright.search(
            make_pictures(root / "pictures"), strategy="ofa", engine="inline", trials=1, epochs=1,
            out=root / "run", **ELASTIC,
        )  # fmt: skip
    return root


FEW = {"batch": 1, "threads": 1, "warm_up": 1, "repeats": 5, "seconds": 0.2}


def test_a_design_within_the_limit_is_written(
    trained: Path, cli: Callable[..., Outcome], tmp_path: Path
) -> None:
    out = tmp_path / "model.onnx"
    done = cli("deploy", trained / "run", "--max-latency-ms", 50, "--out", out, "--json")
    assert done.code == 0, done.err
    facts = json.loads(done.out)
    assert facts["latency_ms"] <= 50
    assert facts["agreement"] == 1
    assert facts["designs"] == 12
    picture = np.zeros((2, 1, 6, 6), dtype=np.uint8)
    assert run_onnx(out, picture).shape == (2, 2)
    space = read_options(RunFolder.open(trained / "run"))
    assert space.space.open().from_text(facts["design"])["resolution"] in (0.5, 1)


def test_the_smallest_and_the_largest_are_judged_first(trained: Path) -> None:
    folder = RunFolder.open(trained / "run")
    space, judged = read_options(folder).space.open(), read_judged(folder, JUDGED)
    ends = [space.configure(chooser) for chooser in (SmallestChooser(), LargestChooser())]
    assert [record.config for record in judged[:2]] == ends


def test_a_short_search_keeps_time_to_hand_over() -> None:
    ofa, spos = get_one_shot("ofa"), get_one_shot("spos")
    assert ofa.ends(None) == ofa.ends(600) == pytest.approx((0.65, 0.9))
    trained, judged = ofa.ends(100)
    assert judged == pytest.approx(0.7), "the last 30 seconds are kept"
    assert trained / judged == pytest.approx(0.65 / 0.9)
    assert ofa.ends(20) == (0, 0)
    assert spos.ends(100) == spos.ends(None), "what is trained makes do with what is left"


def test_the_front_lists_what_there_is(trained: Path, cli: Callable[..., Outcome]) -> None:
    done = cli("deploy", trained / "run", "--front", "--json")
    assert done.code == 0, done.err
    rows = json.loads(done.out)
    assert rows == sorted(rows, key=lambda row: row["latency_ms"])
    scores = [row["score"] for row in rows]
    assert scores == sorted(scores), "what is slower is better, or it would not stand here"
    lines = cli("deploy", trained / "run", "--front").out.splitlines()
    assert len(lines) == 1 + len(rows)


def test_without_a_limit_the_best_is_written(trained: Path, tmp_path: Path) -> None:
    found = netwright.deploy(trained / "run", tmp_path / "model.onnx")
    assert found.limit_ms is None
    assert found.metric == "accuracy"
    assert (tmp_path / "model.onnx").exists()


def test_a_limit_that_nothing_keeps(
    trained: Path, cli: Callable[..., Outcome], tmp_path: Path
) -> None:
    out = tmp_path / "model.onnx"
    out.write_text("what was there")
    done = cli("deploy", trained / "run", "--max-latency-ms", 1e-6, "--out", out)
    assert done.code == 2
    assert "the nearest is" in done.err
    assert out.read_text() == "what was there"


def pool_of(run: Path) -> deploying._Pool:
    folder = deploying.RunFolder.open(run)
    judged = deploying._judged(folder, "run")
    space = deploying.read_options(folder).space.open()
    return deploying._Pool(space, judged, deploying._device(space, judged, "cpu", None), None)


class Slower:
    """Stands for writing and measuring on a machine that is slower than it was."""

    def __init__(self, pool: deploying._Pool, times: float) -> None:
        self.pool, self.times = pool, times
        self.seen: list[Config] = []

    def __call__(self, evaluator: object, design: Config, out: Path) -> tuple[float, float]:
        out.touch()
        self.seen.append(design)
        return self.pool.predicted_ms(design) * self.times, 1.0


@pytest.fixture
def stairs(trained: Path) -> deploying._Pool:
    """Designs of 1, 2, 3, ... ms, each better than the one before, all within the limit."""
    pool = pool_of(trained / "run")
    pool._rows = {design: (place, place + 1.0) for place, design in enumerate(pool._rows)}
    pool.limit = float(len(pool._rows))
    return pool


def chosen(
    pool: deploying._Pool, slower: Slower, out: Path, patch: pytest.MonkeyPatch, here: bool = True
) -> Config:
    patch.setattr(deploying, "_write", slower)
    task = SimpleNamespace(metric=SimpleNamespace(name="accuracy"))
    evaluator = SimpleNamespace(task=task, scored=lambda design: {"accuracy": 0.5})
    return deploying._first_that_fits(pool, evaluator, out, here)[0]  # type: ignore[arg-type]


def test_a_machine_slower_than_it_was_gets_a_faster_design(
    stairs: deploying._Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slower = Slower(stairs, 2.0)
    found = chosen(stairs, slower, tmp_path / "model.onnx", monkeypatch)
    assert slower.seen == [stairs.best()[0], found]
    assert stairs.predicted_ms(found) == len(stairs.best()) // 2
    assert (tmp_path / "model.onnx").exists()


def test_the_last_to_be_tried_is_the_fastest(
    stairs: deploying._Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slower = Slower(stairs, 2.0 * len(stairs.best()))
    with pytest.raises(ConfigError, match="the nearest is"):
        chosen(stairs, slower, tmp_path / "model.onnx", monkeypatch)
    assert slower.seen == [stairs.best()[0], stairs.fastest()[0]]
    assert not (tmp_path / "model.onnx").exists()


def test_of_another_device_predictions_decide(
    stairs: deploying._Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, slower = tmp_path / "model.onnx", Slower(stairs, 100.0)
    assert chosen(stairs, slower, out, monkeypatch, here=False) == stairs.best()[0]
    out.unlink()
    stairs.limit = 0.5
    with pytest.raises(ConfigError, match="the nearest is 1 ms"):
        chosen(stairs, slower, out, monkeypatch, here=False)
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--max-latency-ms", -1), "must be positive"), (("--out", "/no/model.onnx"), "no folder")],
)
def test_what_cannot_be_is_said(
    trained: Path, cli: Callable[..., Outcome], words: tuple[str | int, ...], said: str
) -> None:
    done = cli("deploy", trained / "run", *words)
    assert done.code == 2
    assert said in done.err


def test_evolution_finds_more_than_was_judged(trained: Path) -> None:
    pool = pool_of(trained / "run")
    judged = deploying._judged(deploying.RunFolder.open(trained / "run"), "run")
    before = len(pool.best())
    pool.evolve(np.random.default_rng(0))
    assert before == len({record.config for record in judged})
    assert len(pool.best()) > 5 * before


def test_other_runs_have_nothing_to_deploy(
    trained: Path, cli: Callable[..., Outcome], tmp_path: Path
) -> None:
    netwright.search(
        trained / "pictures", trials=1, epochs=1, engine="inline", strategy="random",
        out=tmp_path / "run", **SMALL,
    )  # fmt: skip
    done = cli("deploy", tmp_path / "run", "--max-latency-ms", 3)
    assert done.code == 2
    assert "--strategy ofa" in done.err


def test_another_device_needs_its_designs(trained: Path, cli: Callable[..., Outcome]) -> None:
    done = cli("deploy", trained / "run", "--device", "phone.csv")
    assert done.code == 2
    assert "--designs" in done.err
