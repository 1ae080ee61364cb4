"""Optuna's samplers under netwright's names, each with the settings that suit our spaces."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from netwright.core.errors import MissingExtra
from netwright.core.positions import all_trials, position_of
from netwright.core.space import Space
from netwright.core.strategy import StrategySpec


def _tpe(seed: int, space: Space) -> BaseSampler:
    """Tree-structured Parzen estimator over groups of parameters that are active together."""
    return optuna.samplers.TPESampler(
        seed=seed, multivariate=True, group=True, constant_liar=True, n_startup_trials=12
    )


def _qmc(seed: int, space: Space) -> BaseSampler:
    return optuna.samplers.QMCSampler(
        seed=seed, scramble=True, warn_asynchronous_seeding=False, warn_independent_sampling=False
    )


def _gp(seed: int, space: Space) -> BaseSampler:
    return optuna.samplers.GPSampler(seed=seed, deterministic_objective=False)


def _cmaes(seed: int, space: Space) -> BaseSampler:
    if find_spec("cmaes") is None:
        raise MissingExtra(
            "The strategy 'cmaes' needs the package 'cmaes', which is not installed; "
            'run: pip install "netwright[search]"'
        )
    return PlacedCmaEs(seed=seed, warn_independent_sampling=False)


class PlacedCmaEs(optuna.samplers.CmaEsSampler):
    """Optuna's CMA-ES adds the trial's number to its seed; a retry must keep its predecessor's."""

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Samples as the trial that had this position first."""
        placed = copy.copy(trial)
        placed.number = position_of(trial, all_trials(study))
        return super().sample_relative(study, placed, search_space)


def _nsga2(seed: int, space: Space) -> BaseSampler:
    return optuna.samplers.NSGAIISampler(seed=seed)


def _nsga3(seed: int, space: Space) -> BaseSampler:
    return optuna.samplers.NSGAIIISampler(seed=seed)


TPE = StrategySpec("tpe", _tpe)
QMC = StrategySpec("qmc", _qmc, flat=True, one_seed=True)
GP = StrategySpec("gp", _gp, flat=True)
CMAES = StrategySpec("cmaes", _cmaes, flat=True)
NSGA2 = StrategySpec("nsga2", _nsga2, flat=True)
NSGA3 = StrategySpec("nsga3", _nsga3, flat=True)


@dataclass(frozen=True)
class OwnSampler:
    """Makes a person's own sampler class, seeded."""

    sampler: type[BaseSampler]

    def __call__(self, seed: int, space: Space) -> BaseSampler:
        return self.sampler(seed=seed)  # type: ignore[call-arg]
