"""Search and retrain, end to end on small pictures: designs, limits, files, bad inputs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest
from optuna.pruners import BasePruner
from optuna.trial import FrozenTrial
from PIL import Image

import netwright
from netwright.core.errors import ConfigError, MissingExtra, RunError, UserError
from netwright.core.folder import RunFolder
from netwright.core.storage import open_storage
from netwright.core.study import read_study
from netwright.recipes.designs import check_limits
from netwright.recipes.search_options import SearchOptions, make_search_options
from netwright.report.summary import summarise
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import image_task
from tests.conftest import Outcome

SMALL = {"space": "nasbench201", "arguments": {"cells": 1, "channels": 4}}


def make_pictures(root: Path, train: int = 24, test: int = 8, side: int = 6) -> Path:
    """Bright and dark pictures: a task any net solves."""
    rng = np.random.default_rng(0)
    for part, each in (("train", train), ("test", test)):
        for label, level in (("bright", 190), ("dark", 60)):
            folder = root / part / label
            folder.mkdir(parents=True)
            for number in range(each // 2):
                pixels = (level + rng.integers(-40, 40, (side, side))).astype(np.uint8)
                Image.fromarray(pixels).save(folder / f"{number}.png")
    return root


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One search of three designs, and what it left."""
    root = tmp_path_factory.mktemp("search")
    source = make_pictures(root / "pictures")
    netwright.search(
        source, trials=3, epochs=2, out=root / "run", engine="inline", strategy="random",
        objectives="accuracy,params_m", **SMALL,
    )  # fmt: skip
    return root


def test_what_a_search_tells(searched: Path) -> None:
    facts = summarise(RunFolder.open(searched / "run"))
    assert facts["objectives"] == ["accuracy", "params_m"]
    assert len(facts["designs"]) == 3
    first = facts["designs"][0]
    assert set(first) == {
        "number", "design", "objectives", "costs", "feasible", "front", "trained_seconds",
    }  # fmt: skip
    space = netwright_space()
    assert space.to_text(space.from_text(first["design"])) == first["design"]
    assert set(first["costs"]) == {"params_m", "flops_g", "memory_mb"}
    assert facts["best"]["design"] in {row["design"] for row in facts["designs"]}
    assert 0 <= facts["test_metrics"]["accuracy"] <= 1
    assert facts["front"]


def netwright_space():
    return NetSpaceName("nasbench201", {"cells": 1, "channels": 4}).open()


def test_the_pareto_front_is_a_front(searched: Path) -> None:
    front = read_study(RunFolder.open(searched / "run")).pareto_front()
    assert front
    pairs = [record.values for record in front]
    for accuracy, params in pairs:
        assert not any(a > accuracy and p < params for a, p in pairs)


def test_a_net_is_trained_again_and_the_predictor_is_new(searched: Path) -> None:
    run = searched / "run"
    before = netwright.load(run).predict_proba(searched / "pictures")
    predictor = netwright.retrain(run, "knee", epochs=6, arguments={"channels": 8}, threads=1)
    after = predictor.predict_proba(searched / "pictures")
    assert not np.array_equal(before, after)
    assert list(after.columns) == ["bright", "dark"]
    assert after.index.name == "path"
    told = summarise(RunFolder.open(run))["retrained"]
    assert told["arguments"] == {"cells": 1, "channels": 8}
    assert told["epochs"] == 6


def test_a_search_is_resumed(searched: Path, cli: Callable[..., Outcome]) -> None:
    run = searched / "run"
    done = cli("resume", run, "--trials", 4)
    assert done.code == 0, done.err
    facts = json.loads(cli("show", run, "--json").out)
    assert facts["trials"]["complete"] == 4


def test_the_report_shows_the_design(searched: Path) -> None:
    page = (searched / "run" / "report.html").read_text()
    assert "<svg" in page
    assert "The best design" in page


def test_show_and_predict_print_what_people_expect(
    searched: Path, cli: Callable[..., Outcome], tmp_path: Path
) -> None:
    shown = cli("show", searched / "run")
    assert shown.code == 0
    assert "design" in shown.out
    assert "cell:" in shown.out
    out = tmp_path / "predictions.csv"
    assert cli("predict", searched / "run", searched / "pictures", "--out", out).code == 0
    table = pd.read_csv(out)
    assert list(table.columns) == ["path", "prediction"]
    assert len(table) == 8


def test_the_command_line_searches_under_limits(
    cli: Callable[..., Outcome], tmp_path: Path
) -> None:
    source = make_pictures(tmp_path / "pictures")
    done = cli(
        "search", source, "--space", "nasbench201", "--cells", 1, "--channels", 4, "--trials", 2,
        "--epochs", 1, "--engine", "inline", "--max-params-m", 0.006, "--out", tmp_path / "run",
    )  # fmt: skip
    assert done.code == 0, done.err
    facts = json.loads(cli("show", tmp_path / "run", "--json").out)
    trained = [row for row in facts["designs"] if row["trained_seconds"]]
    assert trained
    assert all(row["costs"]["params_m"] <= 0.006 for row in trained)


def test_limits_no_design_can_meet_name_the_nearest() -> None:
    from dataclasses import replace

    from netwright.core.task import Constraints

    task = replace(image_task((1, 8, 8), 3), constraints=Constraints(max_params_m=1e-6))
    with pytest.raises(ConfigError, match=r"nearest of .* params_m is .*, allowed are 1e-06"):
        check_limits(NetSpaceName("nasbench201", SMALL["arguments"]), task)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"space": "nasbench"}, "nasbench201"),
        ({"objectives": "accurracy"}, "accuracy"),
        ({"objectives": "latency_ms"}, "first objective is a metric"),
        ({"augment": "turn"}, "augmentation"),
        ({"epochs": 0}, "at least one epoch"),
        ({"resolution": 0}, "above 0 and at most 1"),
        ({"max_params_m": -1}, "must be positive"),
        ({"strategy": "randon"}, "random"),
        ({"space": "mlp"}, "None of the learners net can take"),
        ({"arguments": {"cell": 1}, "space": "nasbench201"}, "cannot be made with cell"),
    ],
)
def test_wishes_that_cannot_work(wrong: dict, message: str, tmp_path: Path) -> None:
    source = make_pictures(tmp_path / "pictures")
    with pytest.raises(UserError, match=message):
        netwright.search(source, trials=1, out=tmp_path / "run", **wrong)
    assert not (tmp_path / "run").exists()


def test_a_table_is_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": np.arange(40.0), "y": ["a", "b"] * 20})
    with pytest.raises(ConfigError, match="one column of images"):
        netwright.search(frame, "y", trials=1, out=tmp_path / "run")


def test_designs_are_searched_at_a_lower_resolution_and_trained_again_at_the_whole(
    searched: Path, tmp_path: Path, cli: Callable[..., Outcome]
) -> None:
    words = ("--space", "nasbench201", "--cells", "1", "--channels", "4", "--engine", "inline")
    done = cli("search", searched / "pictures", *words, "--trials", 1, "--epochs", 1,
               "--resolution", 0.5, "--out", tmp_path / "run")  # fmt: skip
    assert done.code == 0, done.err
    assert netwright.load(tmp_path / "run").model.members[0].built.seen == (3, 3)
    assert netwright.retrain(tmp_path / "run", epochs=1).model.members[0].built.seen is None


def test_designs_that_cannot_be_trained_again(searched: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="best, knee, or the number"):
        netwright.retrain(searched / "run", 77, epochs=1)
    with pytest.raises(RunError, match="no run"):
        netwright.retrain(tmp_path, epochs=1)


def test_options_survive_a_round_trip() -> None:
    options = make_search_options(
        space="nasbench201", target="class", time="20m", proxies="synflow,naswot", max_flops_g=0.1,
        resolution=0.5,
    )  # fmt: skip
    assert SearchOptions.from_json(json.loads(json.dumps(options.to_json()))) == options


def test_a_found_net_is_scaled(searched: Path, cli: Callable[..., Outcome]) -> None:
    done = cli("scale", searched / "run", "--phi", "1,2", "--json")
    assert done.code == 0, done.err
    for row, wanted in zip(json.loads(done.out)["sizes"], (2.0, 4.0), strict=True):
        assert row["growth"] == pytest.approx(wanted, rel=0.1)
    assert "alpha 1.2" in cli("scale", searched / "run", "--phi", "1").out
    refused = cli("scale", searched / "run", "--phi", "much")
    assert refused.code == 2
    assert "--phi takes numbers" in refused.err


def test_scaling_is_learned_by_training(searched: Path) -> None:
    from netwright.recipes.scaling import scale_run

    told: list[object] = []
    found = scale_run(searched / "run", [1.0], seconds=0.5, tick=told.append)
    assert told
    factors = found["scaling"]
    growth = factors["alpha"] * factors["beta"] ** 2 * factors["gamma"] ** 2
    assert growth == pytest.approx(2, rel=0.1)


def test_measuring_without_a_runtime_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    source = make_pictures(tmp_path / "pictures")
    with pytest.raises(MissingExtra, match=r"netwright\[deploy\]"):
        netwright.search(source, trials=1, max_latency_ms=5, out=tmp_path / "run", **SMALL)
    assert not (tmp_path / "run").exists()


class StopsEarly(BasePruner):
    """Lets the first design learn to its end, and every other one for two epochs."""

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        return trial.number > 0 and (trial.last_step or 0) >= 2


def test_what_does_not_promise_is_stopped(searched: Path, tmp_path: Path) -> None:
    netwright.search(
        searched / "pictures", trials=3, epochs=4, engine="inline", strategy="random",
        pruner=f"{__name__}:StopsEarly", out=tmp_path / "run", **SMALL,
    )  # fmt: skip
    trials = optuna.load_study(
        study_name="study", storage=open_storage(tmp_path / "run" / "study.journal")
    ).trials
    assert [len(trial.intermediate_values) for trial in trials] == [4, 2, 2]
    assert [trial.state.name for trial in trials] == ["COMPLETE", "PRUNED", "PRUNED"]
    assert trials[0].intermediate_values[4] == pytest.approx(trials[0].value)  # the same rows
    assert summarise(RunFolder.open(tmp_path / "run"))["trials"]["pruned"] == 2
