"""What may be built: a `Space` is walked by a chooser and returns a `Config`.

`space.configure(choose)` asks the chooser for one value after another; later questions may depend
on earlier answers, so conditional spaces need nothing special. A chooser has Optuna's three
`suggest_*` methods: an Optuna trial is one, `RandomChooser` another, `FixedChooser` a third.

    class Mine(Space):
        def configure(self, choose):
            depth = choose.suggest_int("depth", 1, 3)
            widths = {f"width{i}": choose.suggest_int(f"width{i}", 8, 64) for i in range(depth)}
            return Config({"depth": depth, **widths})
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, Self

from netwright.core import moves
from netwright.core.choosers import (
    FixedChooser,
    RandomChooser,
)
from netwright.core.config import Config, Value
from netwright.core.domains import (
    Categorical,
    Chooser,
    Domain,
    Float,
    Int,
    Ordinal,
    distribution_of,
    middle_of,
    values_of,
)
from netwright.core.encoding import Encoder
from netwright.core.errors import ConfigError, unknown_name

if TYPE_CHECKING:
    import numpy as np
    from numpy.random import Generator
    from optuna.distributions import BaseDistribution


__all__ = [
    "Categorical",
    "Chooser",
    "Domain",
    "Flat",
    "Float",
    "Int",
    "Ordinal",
    "Parameters",
    "Space",
    "space_of",
]


class Space(ABC):
    """What may be built. Subclasses need `configure` only."""

    _keeps: Callable[[Config], bool] | None = None

    @abstractmethod
    def configure(self, choose: Chooser) -> Config:
        """Asks for every choice in turn and returns the design."""

    def defaults(self) -> dict[str, Value]:
        """Declared default values, of inactive branches too; may be empty."""
        return {}

    def sample(self, rng: Generator) -> Config:
        """Draws a design at random."""
        return self.configure(RandomChooser(rng))

    def complete(self, values: Mapping[str, Any] | None = None) -> Config:
        """Fills what `values` leaves open with the defaults.

        Raises:
            ConfigError: A value is outside its range, or a name is unknown or inactive.
        """
        given = dict(values or {})
        chooser = FixedChooser(given, self.defaults())
        config = self.configure(chooser)
        for name, value in given.items():
            if name in chooser.asked or (name in config and config[name] == value):
                continue
            if name in config:
                raise ConfigError(f"Parameter {name!r} is fixed to {config[name]!r} here.")
            raise unknown_name("parameter", name, chooser.asked)
        return config

    def domains(self) -> dict[str, Domain]:
        """Every parameter's domain, over all branches.

        Walks the space once for every answer that could open a branch, each with the answers
        that lead to it.
        """
        return moves.union(self)

    def distributions(self) -> dict[str, BaseDistribution]:
        """Every parameter's distribution, over all branches, as Optuna's samplers want them."""
        return {name: distribution_of(domain) for name, domain in self.domains().items()}

    def flat(self) -> Flat:
        """The same designs with every parameter always active, for samplers that need that."""
        return Flat(self)

    def size(self) -> float:
        """How many designs there are, exactly; infinite where a real number has no steps.

        Raises:
            ConfigError: Too many to count one by one; a subclass that knows better overrides it.
        """
        return moves.count(self)

    def canonical(self, config: Config) -> Hashable:
        """The same for designs that are the same thing; a space that knows more overrides it."""
        return config

    def limited(self, keeps: Callable[[Config], bool]) -> Self:
        """The same space under limits that are known without judging a design.

        Args:
            keeps: Whether a design keeps them; asked often, so it should remember. Strategies of
                ours then propose no other designs; Optuna's may.
        """
        under = copy(self)
        under._keeps = keeps
        return under

    def allows(self, config: Config) -> bool:
        """Whether a design keeps the limits of the space."""
        return self._keeps is None or self._keeps(config)

    def every(self) -> Iterator[Config]:
        """Every design, one by one.

        Raises:
            ConfigError: A real number has no steps.
        """
        return moves.every(self)

    def mutate(
        self, config: Config, rng: Generator, changes: int = 1, spread: float = 0.2
    ) -> Config:
        """One choice is made anew; what that opens is drawn at random, all else stays.

        Args:
            config: The parent.
            rng: Decides what changes, and how.
            changes: How many choices.
            spread: Standard deviation of a number's step, on its scale in [0, 1].
        """
        return moves.mutate(self, config, rng, changes, spread)

    def crossover(self, mother: Config, father: Config, rng: Generator) -> Config:
        """Every choice is one of its two parents', by the toss of a coin."""
        return moves.crossover(self, mother, father, rng)

    def neighbours(self, config: Config) -> list[Config]:
        """The designs one choice away: every other category, the next number up and down."""
        return moves.neighbours(self, config)

    def encode(self, configs: Sequence[Config], how: str = "one_hot") -> np.ndarray:
        """Designs as numbers, for predictors.

        Args:
            configs: n designs.
            how: `one_hot`; cells know `adjacency` and `path` too.

        Returns:
            (n, width). Categories are indicators, numbers their place in [0, 1] with an indicator
            of being active; whatever is not active is all zeros.

        Raises:
            ConfigError: The space has no such encoding.
        """
        if how != "one_hot":
            raise ConfigError(f"This space is encoded as one_hot only. Got {how!r}.")
        return Encoder(self.domains()).one_hot(configs)


class Parameters(Space):
    """A flat list of named domains, some active only under a condition.

    Args:
        domains: Name to domain.
        when: Name to (other name, value or values): active only if the other has such a value.
    """

    def __init__(
        self, domains: Mapping[str, Domain], when: Mapping[str, tuple[str, Any]] | None = None
    ) -> None:
        self.declared = dict(domains)
        self.when = dict(when or {})

    def configure(self, choose: Chooser) -> Config:
        """Asks for each active parameter in order."""
        chosen: dict[str, Value] = {}
        for name, domain in self.declared.items():
            if self._active(name, chosen):
                chosen[name] = domain.choose(name, choose)
        return Config(chosen)

    def _active(self, name: str, chosen: Mapping[str, Value]) -> bool:
        if name not in self.when:
            return True
        other, wanted = self.when[name]
        return chosen.get(other) in (wanted if isinstance(wanted, tuple) else (wanted,))

    def defaults(self) -> dict[str, Value]:
        """The declared defaults."""
        return {
            name: domain.default if domain.default is not None else middle_of(domain)
            for name, domain in self.declared.items()
        }

    def size(self) -> float:
        """Exact: whatever opens something is tried value by value, all else multiplies."""
        return self._count(tuple(self.declared), {})

    def _count(self, names: tuple[str, ...], chosen: dict[str, Value]) -> float:
        openers = {other for other, _ in self.when.values()}
        total: float = 1
        for place, name in enumerate(names):
            domain = self.declared[name]
            if not self._active(name, chosen):
                continue
            if name in openers:
                rest = names[place + 1 :]
                values = values_of(domain)
                return total * sum(self._count(rest, {**chosen, name: value}) for value in values)
            total *= domain.size()
        return total


class Flat(Space):
    """Every parameter of another space, always active; the idle ones change nothing."""

    def __init__(self, inner: Space) -> None:
        self.inner = inner
        self._union = inner.domains()

    def configure(self, choose: Chooser) -> Config:
        """Asks for every parameter, whether it matters or not, then walks the real space."""
        values = {name: domain.choose(name, choose) for name, domain in self._union.items()}
        return self.inner.configure(FixedChooser(values))

    def defaults(self) -> dict[str, Value]:
        """The inner space's."""
        return self.inner.defaults()

    def size(self) -> float:
        """How many different designs come out: the inner space's."""
        return self.inner.size()

    def canonical(self, config: Config) -> Hashable:
        """The inner space's."""
        return self.inner.canonical(config)


def space_of(value: Space | Mapping[str, Domain]) -> Space:
    """Reads whatever a person may pass as a space: a Space, or a mapping of domains."""
    if isinstance(value, Space):
        return value
    if isinstance(value, Mapping) and all(isinstance(v, Domain) for v in value.values()):
        return Parameters(value)
    raise ConfigError(
        "A space is a netwright Space or a mapping such as {'lr': Float(1e-4, 1e-1, log=True)}. "
        f"Got {type(value).__name__} instead."
    )
