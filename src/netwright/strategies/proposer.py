"""The common ground of our own strategies: what is known so far, and one whole design in return.

A strategy is an Optuna sampler. Ours see the finished trials as designs with losses and propose a
complete design of the space; how that becomes Optuna's parameters is settled here, once. They seed
themselves by position (law 2), and whatever they learn is a fold over the finished trials (law 1),
so one of them may live as long as its study without remembering anything the storage does not.

    sampler = LocalSearch(space, seed=0)
    study = optuna.create_study(sampler=sampler)
    study.optimize(lambda trial: loss(space.configure(trial)), n_trials=100)
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.random import Generator
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from netwright.core import moves
from netwright.core.choosers import FixedChooser
from netwright.core.config import Config
from netwright.core.errors import ConfigError
from netwright.core.positions import SURPLUS, Positions, all_trials
from netwright.core.space import Space
from netwright.core.strategy import StrategySpec
from netwright.core.trial import RESULT

RETRIES = 32
"""How often chance is asked for a design that was not tried before."""
LIMIT_RETRIES = 128
"""How often a design that breaks the space's limits is changed."""


@dataclass
class Past:
    """What the storage knows, as a strategy wants it: finished designs in the order they came.

    Attributes:
        configs: Every finished design, failed ones among them.
        losses: One row a design, one loss an objective, smaller is better; infinite when failed.
        violations: Sum of the violated limits of each design, zero when it keeps them all.
        limits: What was measured for each limit of each design; above zero breaks it.
        pending: Designs being judged at this moment.
        undecided: Trials that began before this one and have no design yet: another worker is
            choosing it.
    """

    configs: list[Config] = field(default_factory=list)
    losses: list[tuple[float, ...]] = field(default_factory=list)
    violations: list[float] = field(default_factory=list)
    limits: list[Mapping[str, float]] = field(default_factory=list)
    pending: list[Config] = field(default_factory=list)
    undecided: int = 0

    def __len__(self) -> int:
        return len(self.configs)

    def order(self, places: Sequence[int] | None = None) -> list[int]:
        """Places from the best to the worst by the first objective; limits come before losses."""
        which = range(len(self)) if places is None else places
        return sorted(which, key=lambda place: (self.violations[place], self.losses[place][0]))

    def better(self, one: int, other: int) -> bool:
        """Whether one finished design beats another."""
        return (self.violations[one], self.losses[one][0]) < (
            self.violations[other],
            self.losses[other][0],
        )


class Proposer(BaseSampler):
    """Proposes whole designs of one space.

    Args:
        space: What may be chosen.
        seed: Everything random derives from it and a trial's position.
    """

    def __init__(self, space: Space, seed: int | None = None) -> None:
        self.space = space
        self.seed = 0 if seed is None else seed
        self.past = Past()
        self._union: dict[str, BaseDistribution] = space.distributions()
        self._places: dict[int, int] = {}
        self._positions = Positions()
        self._settled = 0
        self._known: set[Hashable] = set()
        self._independent = RandomSampler(self.seed)

    @abstractmethod
    def propose(self, past: Past, rng: Generator) -> Config:
        """The next design.

        Args:
            past: What is known.
            rng: The generator of this position; every draw comes from it.
        """

    # ------------------------------------------------------------------ for subclasses

    def learn(self, place: int) -> None:
        """Called once for each finished design, in order, for strategies that keep a state."""

    def tried(self, config: Config) -> bool:
        """Whether a design, or one that is the same thing, is finished or under way."""
        key = self.space.canonical(config)
        return key in self._known or any(
            self.space.canonical(other) == key for other in self.past.pending
        )

    def opens(self, config: Config) -> bool:
        """Whether a design that every search begins with is still to be tried; two workers that
        begin at once would both take it."""
        return not self.past.undecided and not self.tried(config)

    def fresh(self, draw: Callable[[], Config]) -> Config:
        """Draws until a design is new; gives up and repeats when that takes too long."""
        for _ in range(RETRIES):
            config = draw()
            if not self.tried(config):
                return config
        return config

    # ------------------------------------------------------------------ as Optuna asks

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """The union over all branches."""
        return self._union

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The active parameters of one proposal; whatever was enqueued stands."""
        trials = study.get_trials(deepcopy=False)
        self._update(study, trials, trial.number)
        position = self._positions.update(all_trials(study)).of(trial.number)
        rng = np.random.default_rng([self.seed, position])
        config = self._allowed(self.propose(self.past, rng), rng)
        fixed = trial.system_attrs.get("fixed_params")
        if fixed:
            config = moves.mend(self.space, {**config, **fixed}, rng)
        return {name: config[name] for name in self._union if name in config}

    def _allowed(self, config: Config, rng: Generator) -> Config:
        """The proposal, or the first of its ever wilder mutants that keeps the space's limits."""
        for turn in range(LIMIT_RETRIES):
            if self.space.allows(config):
                break
            wild = turn >= LIMIT_RETRIES // 2
            config = self.space.sample(rng) if wild else self.space.mutate(config, rng)
        return config

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Any:
        """At random: for parameters a script asks for that are not in the space."""
        return self._independent.sample_independent(study, trial, param_name, param_distribution)

    def _update(self, study: Study, trials: Sequence[FrozenTrial], current: int) -> None:
        """Adds what finished since the last look."""
        signs = [-1.0 if d == StudyDirection.MAXIMIZE else 1.0 for d in study.directions]
        self.past.pending, self.past.undecided = [], 0
        for trial in trials[self._first_unsettled(trials) :]:
            if trial.number in self._places or trial.number == current:
                continue
            if trial.state == TrialState.WAITING or _stood_in_for(trial):
                continue
            config = self._config(trial.params)
            if trial.state == TrialState.RUNNING:
                if config is not None:
                    self.past.pending.append(config)
                elif trial.number < current and not trial.params:
                    self.past.undecided += 1
                continue
            self._places[trial.number] = -1 if config is None else len(self.past)
            if config is not None:
                self._add(config, _losses(trial, signs), trial.constraints)

    def _first_unsettled(self, trials: Sequence[FrozenTrial]) -> int:
        """Where to begin to look; pruners that show some trials only have all looked at."""
        if len(trials) == 0 or trials[-1].number != len(trials) - 1:
            return 0
        while self._settled in self._places:
            self._settled += 1
        return self._settled

    def _add(self, config: Config, losses: tuple[float, ...], limits: Mapping[str, float]) -> None:
        self.past.configs.append(config)
        self.past.losses.append(losses)
        self.past.limits.append(limits)
        self.past.violations.append(sum(max(0.0, value) for value in limits.values()))
        self._known.add(self.space.canonical(config))
        self.learn(len(self.past) - 1)

    def _config(self, params: Mapping[str, Any]) -> Config | None:
        """The design of a trial's parameters, None when they are not of this space."""
        try:
            return self.space.configure(FixedChooser(params))
        except ConfigError:
            return None


def _stood_in_for(trial: FrozenTrial) -> bool:
    """Whether another trial took this one's place, so that it counts nowhere."""
    return SURPLUS in trial.user_attrs or trial.user_attrs.get(RESULT, {}).get("retried", False)


def _losses(trial: FrozenTrial, signs: Sequence[float]) -> tuple[float, ...]:
    """A pruned trial counts with its last report, a failed one with infinity."""
    values = trial.values if trial.state == TrialState.COMPLETE else None
    if values is None and trial.state == TrialState.PRUNED and trial.intermediate_values:
        last = trial.intermediate_values[max(trial.intermediate_values)]
        values = [last] if len(signs) == 1 else None
    if values is None or not np.isfinite(values).all():
        return (np.inf,) * len(signs)
    return tuple(sign * value for sign, value in zip(signs, values, strict=True))


def at_least(strategy: str, least: int = 1, **settings: int) -> None:
    """Refuses settings that make no sense.

    Raises:
        ConfigError: One is smaller.
    """
    for name, value in settings.items():
        if value < least:
            raise ConfigError(f"{strategy} needs {name} of at least {least}. Got {value}.")


@dataclass(frozen=True)
class Making:
    """Makes one of our samplers: its class and its settings, importable by workers."""

    kind: type[Proposer]
    settings: tuple[tuple[str, Any], ...] = ()

    def __call__(self, seed: int, space: Space) -> BaseSampler:
        return self.kind(space, seed, **dict(self.settings))


def spec(name: str, kind: type[Proposer], **settings: Any) -> StrategySpec:
    """A strategy of ours: it places its own seeds and lives as long as the study."""
    return StrategySpec(name, Making(kind, tuple(settings.items())), placed=True)
