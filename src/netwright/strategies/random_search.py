"""Random search (Bergstra and Bengio, JMLR 2012): every design drawn afresh, all alike.

Each position has its own generator, so the trials of one seed are the same in whatever order
workers take them.
"""

from __future__ import annotations

from numpy.random import Generator

from netwright.core.config import Config
from netwright.strategies.proposer import Past, Proposer, spec


class RandomSearch(Proposer):
    """Draws uniformly, on the logarithm where the space says so."""

    def propose(self, past: Past, rng: Generator) -> Config:
        """A draw."""
        return self.space.sample(rng)


RANDOM = spec("random", RandomSearch)
