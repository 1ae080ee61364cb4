"""Searching by growing: children are bigger than their parents and inherit their weights.

`Nash` climbs as Elsken, Metzen and Hutter do ("Simple and Efficient Architecture Search for
Convolutional Neural Networks", 2018, algorithm 1); `MorphismEvolution` lets designs age as Real et
al. (2019) do, with function-preserving mutations as in Wistuba (2018). Both begin with the space's
default design. On a `netwright.spaces.lineage.Lineage` a child says who its parent is; in a space
that knows no growing, children are mutations.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.random import Generator

from netwright.core.config import Config
from netwright.core.space import Space
from netwright.core.strategy import StrategySpec
from netwright.strategies.proposer import Making, Past, Proposer, at_least, spec


@runtime_checkable
class Growing(Protocol):
    """A space whose designs grow into others."""

    def descend(self, parent: Config, rng: Generator, moves: int = 1) -> Config:
        """What a few random moves make of a design."""
        ...


class Inheriting(Proposer):
    """Begins with the default design and goes on with children of whom a subclass chooses.

    Args:
        space: What may be chosen.
        seed: Everything random derives from it.
        moves: How many moves lead from a parent to a child.
    """

    def __init__(self, space: Space, seed: int | None = None, moves: int = 1) -> None:
        super().__init__(space, seed)
        at_least("Growing", moves=moves)
        self.moves = moves

    @abstractmethod
    def choose(self, past: Past, rng: Generator) -> int:
        """The place of the parent among what is finished."""

    def propose(self, past: Past, rng: Generator) -> Config:
        """A child nobody has tried; a random design while there is no parent to be had."""
        start = self.space.complete()
        if self.opens(start):
            return start
        if not np.isfinite([losses[0] for losses in past.losses]).any():
            return self.fresh(lambda: self.space.sample(rng))
        parent = past.configs[self.choose(past, rng)]
        child = self.fresh(lambda: self._child(parent, rng))
        return self.space.sample(rng) if self.tried(child) else child

    def _child(self, parent: Config, rng: Generator) -> Config:
        if isinstance(self.space, Growing):
            return self.space.descend(parent, rng, self.moves)
        return self.space.mutate(parent, rng, self.moves)


class Nash(Inheriting):
    """Hill climbing: some children of the best design, then some of the best of all, and so on.

    Args:
        space: What may be chosen.
        seed: Everything random derives from it.
        moves: How many moves lead from a parent to a child.
        children: How many each parent has.
    """

    def __init__(
        self, space: Space, seed: int | None = None, moves: int = 5, children: int = 8
    ) -> None:
        super().__init__(space, seed, moves)
        at_least("Hill climbing", children=children)
        self.children = children

    def choose(self, past: Past, rng: Generator) -> int:
        """The best of what was finished when this round of children began."""
        rounds = (len(past) - 1) // self.children
        return past.order(range(1 + rounds * self.children))[0]


class MorphismEvolution(Inheriting):
    """Ageing evolution.

    Args:
        space: What may be chosen.
        seed: Everything random derives from it.
        moves: How many moves lead from a parent to a child.
        population: How many of the latest designs may have children.
        sample: How many of them are drawn for each tournament.
    """

    def __init__(
        self,
        space: Space,
        seed: int | None = None,
        moves: int = 1,
        population: int = 10,
        sample: int = 3,
    ) -> None:
        super().__init__(space, seed, moves)
        at_least("Evolution", population=population, sample=sample)
        self.population, self.sample = population, sample

    def choose(self, past: Past, rng: Generator) -> int:
        """The winner of a tournament among the living."""
        living = range(max(0, len(past) - self.population), len(past))
        drawn = rng.choice(living, size=min(self.sample, len(living)), replace=False)
        return past.order(drawn.tolist())[0]


def inherits(strategy: StrategySpec) -> bool:
    """Whether a strategy's children begin with their parents' weights."""
    return isinstance(strategy.make, Making) and issubclass(strategy.make.kind, Inheriting)


NASH = spec("nash", Nash)
MORPHISM_EVOLUTION = spec("morphism_evolution", MorphismEvolution)
