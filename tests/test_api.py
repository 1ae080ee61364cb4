"""The façade: fit, load, tune - and a person's own parts in five lines."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest

import netwright
from netwright.core.errors import BudgetError, ConfigError, UnknownName
from netwright.learners.linear import Linear
from netwright.learners.tabular import TabularLearner
from tests.conftest import make_frame


def test_the_facade_is_small_lazy_and_complete() -> None:
    assert len(netwright.__all__) <= 30
    for name in netwright.__all__:
        assert getattr(netwright, name) is not None
    assert netwright.__version__ == "0.1.0"
    assert set(netwright.__all__) <= set(dir(netwright))
    with pytest.raises(AttributeError, match="no attribute 'fti'"):
        netwright.fti  # noqa: B018


def test_importing_loads_nothing_heavy() -> None:
    script = (
        "import sys, netwright; "
        "print(*[m for m in ('torch', 'sklearn', 'pandas', 'optuna', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def bowl(config: netwright.Config) -> float:
    return (float(config["x"]) - 0.3) ** 2  # type: ignore[arg-type]


def test_tune_any_function() -> None:
    study = netwright.tune(bowl, {"x": netwright.Float(-1, 1)}, trials=40, seed=1)
    assert abs(float(study.best().config["x"]) - 0.3) < 0.1  # type: ignore[arg-type]
    assert len(study.trials()) == 40


def test_tune_takes_a_time() -> None:
    study = netwright.tune(bowl, {"x": netwright.Float(-1, 1)}, budget="1s", strategy="random")
    assert len(study.trials("complete")) > 5


def test_tune_without_a_budget_is_a_hundred_trials() -> None:
    study = netwright.tune(bowl, {"x": netwright.Float(-1, 1)}, strategy="random")
    assert len(study.trials()) == 100


def steps(config: netwright.Config, context: netwright.Context) -> float:
    value = float(config["x"])  # type: ignore[arg-type]
    for step in range(4):
        if context.report(step, value):
            return netwright.Result(state="pruned")  # type: ignore[return-value]
    return value


def test_reports_prune() -> None:
    study = netwright.tune(
        steps,
        {"x": netwright.Float(0, 1)},
        trials=30,
        strategy="random",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=3),
    )
    counts = study.counts()
    assert counts["pruned"] > 3
    assert counts["complete"] > 3


def test_maximising_and_several_objectives() -> None:
    space = {"x": netwright.Float(0, 1)}
    study = netwright.tune(bowl, space, trials=20, direction="maximize", strategy="random")
    assert study.best().values[0] == max(record.values[0] for record in study.trials())
    both = netwright.tune(
        lambda config: {"loss": config["x"], "speed": config["x"]},  # type: ignore[dict-item]
        space,
        trials=10,
        objectives={"loss": "minimize", "speed": "maximize"},
        strategy="nsga2",
    )
    assert len(both.pareto_front()) == 10


def test_a_tuned_study_is_reopened_in_its_folder(tmp_path: Path) -> None:
    space = {"x": netwright.Float(-1, 1)}
    netwright.tune(bowl, space, trials=3, out=tmp_path / "t")
    assert len(netwright.tune(bowl, space, trials=8, out=tmp_path / "t").trials()) == 8


def test_tune_in_processes(tmp_path: Path) -> None:
    study = netwright.tune(
        bowl, {"x": netwright.Float(-1, 1)}, trials=6, engine="processes", workers=2, out=tmp_path
    )
    assert study.counts()["complete"] == 6


def test_ask_and_tell_by_hand() -> None:
    study = netwright.tune(bowl, {"x": netwright.Float(-1, 1)}, trials=3)
    trial = study.ask()
    assert trial is not None
    study.tell(trial, netwright.Result(scores={"score": -5.0}))
    assert study.best().values == (-5.0,)


def test_a_persons_own_sampler_tunes() -> None:
    space = {"x": netwright.Float(-1, 1)}
    study = netwright.tune(bowl, space, trials=5, strategy=optuna.samplers.RandomSampler(seed=1))
    assert len(study.trials()) == 5


class OwnSpace(netwright.Space):
    """Five lines of a person's own."""

    def configure(self, choose):  # type: ignore[no-untyped-def]
        depth = choose.suggest_int("depth", 1, 3)
        return netwright.Config({"depth": depth, "x": choose.suggest_float("x", 0, depth)})


def test_a_persons_own_space_tunes() -> None:
    study = netwright.tune(bowl, OwnSpace(), trials=10, strategy="random")
    assert all(record.config["x"] <= record.config["depth"] for record in study.trials())  # type: ignore[operator]


class PlainLinear(Linear):
    """A person's own algorithm, by its name."""

    name = f"{__name__}:own_learner"


def own_learner() -> TabularLearner:
    return TabularLearner(PlainLinear())


def test_a_persons_own_learner_competes(tmp_path: Path) -> None:
    predictor = netwright.fit(
        make_frame(),
        "y",
        trials=2,
        out=tmp_path / "r",
        engine="inline",
        learners=[f"{__name__}:own_learner"],
    )
    assert predictor.leaderboard()["learner"].iloc[0] == f"{__name__}:own_learner"
    assert len(predictor.predict(make_frame(4))) == 4


def test_a_fresh_process_opens_a_persons_own_model_only_when_told_to_trust_it(
    tmp_path: Path,
) -> None:
    own = f"{__name__}:own_learner"
    out = tmp_path / "r"
    netwright.fit(make_frame(), "y", trials=1, out=out, engine="inline", learners=[own])
    make_frame(4).to_csv(tmp_path / "new.csv", index=False)
    words = [sys.executable, "-m", "netwright", "predict", str(out), str(tmp_path / "new.csv")]
    words += ["--out", str(tmp_path / "p.csv")]
    refused = subprocess.run(words, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert f"--trust {own}" in refused.stderr
    root = Path(__file__).resolve().parents[1]
    trusted = subprocess.run([*words, "--trust", own], capture_output=True, text=True, cwd=root)
    assert trusted.returncode == 0, trusted.stderr


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"budget": "never"}, BudgetError),
        ({"trials": 0}, BudgetError),
        ({"trials": 1, "colour": 1}, UnknownName),
        ({"trials": 1, "metric": "rmse"}, ConfigError),
        ({"trials": 1, "engine": "magic"}, UnknownName),
    ],
)
def test_wrong_calls_are_refused(tmp_path: Path, options: dict, error: type) -> None:
    with pytest.raises(error):
        netwright.fit(make_frame(), "y", out=tmp_path / "r", **options)
    assert not (tmp_path / "r").exists()


def test_a_fit_without_a_folder_is_temporary() -> None:
    predictor = netwright.fit(make_frame(), "y", trials=1, engine="inline", learners=["linear"])
    assert predictor.folder.exists()
    assert np.isfinite(predictor.evaluate(make_frame())["auc"])


def test_without_explaining_there_is_a_model_and_no_page(tmp_path: Path) -> None:
    frame = make_frame(80)
    options = {"trials": 1, "learners": ("linear",), "engine": "inline"}
    out = tmp_path / "run"
    predictor = netwright.fit(
        frame, "y", out=out, explain=False, test=write(frame, tmp_path), **options
    )
    assert len(predictor.predict(frame)) == 80
    assert not (out / "report.html").exists()
    found = (out / "explain.json").read_text()
    assert "importance" not in found
    assert "test_metrics" in found


def write(frame: pd.DataFrame, folder: Path) -> str:
    path = folder / "test.csv"
    frame.to_csv(path, index=False)
    return str(path)


JOIN = """
import sys, netwright
def objective(config): return config["x"] ** 2
space = {"x": netwright.Float(-1, 1)}
netwright.tune(objective, space, trials=40, strategy="random", storage=sys.argv[1], name="ours")
"""


def test_two_processes_tune_one_study(tmp_path: Path) -> None:
    where = str(tmp_path / "study.journal")
    both = [subprocess.Popen([sys.executable, "-c", JOIN, where]) for _ in range(2)]
    assert [process.wait(100) for process in both] == [0, 0]
    study = netwright.tune(
        lambda config: 0.0, {"x": netwright.Float(-1, 1)}, trials=40, storage=where, name="ours"
    )
    assert [record.position for record in study.trials("complete")] == list(range(40))
    assert study.name == "ours"
