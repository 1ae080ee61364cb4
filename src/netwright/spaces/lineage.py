"""Designs that know whose weights they begin with.

A strategy whose children inherit weights must say whose. It works on `Lineage(space)`, where a
design has one more entry, `parent`: the digest of the parent's own design, read as a number, or -1
for random weights. That is a fact about designs and not about the run, so it stays true when trials
are retried, renumbered or run elsewhere. Whoever trains keeps the weights of a design under
`key_of(design)`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from netwright.core.config import Config, Value
from netwright.core.domains import Chooser
from netwright.core.task import Task
from netwright.spaces.morphism import Morphism
from netwright.spaces.nets import Graph, NetSpace

if TYPE_CHECKING:
    import numpy as np
    from numpy.random import Generator
    from torch import nn

PARENT = "parent"
"""Entry of a design: the key of its parent."""
ORPHAN = -1
"""The parent of a design that begins with random weights."""


def design_of(config: Config) -> Config:
    """A design without its parent: what is built."""
    return Config({name: value for name, value in config.items() if name != PARENT})


def key_of(config: Config) -> int:
    """The number of a design, the same whoever its parent is."""
    return int(design_of(config).digest(), 16)


class Lineage(NetSpace):
    """The designs of a space of nets that grow, each with its parent.

    Args:
        inner: The space; what it builds does not depend on the parent.
    """

    def __init__(self, inner: Morphism) -> None:
        self.inner = inner

    def configure(self, choose: Chooser) -> Config:
        """Asks for the design, then for its parent."""
        design = self.inner.configure(choose)
        return Config({**design, PARENT: choose.suggest_int(PARENT, ORPHAN, 16**12 - 1)})

    def defaults(self) -> dict[str, Value]:
        """The inner space's, without a parent."""
        return {**self.inner.defaults(), PARENT: ORPHAN}

    def descend(self, parent: Config, rng: Generator, moves: int = 1) -> Config:
        """What a few random moves make of a design, which becomes its parent."""
        child = self.inner.descend(design_of(parent), rng, moves)
        return Config({**child, PARENT: key_of(parent)})

    def build(self, config: Config, task: Task) -> nn.Module:
        """A net with random weights."""
        return self.inner.build(design_of(config), task)

    def sample(self, rng: Generator) -> Config:
        """A random design without a parent."""
        return _orphan(self.inner.sample(rng))

    def mutate(
        self, config: Config, rng: Generator, changes: int = 1, spread: float = 0.2
    ) -> Config:
        """The inner space's; what comes out may be smaller, so it has no parent."""
        return _orphan(self.inner.mutate(design_of(config), rng, changes, spread))

    def crossover(self, mother: Config, father: Config, rng: Generator) -> Config:
        """The inner space's, without a parent."""
        return _orphan(self.inner.crossover(design_of(mother), design_of(father), rng))

    def neighbours(self, config: Config) -> list[Config]:
        """The inner space's, without a parent."""
        return [_orphan(other) for other in self.inner.neighbours(design_of(config))]

    def canonical(self, config: Config) -> Hashable:
        """Designs are the same whoever their parents are."""
        return self.inner.canonical(design_of(config))

    def encode(self, configs: Sequence[Config], how: str = "one_hot") -> np.ndarray:
        """The inner space's."""
        return self.inner.encode([design_of(config) for config in configs], how)

    def size(self) -> float:
        """How many designs there are, whoever their parents are."""
        return self.inner.size()

    def to_text(self, config: Config) -> str:
        """The design, without its parent."""
        return self.inner.to_text(design_of(config))

    def graphs(self, config: Config) -> list[Graph]:
        """The inner space's."""
        return self.inner.graphs(design_of(config))


def _orphan(design: Config) -> Config:
    return Config({**design, PARENT: ORPHAN})
