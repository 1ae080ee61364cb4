"""Pruners by name, and that each works in a study of ours."""

from __future__ import annotations

import optuna
import pytest

import netwright
from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.errors import ConfigError, UnknownName
from netwright.core.space import Float
from netwright.strategies.pruners import PRUNERS, get_pruner


def curve(config: Config, context: Context) -> float:
    loss = 1.0
    for step in range(9):
        loss = float(config["x"]) ** 2 + 1 / (step + 1)  # type: ignore[arg-type]
        if context.report(step, loss):
            return netwright.Result(state="pruned")  # type: ignore[return-value]
    return loss


@pytest.mark.parametrize("name", list(PRUNERS))
def test_each_works_by_name(name: str) -> None:
    space = {"x": Float(-2, 2)}
    study = netwright.tune(curve, space, trials=40, strategy="random", pruner=name)
    counts = study.counts()
    assert counts["complete"] >= 1
    assert counts["failed"] == counts["running"] == 0
    assert (counts["pruned"] == 0) == (name == "none")


def test_the_default_is_still_the_median_rule() -> None:
    study = netwright.tune(curve, {"x": Float(-2, 2)}, trials=1)
    assert type(study.optuna_study.pruner) is optuna.pruners.MedianPruner


class OwnPruner(optuna.pruners.BasePruner):
    """A person's own."""

    def prune(self, study: optuna.Study, trial: optuna.trial.FrozenTrial) -> bool:
        return False


def test_a_persons_own_by_name_or_as_it_is() -> None:
    assert isinstance(get_pruner(f"{__name__}:OwnPruner"), OwnPruner)
    own = OwnPruner()
    assert get_pruner(own) is own


def test_unknown_and_unfit_pruners_are_refused() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'hyperband'"):
        get_pruner("hyperbend")
    with pytest.raises(ConfigError, match="is an Optuna pruner"):
        get_pruner("builtins:dict")
    with pytest.raises(ConfigError, match="cannot be made"):
        get_pruner("json:loads")
    with pytest.raises(UnknownName):
        netwright.tune(curve, {"x": Float(0, 1)}, trials=1, pruner="nothing")
