"""A genetic algorithm (Holland, 1975) with tournaments, uniform crossover and elitism.

Unlike in ageing evolution the best survive: parents are chosen among the best `population` designs
of all time, children mix two of them, and some are mutated besides.
"""

from __future__ import annotations

from numpy.random import Generator

from netwright.core.config import Config
from netwright.core.space import Space
from netwright.strategies.proposer import Past, Proposer, at_least, spec


class Genetic(Proposer):
    """Selection, crossover, mutation.

    Args:
        space: What may be chosen.
        seed: Everything random derives from it.
        population: How many designs may have children; the first ones are random.
        tournament: How many are drawn to choose one parent.
        crossover: Share of children that have two parents; the others are mutations of one.
        mutation: Share of children of two that are mutated too.
    """

    def __init__(
        self,
        space: Space,
        seed: int | None = None,
        population: int = 20,
        tournament: int = 3,
        crossover: float = 0.7,
        mutation: float = 0.5,
    ) -> None:
        super().__init__(space, seed)
        at_least("The genetic algorithm", population=population, tournament=tournament)
        self.population = population
        self.tournament = tournament
        self.crossover = crossover
        self.mutation = mutation

    def propose(self, past: Past, rng: Generator) -> Config:
        """A child of the fit, not seen before where that can be had."""
        if len(past) + len(past.pending) < self.population or not len(past):
            return self.fresh(lambda: self.space.sample(rng))
        fit = past.order()[: self.population]
        return self.fresh(lambda: self._child(past, fit, rng))

    def _child(self, past: Past, fit: list[int], rng: Generator) -> Config:
        mother = past.configs[self._winner(fit, rng)]
        if rng.random() >= self.crossover:
            return self.space.mutate(mother, rng)
        father = past.configs[self._winner(fit, rng)]
        child = self.space.crossover(mother, father, rng)
        return self.space.mutate(child, rng) if rng.random() < self.mutation else child

    def _winner(self, fit: list[int], rng: Generator) -> int:
        """The best of a few drawn at random; `fit` is in order."""
        return fit[int(rng.integers(len(fit), size=self.tournament).min())]


GENETIC = spec("genetic", Genetic)
