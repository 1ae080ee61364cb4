"""Studies of a person's own function: bad answers, own samplers, many trials."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest

from netwright import Float, Int, tune
from netwright.core.config import Config
from netwright.core.context import Context

SPACE = {"x": Float(-1, 1)}


def bad_once(answer: Callable[[], Any]) -> Callable[[Config, Context], Any]:
    calls = [0]

    def score(config: Config, context: Context) -> Any:
        calls[0] += 1
        return answer() if calls[0] == 3 else float(config["x"] or 0.0)

    return score


def raising(error: BaseException) -> Callable[[], Any]:
    def answer() -> Any:
        raise error

    return answer


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda: {"loss": 1.0}, "the answer has no 'score', only ['loss']"),
        (lambda: float("nan"), "not a number"),
        (lambda: None, "TypeError"),
        (lambda: "fine", "ValueError"),
        (lambda: (1.0, 2.0), "ValueError"),
        (lambda: {"score": "high"}, "ValueError"),
        (raising(ZeroDivisionError("by zero")), "ZeroDivisionError: by zero"),
        (raising(SystemExit(3)), "SystemExit: 3"),
    ],
    ids=["name", "nan", "none", "text", "two", "word", "raised", "exit"],
)
def test_one_bad_answer_is_a_failed_trial(answer: Callable[[], Any], reason: str) -> None:
    study = tune(bad_once(answer), SPACE, trials=6)
    assert study.counts() == {"complete": 5, "pruned": 0, "failed": 1, "running": 0}
    (failed,) = study.trials("failed")
    assert reason in str(failed.error)


def test_a_pruned_answer_is_pruned() -> None:
    study = tune(bad_once(raising(optuna.TrialPruned())), SPACE, trials=6)
    assert study.counts() == {"complete": 5, "pruned": 1, "failed": 0, "running": 0}


def square(config: Config, context: Context) -> float:
    time.sleep(0.02)
    return float(config["x"] or 0.0) ** 2


@pytest.mark.parametrize(
    "sampler",
    [optuna.samplers.RandomSampler(seed=3), optuna.samplers.TPESampler(seed=3)],
    ids=["random", "tpe"],
)
def test_a_persons_own_sampler_proposes_other_designs_to_each_worker(
    sampler: optuna.samplers.BaseSampler, tmp_path: Path
) -> None:
    study = tune(
        square, SPACE, trials=8, strategy=sampler, engine="processes", workers=2, out=tmp_path
    )
    proposed = [record.config["x"] for record in study.trials("complete")]
    assert len(proposed) == len(set(proposed)) == 8


class OwnGenerator(optuna.samplers.RandomSampler):
    """Keeps a generator of numpy's new kind."""

    def __init__(self) -> None:
        super().__init__()
        self.generator = np.random.default_rng(0)

    def sample_relative(self, study: Any, trial: Any, search_space: Any) -> dict[str, Any]:
        return {"x": float(self.generator.uniform(-1, 1))}

    def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, Any]:
        return {"x": optuna.distributions.FloatDistribution(-1, 1)}


@pytest.mark.parametrize("make", [OwnGenerator, optuna.samplers.RandomSampler])
def test_own_samplers_are_seeded_by_position(make: type, tmp_path: Path) -> None:
    def proposed(folder: Path, *until: int) -> list[Any]:
        for trials in until:
            study = tune(square, SPACE, trials=trials, strategy=make(), out=folder, seed=5)
        return [record.config["x"] for record in study.trials()]

    assert proposed(tmp_path / "a", 6) == proposed(tmp_path / "b", 2, 6)


@pytest.mark.parametrize("name", ["grid", "brute force"])
@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_a_finished_grid_ends_the_study_well(name: str) -> None:
    sampler: optuna.samplers.BaseSampler = optuna.samplers.GridSampler(
        {"x": [-1, 0, 1], "n": [1, 2]}
    )
    if name == "brute force":
        sampler = optuna.samplers.BruteForceSampler()
    space = {"x": Int(-1, 1), "n": Int(1, 2)}
    study = tune(lambda c, _: float(c["x"]) + c["n"], space, trials=20, strategy=sampler)
    assert study.counts()["failed"] == 0
    assert len({record.config for record in study.trials("complete")}) == 6
    assert study.counts()["complete"] <= 7
    assert study.best().values == (0.0,)


def test_the_last_trials_of_a_study_cost_what_the_first_did() -> None:
    def seconds(trials: int) -> float:
        began = time.process_time()
        tune(lambda config, _: config["x"], SPACE, trials=trials, strategy="random")
        return time.process_time() - began

    seconds(50)
    first = seconds(150) / 150
    assert seconds(900) / 900 < 2.5 * first + 1e-3
