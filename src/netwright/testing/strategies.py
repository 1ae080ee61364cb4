"""Contracts of spaces and strategies, the three laws among them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna

from netwright.core.config import Config
from netwright.core.result import Result
from netwright.core.space import Space
from netwright.core.strategy import StrategySpec
from netwright.core.study import Study
from netwright.testing.toys import toy_loss, toy_spaces

TRIALS = 16
Loss = Callable[[Config], float]


def check_space(space: Space, samples: int = 30) -> None:
    """Walking is repeatable, samples are valid, and the union of distributions covers them."""
    rng = np.random.default_rng(0)
    union = space.distributions()
    for _ in range(samples):
        config = space.sample(rng)
        assert space.complete(config) == config, f"{config} does not survive being walked again"
        assert Config(config.to_json()) == config, f"{config} is not a plain mapping"
        assert hash(Config(dict(reversed(list(config.items()))))) == hash(config), (
            "order changes the hash"
        )
        for name, value in config.items():
            if name in union:
                inside = union[name]._contains(union[name].to_internal_repr(value))
                assert inside, f"{name} = {value!r} is outside its distribution"
    assert set(space.complete()) <= set(union) | set(space.defaults()), "defaults name strangers"


def check_strategy(strategy: StrategySpec, loss: Loss = toy_loss) -> None:
    """Runs a strategy on every toy space: valid proposals, replay, seeds by position, fixed
    parameters honoured, and use from a plain Optuna script."""
    for name, space in toy_spaces().items():
        check_replay(strategy, space, loss)
        check_seed_by_position(strategy, space, loss)
        check_one_truth(strategy, space, loss)
        check_fixed_parameters(strategy, space)
        _check_plain_optuna(strategy, space, loss)
        study = _run(_study(strategy, space, None), loss, TRIALS)
        for record in study.trials():
            assert record.state == "complete", f"{strategy.name} left {record.state} on {name}"
            assert space.complete(record.config) == record.config, f"{record.config} is invalid"


def check_replay(strategy: StrategySpec, space: Space, loss: Loss = toy_loss) -> None:
    """Law 1: stop anywhere, reopen, go on - equals never stopped. A lost trial is run again."""
    with tempfile.TemporaryDirectory() as folder:
        whole = _configs(_run(_study(strategy, space, None), loss, TRIALS))
        path = Path(folder) / "stopped.journal"
        _run(_study(strategy, space, path), loss, TRIALS // 3)
        half = _study(strategy, space, path)
        lost = half.ask(TRIALS)
        assert lost is not None
        half.fail(lost.number, "worker lost", retry=True)
        again = _run(_study(strategy, space, path), loss, TRIALS)
        assert _configs(again) == whole, f"{strategy.name} went on differently after a stop"


def check_seed_by_position(strategy: StrategySpec, space: Space, loss: Loss = toy_loss) -> None:
    """Law 2: the same seed gives the same trials, another seed others."""
    first = _configs(_run(_study(strategy, space, None, seed=1), loss, TRIALS))
    second = _configs(_run(_study(strategy, space, None, seed=1), loss, TRIALS))
    assert first == second, f"{strategy.name} is not decided by its seed"


def check_one_truth(strategy: StrategySpec, space: Space, loss: Loss = toy_loss) -> None:
    """Law 3: two openings of one storage see the same study and share its slots."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shared.journal"
        one, other = _study(strategy, space, path), _study(strategy, space, path)
        for turn in range(TRIALS):
            study = one if turn % 2 else other
            trial = study.ask(TRIALS)
            assert trial is not None
            study.tell(trial, Result(scores={"score": loss(trial.config)}))
        assert one.ask(TRIALS) is None, "more trials than slots"
        assert other.ask(TRIALS) is None, "more trials than slots"
        assert one.trials() == other.trials(), "two openings disagree"
        assert len(one.trials("complete")) == TRIALS


def check_fixed_parameters(strategy: StrategySpec, space: Space) -> None:
    """An enqueued design is tried exactly as it is."""
    study = _study(strategy, space, None)
    wanted = space.sample(np.random.default_rng(7))
    study.enqueue(wanted)
    trial = study.ask()
    assert trial is not None
    assert trial.config == wanted, f"{strategy.name} changed an enqueued design"


def _check_plain_optuna(strategy: StrategySpec, space: Space, loss: Loss) -> None:
    walked = space.flat() if strategy.flat else space
    sampler = strategy.sampler(0, walked)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=sampler)
    study.optimize(lambda trial: loss(walked.configure(trial)), n_trials=5)
    assert len(study.trials) == 5


def _study(strategy: StrategySpec, space: Space, storage: Any, seed: int = 0) -> Study:
    return Study(space, strategy=strategy, storage=storage, seed=seed)


def _run(study: Study, loss: Loss, trials: int) -> Study:
    while (trial := study.ask(trials)) is not None:
        study.tell(trial, Result(scores={"score": loss(trial.config)}))
    return study


def _configs(study: Study) -> list[Config]:
    return [record.config for record in study.trials("complete")]
