"""The designs that a sparse table holds, inside a space that has more."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import Generator

from netwright.core.config import Config, Value
from netwright.core.domains import Chooser
from netwright.core.encoding import Encoder
from netwright.core.space import Space

if TYPE_CHECKING:
    from numpy.typing import NDArray

RETRIES = 32
"""How often chance is asked for a move that ends on a row."""
NEAREST = 8
"""How many of the nearest rows are neighbours of a design that has none one choice away."""


class Tabulated(Space):
    """Chance and moves stay on the rows; whoever chooses freely may still leave them.

    Args:
        inner: The space of every combination.
        configs: The designs that are known, each once.
    """

    def __init__(self, inner: Space, configs: Sequence[Config]) -> None:
        self.inner = inner
        self.configs = tuple(configs)
        self._known = frozenset(configs)
        self._codes: NDArray[np.float32] | None = None
        self._values: _Values | None = None
        self._near: dict[Config, tuple[bool, list[Config]]] = {}

    def configure(self, choose: Chooser) -> Config:
        """Asks as the whole space does."""
        return self.inner.configure(choose)

    def defaults(self) -> dict[str, Value]:
        """The whole space's."""
        return self.inner.defaults()

    def size(self) -> int:
        """How many rows there are."""
        return len(self.configs)

    def canonical(self, config: Config) -> Hashable:
        """As in the whole space."""
        return self.inner.canonical(config)

    def encode(self, configs: Sequence[Config], how: str = "one_hot") -> np.ndarray:
        """As in the whole space."""
        if how == "one_hot":
            return self._encoder.one_hot(configs)
        return self.inner.encode(configs, how)

    @cached_property
    def _encoder(self) -> Encoder:
        return Encoder(self.inner.domains())

    def every(self) -> Iterator[Config]:
        """The rows."""
        return iter(self.configs)

    def sample(self, rng: Generator) -> Config:
        """A row at random."""
        return self.configs[int(rng.integers(len(self.configs)))]

    def mutate(
        self, config: Config, rng: Generator, changes: int = 1, spread: float = 0.2
    ) -> Config:
        """A mutation that is a row; where chance finds none, a neighbour."""
        one_away, near = self._around(config)
        found = None
        if one_away or changes > 1:
            found = self._on_a_row(lambda: self.inner.mutate(config, rng, changes, spread))
        if found is not None:
            return found
        return near[int(rng.integers(len(near)))] if near else config

    def crossover(self, mother: Config, father: Config, rng: Generator) -> Config:
        """A child that is a row; where chance finds none, a mutation of the mother."""
        found = self._on_a_row(lambda: self.inner.crossover(mother, father, rng))
        return self.mutate(mother, rng) if found is None else found

    def neighbours(self, config: Config) -> list[Config]:
        """The rows one choice away; where there are none, the nearest rows."""
        return list(self._around(config)[1])

    def _around(self, config: Config) -> tuple[bool, list[Config]]:
        """Whether rows lie one choice away, and those or the nearest ones; found once a design."""
        if config not in self._near:
            near = self._one_away(config)
            self._near[config] = (bool(near), near or self._nearest(config))
        return self._near[config]

    def _one_away(self, config: Config) -> list[Config]:
        """The rows that differ in one choice."""
        if self._values is None:
            self._values = _Values(self.configs)
        return [self.configs[place] for place in self._values.differing_in_one(config)]

    def _on_a_row(self, draw: Callable[[], Config]) -> Config | None:
        for _ in range(RETRIES):
            config = draw()
            if config in self._known:
                return config
        return None

    def _nearest(self, config: Config) -> list[Config]:
        if self._codes is None:
            self._codes = self.encode(self.configs).astype(np.float32)
        away = np.abs(self._codes - self.encode([config]).astype(np.float32)).sum(axis=1)
        order = away.argsort(kind="stable")[: NEAREST + 1]
        return [self.configs[place] for place in order if self.configs[place] != config][:NEAREST]


class _Values:
    """Designs as numbers of their values, so that all of them are compared at once.

    Args:
        configs: n designs.
    """

    def __init__(self, configs: Sequence[Config]) -> None:
        self.names = sorted({name for config in configs for name in config})
        self.numbers: list[dict[Value, int]] = [{} for _ in self.names]
        rows = [
            [
                numbers.setdefault(config[name], len(numbers)) if name in config else ABSENT
                for name, numbers in zip(self.names, self.numbers, strict=True)
            ]
            for config in configs
        ]
        self.rows = np.array(rows, dtype=np.int32)  # (n, choices)

    def differing_in_one(self, config: Config) -> list[int]:
        """Places of the designs that differ from another in one choice."""
        own = [
            numbers.get(config[name], UNKNOWN) if name in config else ABSENT
            for name, numbers in zip(self.names, self.numbers, strict=True)
        ]
        apart = (self.rows != np.array(own, dtype=np.int32)).sum(axis=1)
        return [int(place) for place in np.flatnonzero(apart == 1)]


ABSENT, UNKNOWN = -1, -2
"""Numbers of a choice that a design does not have, and of a value that no row has."""
