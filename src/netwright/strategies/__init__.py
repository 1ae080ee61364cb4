"""What next, by name. Every strategy is an Optuna sampler; a person's own drops in.

`--strategy package:Class` takes any sampler class whose constructor has a `seed`.
"""

from __future__ import annotations

from typing import Any

from netwright.core.errors import ConfigError
from netwright.core.registry import find, names
from netwright.core.strategy import StrategySpec

STRATEGIES: dict[str, str] = {
    "auto": "netwright.strategies.auto:AUTO",
    "tpe": "netwright.strategies.samplers:TPE",
    "random": "netwright.strategies.random_search:RANDOM",
    "grid": "netwright.strategies.grid:GRID",
    "local_search": "netwright.strategies.local_search:LOCAL_SEARCH",
    "genetic": "netwright.strategies.genetic:GENETIC",
    "regularized_evolution": "netwright.strategies.evolution:REGULARIZED_EVOLUTION",
    "nash": "netwright.strategies.morphism:NASH",
    "morphism_evolution": "netwright.strategies.morphism:MORPHISM_EVOLUTION",
    "reinforce": "netwright.strategies.reinforce:REINFORCE",
    "bananas": "netwright.strategies.bananas:BANANAS",
    "smac": "netwright.strategies.smac:SMAC",
    "qmc": "netwright.strategies.samplers:QMC",
    "gp": "netwright.strategies.samplers:GP",
    "cmaes": "netwright.strategies.samplers:CMAES",
    "nsga2": "netwright.strategies.samplers:NSGA2",
    "nsga3": "netwright.strategies.samplers:NSGA3",
}


def get_strategy(strategy: str | Any) -> Any:
    """The strategy of a name, or whatever sampler a person brings.

    Raises:
        UnknownName: No such strategy.
        ConfigError: It is not a sampler.
    """
    from optuna.samplers import BaseSampler

    if isinstance(strategy, (StrategySpec, BaseSampler)):
        return strategy
    found = strategy
    if not isinstance(strategy, type):
        found = find("strategies", strategy, STRATEGIES)
    if isinstance(found, (StrategySpec, BaseSampler)):
        return found
    if isinstance(found, type) and issubclass(found, BaseSampler):
        from netwright.strategies.samplers import OwnSampler

        return StrategySpec(str(strategy), OwnSampler(found))
    raise ConfigError(f"A strategy is an Optuna sampler. {strategy!r} is {found!r}.")


def known_strategies() -> list[str]:
    """Names of built-in and plugged-in strategies."""
    return list(names("strategies", STRATEGIES))
