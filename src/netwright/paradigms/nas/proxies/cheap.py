"""Proxies as the cheap scores of any strategy, computed when they are asked for.

scores = ProxyScores(space, task, images, targets, ("synflow", "jacob_cov"), seed=0)
sampler = with_proxies(TPESampler(seed=0), scores, pool=100)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from netwright.core.config import Config
from netwright.core.errors import BudgetError
from netwright.core.task import Task
from netwright.paradigms.nas.proxies import get_proxy
from netwright.spaces.nets import NetSpace
from netwright.strategies.warm_start import ScoredPool, with_cheap

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler
    from torch import Tensor


class ProxyScores:
    """Design -> {proxy: score}: builds the net with weights of its own seed and scores it.

    Args:
        space: Builds the designs.
        task: What they are built for.
        images: (batch, channels, h, w) floats, scaled as they will be for training.
        targets: (batch,) class numbers.
        proxies: Names, or `package:function`.
        seed: Of the weights and of whatever a proxy draws.

    Raises:
        UnknownName: No such proxy.
    """

    def __init__(
        self,
        space: NetSpace,
        task: Task,
        images: Tensor,
        targets: Tensor,
        proxies: Sequence[str],
        seed: int = 0,
    ) -> None:
        for name in proxies:
            get_proxy(name)
        self.space, self.task = space, task
        self.images, self.targets = images, targets
        self.proxies, self.seed = tuple(proxies), seed
        self._known: dict[Config, Mapping[str, float]] = {}

    def __call__(self, config: Config) -> Mapping[str, float]:
        """The scores of a design, computed once.

        Designs that compute the same may be built of more or fewer operations, and proxies tell
        them apart.
        """
        if config not in self._known:
            self._known[config] = self.score(config)
        return self._known[config]

    def score(self, config: Config) -> dict[str, float]:
        """The scores of exactly this design."""
        import torch

        from netwright.paradigms.nas.proxies.probe import scores

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            net = self.space.build(config, self.task)
        return scores(self.proxies, net, self.images, self.targets, self.seed)

    def among(self, pool: int) -> ScoredPool:
        """The scores of some random designs.

        Args:
            pool: How many designs are drawn.
        """
        rng = np.random.default_rng(self.seed)
        drawn = [self.space.sample(rng) for _ in range(pool)]
        return ScoredPool(self.space, [(config, self(config)) for config in drawn])


def with_proxies(sampler: BaseSampler, scores: ProxyScores, pool: int = 100) -> BaseSampler:
    """Any sampler, with proxies as its cheap scores.

    Args:
        sampler: A strategy's, or Optuna's.
        scores: What to compute.
        pool: Random designs that are scored.

    Raises:
        BudgetError: An empty pool.
    """
    if pool < 1:
        raise BudgetError(f"Proxies need at least one design to score. Got {pool}.")
    return with_cheap(sampler, scores.space, scores.among(pool), scores.seed)
