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
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netwright.core.choosers import (
    Categorical,
    Chooser,
    Domain,
    FixedChooser,
    Float,
    FrozenChooser,
    Int,
    Prefixed,
    RandomChooser,
    Recorder,
    middle_of,
    suggest_distribution,
)
from netwright.core.config import Config, Value
from netwright.core.errors import ConfigError, unknown_name

if TYPE_CHECKING:
    from numpy.random import Generator
    from optuna.distributions import BaseDistribution


__all__ = [
    "Branch",
    "Categorical",
    "Chooser",
    "Domain",
    "Flat",
    "Float",
    "Frozen",
    "Int",
    "Joined",
    "Parameters",
    "Prefixed",
    "Space",
    "space_of",
]


class Space(ABC):
    """What may be built. Subclasses need `configure` only."""

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

    def distributions(self) -> dict[str, BaseDistribution]:
        """The union of every parameter's distribution over all branches.

        Walks the space once for every answer that could open a branch, each with the answers
        that lead to it.
        """
        found: dict[str, BaseDistribution] = {}
        seen: set[tuple[str, Value]] = set()
        waiting: list[dict[str, Value]] = [{}]
        while waiting:
            recorder = Recorder(waiting.pop(), self.defaults())
            self.configure(recorder)
            found.update(recorder.distributions)
            path: dict[str, Value] = {}
            for name, answer, others in recorder.answers:
                seen.add((name, answer))
                for other in others:
                    if (name, other) not in seen:
                        seen.add((name, other))
                        waiting.append({**path, name: other})
                path[name] = answer
        return found

    def flat(self) -> Flat:
        """The same designs with every parameter always active, for samplers that need that."""
        return Flat(self)


class Parameters(Space):
    """A flat list of named domains, some active only under a condition.

    Args:
        domains: Name to domain.
        when: Name to (other name, value or values): active only if the other has such a value.
    """

    def __init__(
        self, domains: Mapping[str, Domain], when: Mapping[str, tuple[str, Any]] | None = None
    ) -> None:
        self.domains = dict(domains)
        self.when = dict(when or {})

    def configure(self, choose: Chooser) -> Config:
        """Asks for each active parameter in order."""
        chosen: dict[str, Value] = {}
        for name, domain in self.domains.items():
            if name in self.when:
                other, wanted = self.when[name]
                allowed = wanted if isinstance(wanted, tuple) else (wanted,)
                if chosen.get(other) not in allowed:
                    continue
            chosen[name] = domain.choose(name, choose)
        return Config(chosen)

    def defaults(self) -> dict[str, Value]:
        """The declared defaults."""
        return {
            name: domain.default if domain.default is not None else middle_of(domain)
            for name, domain in self.domains.items()
        }


class Branch(Space):
    """A choice between sub-spaces; the chosen one's names get its name as a prefix.

    A branch of one sub-space asks nothing for the choice but still names it.
    """

    def __init__(self, name: str, spaces: Mapping[str, Space]) -> None:
        self.name = name
        self.spaces = dict(spaces)

    def configure(self, choose: Chooser) -> Config:
        """Asks which, then walks that one."""
        chosen = choose.suggest_categorical(self.name, list(self.spaces))
        inside = self.spaces[chosen].configure(Prefixed(chosen, choose))
        return Config(
            {self.name: chosen, **{f"{chosen}.{name}": value for name, value in inside.items()}}
        )

    def defaults(self) -> dict[str, Value]:
        """The first sub-space, and every sub-space's own defaults."""
        inside = {
            f"{prefix}.{name}": value
            for prefix, space in self.spaces.items()
            for name, value in space.defaults().items()
        }
        return {self.name: next(iter(self.spaces)), **inside}


class Joined(Space):
    """Several spaces side by side; their names must differ."""

    def __init__(self, *spaces: Space) -> None:
        self.spaces = spaces

    def configure(self, choose: Chooser) -> Config:
        """Walks each in turn."""
        chosen: dict[str, Value] = {}
        for space in self.spaces:
            chosen.update(space.configure(choose))
        return Config(chosen)

    def defaults(self) -> dict[str, Value]:
        """All defaults."""
        return {name: value for space in self.spaces for name, value in space.defaults().items()}


class Frozen(Space):
    """Another space with some of its choices made; they still stand in the configuration.

    Args:
        inner: The space.
        values: Name to the value it always has.
    """

    def __init__(self, inner: Space, values: Mapping[str, Any]) -> None:
        self.inner = inner
        self.values = dict(values)

    def configure(self, choose: Chooser) -> Config:
        """Asks for what is left open."""
        return self.inner.configure(FrozenChooser(self.values, choose))

    def defaults(self) -> dict[str, Value]:
        """The inner space's, overruled by what is fixed."""
        return {**self.inner.defaults(), **self.values}


class Flat(Space):
    """Every parameter of another space, always active; `inner.complete` drops the idle ones."""

    def __init__(self, inner: Space) -> None:
        self.inner = inner
        self._union = inner.distributions()

    def configure(self, choose: Chooser) -> Config:
        """Asks for every parameter, whether it matters or not, then walks the real space."""
        values = {
            name: suggest_distribution(choose, name, distribution)
            for name, distribution in self._union.items()
        }
        return self.inner.configure(FixedChooser(values))

    def defaults(self) -> dict[str, Value]:
        """The inner space's."""
        return self.inner.defaults()


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
