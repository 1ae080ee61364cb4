"""Regularised evolution, where the oldest dies (Real, Aggarwal, Huang and Le, AAAI 2019,
"Regularized Evolution for Image Classifier Architecture Search", algorithm 1).

A population of the latest designs; `sample` of them are drawn, the best of those is mutated, the
child joins and the oldest leaves.
"""

from __future__ import annotations

from numpy.random import Generator

from netwright.core.config import Config
from netwright.core.space import Space
from netwright.strategies.proposer import Past, Proposer, at_least, spec


class RegularizedEvolution(Proposer):
    """Ageing evolution by mutation.

    Args:
        space: What may be chosen.
        seed: Everything random derives from it.
        population: How many of the latest designs may have children.
        sample: How many of them are drawn for each tournament.
    """

    def __init__(
        self, space: Space, seed: int | None = None, population: int = 10, sample: int = 3
    ) -> None:
        super().__init__(space, seed)
        at_least("Regularised evolution", population=population, sample=sample)
        self.population = population
        self.sample = sample

    def propose(self, past: Past, rng: Generator) -> Config:
        """A mutation of the winner of a tournament among the living."""
        if len(past) + len(past.pending) < self.population or not len(past):
            return self.space.sample(rng)
        living = range(max(0, len(past) - self.population), len(past))
        drawn = rng.choice(living, size=min(self.sample, len(living)), replace=False)
        parent = past.configs[past.order(drawn.tolist())[0]]
        return self.space.mutate(parent, rng)


REGULARIZED_EVOLUTION = spec("regularized_evolution", RegularizedEvolution)
