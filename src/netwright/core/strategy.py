"""What next: a strategy is an Optuna sampler, here with what netwright must know about it.

Law 2, seed by position: trial n draws from a generator seeded by (study seed, n), so that a run
that was stopped and reopened goes on exactly as one that was not. `PositionSeeded` gives every
trial a fresh sampler seeded so; the sampler's state is then a fold over the finished trials alone
(law 1).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from optuna.samplers import BaseSampler

from netwright.core.positions import Positions, all_trials

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial, TrialState

    from netwright.core.space import Space


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
        self._positions = Positions()

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Makes this trial's sampler."""
        position = self._positions.update(all_trials(study)).of(trial.number)
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


class Reseeded(BaseSampler):
    """A person's own sampler object, its random generators seeded anew for every trial.

    Workers get a copy of it each; left alone, N of them would propose the same N designs. A
    sampler that asks its study to stop (a grid that is finished) is remembered, see `is_exhausted`.

    Args:
        inner: The person's sampler.
        seed: The study's seed.
    """

    def __init__(self, inner: BaseSampler, seed: int) -> None:
        self.inner = inner
        self._exhausted = False
        self._seed = seed
        self._positions = Positions()

    def is_exhausted(self, study: Study) -> bool:
        """Whether it has nothing left to propose."""
        ask = getattr(self.inner, "is_exhausted", None)  # of grids
        return self._exhausted or (ask is not None and bool(ask(study)))

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Seeds it by the trial's position."""
        position = self._positions.update(all_trials(study)).of(trial.number)
        generators = [*_generators(self.inner)]
        for place, generator in enumerate(generators):
            _reseed(generator, derive_seed(self._seed, position) + place)
        if not generators:
            self.inner.reseed_rng()
        with self._stopping():
            self.inner.before_trial(study, trial)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Asks it."""
        return self.inner.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Asks it."""
        return self.inner.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Any:
        """Asks it."""
        return self.inner.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self,
        study: Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        """Tells it."""
        with self._stopping():
            self.inner.after_trial(study, trial, state, values)

    def reseed_rng(self) -> None:
        """Nothing to do: every trial is seeded by its position."""

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        """`Study.stop` works inside `Study.optimize` only, and raises elsewhere."""
        try:
            yield
        except RuntimeError as error:
            if "Study.stop" not in str(error):
                raise
            self._exhausted = True


LAZY = "LazyRandomState"
"""What Optuna's samplers keep their generator in."""


def _generators(part: Any, depth: int = 3) -> Iterator[Any]:
    """The random generators inside a sampler and the samplers it holds."""
    import random

    import numpy as np

    for value in vars(part).values() if hasattr(part, "__dict__") else ():
        if isinstance(value, (random.Random, np.random.RandomState, np.random.Generator)):
            yield value
        elif type(value).__name__ == LAZY:
            yield value.rng
        elif depth and isinstance(value, BaseSampler):
            yield from _generators(value, depth - 1)


def _reseed(generator: Any, seed: int) -> None:
    """Puts a generator into the state that a new one of this seed has."""
    import numpy as np

    if isinstance(generator, np.random.Generator):
        generator.bit_generator.state = type(generator.bit_generator)(seed).state
    else:
        generator.seed(seed % 2**32)
