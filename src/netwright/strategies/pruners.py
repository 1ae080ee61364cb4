"""What stops trials early, by name: Optuna's pruners and ours.

A person's own is named as `package:Class` and made without arguments, or passed as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netwright.core.errors import ConfigError
from netwright.core.registry import find

if TYPE_CHECKING:
    from optuna.pruners import BasePruner, PercentilePruner

PRUNERS: dict[str, str] = {
    "none": "optuna.pruners:NopPruner",
    "median": "optuna.pruners:MedianPruner",
    "percentile": "netwright.strategies.pruners:percentile",
    "halving": "optuna.pruners:SuccessiveHalvingPruner",
    "hyperband": "optuna.pruners:HyperbandPruner",
    "extrapolation": "netwright.strategies.extrapolation:ExtrapolationPruner",
}


def percentile() -> PercentilePruner:
    """Stops the worst three in ten, once six trials are known: careful, as folds are few."""
    from optuna.pruners import PercentilePruner

    return PercentilePruner(70.0, n_startup_trials=6)


def get_pruner(pruner: str | Any) -> BasePruner:
    """The pruner of a name, or whatever pruner a person brings.

    Raises:
        UnknownName: No such pruner.
        ConfigError: It is not a pruner.
    """
    from optuna.pruners import BasePruner

    if isinstance(pruner, BasePruner):
        return pruner
    made = find("pruners", str(pruner), PRUNERS)
    if not isinstance(made, BasePruner):
        try:
            made = made()
        except TypeError as error:
            raise ConfigError(f"The pruner {pruner!r} cannot be made: {error}.") from error
    if not isinstance(made, BasePruner):
        raise ConfigError(f"A pruner is an Optuna pruner. {pruner!r} is {made!r}.")
    return made
