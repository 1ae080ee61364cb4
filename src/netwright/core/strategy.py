"""What next: a strategy is an Optuna sampler, here with what netwright must know about it.

Law 2, seed by position: trial n draws from a generator seeded by (study seed, n), so that a run
that was stopped and reopened goes on exactly as one that was not. `PositionSeeded` gives every
trial a fresh sampler seeded so; the sampler's state is then a fold over the finished trials alone
(law 1).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from optuna.samplers import BaseSampler

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial, TrialState

    from netwright.core.space import Space

POSITION = "netwright:position"
"""Attribute of a retried trial: the position it keeps."""
SURPLUS = "netwright:surplus"
"""Attribute of a trial that lost the race for the last slot; it counts nowhere."""


@dataclass(frozen=True)
class StrategySpec:
    """How to make one strategy's sampler.

    Attributes:
        name: What a person calls it.
        make: (seed, space) -> sampler; importable, so that it reaches workers.
        flat: Whether the sampler needs every parameter always active (`space.flat()`).
        one_seed: Whether all trials share the study's seed (low-discrepancy sequences, which find
            their place by counting trials).
        placed: Whether the sampler seeds itself by position and so lives as long as the study.
    """

    name: str
    make: Callable[[int, Space], BaseSampler]
    flat: bool = False
    one_seed: bool = False
    placed: bool = False

    def sampler(self, seed: int, space: Space) -> BaseSampler:
        """The sampler of one study, obeying law 2; `space` is flat already where it must be."""
        if self.placed:
            return self.make(seed, space)
        return PositionSeeded(partial(_seeded, self, space), seed, self.one_seed)


def _seeded(strategy: StrategySpec, space: Space, seed: int) -> BaseSampler:
    return strategy.make(seed, space)


def derive_seed(seed: int, position: int) -> int:
    """The seed of one position: 32 bits that share nothing with their neighbours."""
    import numpy as np

    return int(np.random.SeedSequence([seed, position]).generate_state(1)[0])


def position_of(trial: FrozenTrial, trials: Sequence[FrozenTrial]) -> int:
    """The slot a trial fills: its number less the retries and surplus trials before it."""
    if POSITION in trial.user_attrs:
        return int(trial.user_attrs[POSITION])
    extra = sum(
        POSITION in other.user_attrs or SURPLUS in other.user_attrs
        for other in trials[: trial.number]
    )
    return trial.number - extra


class PositionSeeded(BaseSampler):
    """Gives every trial a fresh sampler seeded by the study's seed and the trial's position.

    Args:
        make: seed -> sampler.
        seed: The study's seed.
        one_seed: Use the study's seed itself for every trial.
    """

    def __init__(self, make: Callable[[int], BaseSampler], seed: int, one_seed: bool = False):
        self._make = make
        self._seed = seed
        self._one_seed = one_seed
        self._inner: BaseSampler | None = None

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Makes this trial's sampler."""
        position = position_of(trial, study.get_trials(deepcopy=False))
        seed = self._seed if self._one_seed else derive_seed(self._seed, position)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # samplers announce that they are experimental
            self._inner = self._make(seed)
        self._inner.before_trial(study, trial)

    def _sampler(self) -> BaseSampler:
        if self._inner is None:
            self._inner = self._make(self._seed)
        return self._inner

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Asks this trial's sampler."""
        return self._sampler().infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Asks this trial's sampler."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self._sampler().sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Any:
        """Asks this trial's sampler."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self._sampler().sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self,
        study: Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        """Tells this trial's sampler."""
        self._sampler().after_trial(study, trial, state, values)

    def reseed_rng(self) -> None:
        """Nothing to do: every trial is seeded by its position."""
