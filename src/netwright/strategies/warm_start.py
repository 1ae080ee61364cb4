"""A warm start from scores that cost nothing: the most promising of many random designs go first
(Abdelfattah, Mehrotra, Dudziak and Lane, "Zero-Cost Proxies for Lightweight NAS", ICLR 2021,
section 5, "zero-cost warmup").

It wraps any sampler, which afterwards goes on with those trials as its past:

    sampler = WarmStart(TPESampler(seed=0), space, score=lambda config: {"params": -size(config)})
    study = optuna.create_study(sampler=sampler)

A sampler that uses cheap scores in a better way has a method `use_cheap(score)` and is not wrapped;
`with_cheap` knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from netwright.core import moves
from netwright.core.config import Config
from netwright.core.positions import all_trials, position_of
from netwright.core.space import Space

CheapScore = Callable[[Config], Mapping[str, float]]
"""Names to scores, higher is better; NaN where a score is not known."""


class ScoredPool:
    """Cheap scores of some designs; those of all others are not known.

    Attributes:
        designs: The different ones among them, in their order.

    Args:
        space: Tells which designs are the same thing.
        scored: Designs and their scores.
    """

    def __init__(self, space: Space, scored: Sequence[tuple[Config, Mapping[str, float]]]) -> None:
        self._space = space
        self._known = {space.canonical(config): scores for config, scores in scored}
        self.designs = list({space.canonical(config): config for config, _ in scored}.values())
        names = dict.fromkeys(name for _, scores in scored for name in scores)
        self._nothing = dict.fromkeys(names, float("nan"))

    def __call__(self, config: Config) -> Mapping[str, float]:
        """The scores of a design."""
        return self._known.get(self._space.canonical(config), self._nothing)


def pool_of(score: CheapScore | None) -> list[Config]:
    """The designs whose scores are known beforehand; none where all can be asked for."""
    return list(score.designs) if isinstance(score, ScoredPool) else []


class WarmStart(BaseSampler):
    """Tries the best of a random pool first, then whatever another sampler says.

    Args:
        inner: Goes on after the first trials.
        space: What may be chosen.
        score: The cheap scores of a design.
        count: How many of the pool are tried.
        pool: How many random designs are scored, unless the scores come with designs.
        seed: The study's; the pool is drawn from it.
    """

    def __init__(
        self,
        inner: BaseSampler,
        space: Space,
        score: CheapScore,
        count: int = 10,
        pool: int = 1000,
        seed: int = 0,
    ) -> None:
        self.inner = inner
        self.space = space
        self.score = score
        self.count = count
        self.pool = pool
        self.seed = seed
        self._union: dict[str, BaseDistribution] = space.distributions()

    @cached_property
    def first(self) -> list[Config]:
        """The designs to begin with, the best first."""
        rng = np.random.default_rng(self.seed)
        drawn = pool_of(self.score) or [self.space.sample(rng) for _ in range(self.pool)]
        drawn = [config for config in drawn if self.space.allows(config)] or drawn[: self.count]
        different = list({self.space.canonical(config): config for config in drawn}.values())
        order = mean_ranks([self.score(config) for config in different]).argsort(kind="stable")
        return [different[place] for place in order[: self.count]]

    def _place(self, study: Study, trial: FrozenTrial) -> int:
        return position_of(trial, all_trials(study))

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """The whole space at first, then the inner sampler's."""
        if self._place(study, trial) < len(self.first):
            return self._union
        return self.inner.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The next of the pool; whatever was enqueued stands."""
        place = self._place(study, trial)
        if place >= len(self.first):
            return self.inner.sample_relative(study, trial, search_space)
        config = self.first[place]
        fixed = trial.system_attrs.get("fixed_params")
        if fixed:
            rng = np.random.default_rng([self.seed, place])
            config = moves.mend(self.space, {**config, **fixed}, rng)
        # Samplers on flat spaces are asked for idle parameters too.
        values = {**self.space.defaults(), **config}
        return {name: values[name] for name in self._union if name in values}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Any:
        """The inner sampler's."""
        return self.inner.sample_independent(study, trial, param_name, param_distribution)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Tells the inner sampler."""
        self.inner.before_trial(study, trial)

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Tells the inner sampler."""
        self.inner.after_trial(study, trial, state, values)

    def reseed_rng(self) -> None:
        """Passes it on; the pool stays what the seed says."""
        self.inner.reseed_rng()


def with_cheap(
    sampler: BaseSampler, space: Space, score: CheapScore, seed: int, pool: int = 1000
) -> BaseSampler:
    """A sampler with cheap scores in its hands.

    Args:
        sampler: Takes them itself if it has `use_cheap`, else it is wrapped.
        space: What may be chosen.
        score: The cheap scores of a design.
        seed: The study's.
        pool: How many random designs are scored for a sampler that is wrapped.
    """
    if hasattr(sampler, "use_cheap"):
        sampler.use_cheap(score)
        return sampler
    return WarmStart(sampler, space, score, pool=pool, seed=seed)


def mean_ranks(scores: Sequence[Mapping[str, float]]) -> np.ndarray:
    """The mean over scores of each design's rank, 1 for the highest; what is not known is last.

    Args:
        scores: n designs' scores by name.

    Returns:
        (n,).
    """
    from scipy.stats import rankdata

    names = list(dict.fromkeys(name for known in scores for name in known))
    table = np.array([[known.get(name, np.nan) for name in names] for known in scores])
    losses = np.where(np.isnan(table), np.inf, -table).reshape(len(scores), len(names))
    if not names:
        return np.zeros(len(scores))
    ranks: np.ndarray = rankdata(losses, axis=0).mean(axis=1)
    return ranks
