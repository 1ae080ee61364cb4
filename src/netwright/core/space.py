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

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from netwright.core.config import Config, Value
from netwright.core.errors import ConfigError, unknown_name

if TYPE_CHECKING:
    from numpy.random import Generator
    from optuna.distributions import BaseDistribution


class Chooser(Protocol):
    """Whoever answers a space's questions; an `optuna.Trial` is one."""

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float: ...

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int: ...

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any: ...


@dataclass(frozen=True)
class Float:
    """A real number in [low, high], on a logarithmic scale or in steps when asked."""

    low: float
    high: float
    log: bool = False
    step: float | None = None
    default: float | None = None

    def choose(self, name: str, chooser: Chooser) -> float:
        """Asks the chooser."""
        return chooser.suggest_float(name, self.low, self.high, step=self.step, log=self.log)


@dataclass(frozen=True)
class Int:
    """A whole number in [low, high], on a logarithmic scale or in steps when asked."""

    low: int
    high: int
    log: bool = False
    step: int = 1
    default: int | None = None

    def choose(self, name: str, chooser: Chooser) -> int:
        """Asks the chooser."""
        return chooser.suggest_int(name, self.low, self.high, step=self.step, log=self.log)


@dataclass(frozen=True)
class Categorical:
    """One of several scalars; the first is the default unless told otherwise."""

    choices: tuple[Value, ...]
    default: Value = None

    def choose(self, name: str, chooser: Chooser) -> Any:
        """Asks the chooser."""
        return chooser.suggest_categorical(name, list(self.choices))


Domain = Float | Int | Categorical


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
        for name in given:
            if name not in chooser.asked:
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
            recorder = _Recorder(waiting.pop(), self.defaults())
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
            name: domain.default if domain.default is not None else _middle(domain)
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
        return self.inner.configure(_Frozen(self.values, choose))

    def complete(self, values: Mapping[str, Any] | None = None) -> Config:
        """Fills what is left open; a fixed choice may be named, but not changed.

        Raises:
            ConfigError: A value is outside its range, differs from the fixed one, or is unknown.
        """
        given = dict(values or {})
        for name in self.values.keys() & given.keys():
            if given.pop(name) != self.values[name]:
                raise ConfigError(f"Parameter {name!r} is fixed to {self.values[name]!r} here.")
        return super().complete(given)

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


class RandomChooser:
    """Answers at random, uniformly (on the logarithm where asked)."""

    def __init__(self, rng: Generator) -> None:
        self.rng = rng

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Draws a real number."""
        if step is not None:
            steps = math.floor((high - low) / step + 1e-9)
            return low + step * int(self.rng.integers(0, steps + 1))
        if log:
            drawn = math.exp(self.rng.uniform(math.log(low), math.log(high)))
            return min(high, max(low, drawn))
        return float(self.rng.uniform(low, high))

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """Draws a whole number."""
        if log:
            drawn = math.exp(self.rng.uniform(math.log(low - 0.5), math.log(high + 0.5)))
            return min(high, max(low, round(drawn)))
        return low + step * int(self.rng.integers(0, (high - low) // step + 1))

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Draws one of several."""
        return choices[int(self.rng.integers(len(choices)))]


class FixedChooser:
    """Answers from a mapping, then from defaults, then with the middle of the range.

    Raises:
        ConfigError: A given value is outside what is allowed.
    """

    def __init__(
        self, values: Mapping[str, Any], defaults: Mapping[str, Any] | None = None
    ) -> None:
        self.values = values
        self.fallback = defaults or {}
        self.asked: dict[str, Any] = {}

    def _answer(self, name: str, middle: Any) -> Any:
        answer = self.values.get(name, self.fallback.get(name, middle))
        self.asked[name] = answer
        return answer

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Looks a real number up."""
        value = self._answer(name, _middle(Float(low, high, log, step)))
        self._check(name, value, low, high, (int, float))
        return float(value)

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """Looks a whole number up."""
        value = self._answer(name, _middle(Int(low, high, log, step)))
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        self._check(name, value, low, high, (int,))
        return int(value)

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Looks one of several up."""
        value = self._answer(name, choices[0])
        if value not in choices:
            raise ConfigError(f"Parameter {name!r} must be one of {list(choices)}. Got {value!r}.")
        return value

    @staticmethod
    def _check(name: str, value: Any, low: float, high: float, types: tuple[type, ...]) -> None:
        right = isinstance(value, types) and not isinstance(value, bool)
        if not right or not low <= value <= high:
            word = "a number" if float in types else "a whole number"
            raise ConfigError(
                f"Parameter {name!r} must be {word} from {low} to {high}. Got {value!r}."
            )


class Prefixed:
    """Passes questions on under a prefix."""

    def __init__(self, prefix: str, chooser: Chooser) -> None:
        self.prefix = prefix
        self.chooser = chooser

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Passes the question on."""
        return self.chooser.suggest_float(f"{self.prefix}.{name}", low, high, step=step, log=log)

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """Passes the question on."""
        return self.chooser.suggest_int(f"{self.prefix}.{name}", low, high, step=step, log=log)

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Passes the question on."""
        return self.chooser.suggest_categorical(f"{self.prefix}.{name}", choices)


class _Frozen:
    """Answers some questions itself and passes the others on."""

    def __init__(self, values: Mapping[str, Any], chooser: Chooser) -> None:
        self.fixed = FixedChooser(values)
        self.chooser = chooser

    def _who(self, name: str) -> Chooser:
        return self.fixed if name in self.fixed.values else self.chooser

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Answers or passes on."""
        return self._who(name).suggest_float(name, low, high, step=step, log=log)

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """Answers or passes on."""
        return self._who(name).suggest_int(name, low, high, step=step, log=log)

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Answers or passes on."""
        return self._who(name).suggest_categorical(name, choices)


class _Recorder(FixedChooser):
    """Writes every question down, with the answers that might open another branch."""

    def __init__(self, values: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
        super().__init__(values, defaults)
        self.distributions: dict[str, BaseDistribution] = {}
        self.answers: list[tuple[str, Value, list[Value]]] = []

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        from optuna.distributions import FloatDistribution

        self.distributions[name] = FloatDistribution(low, high, log=log, step=step)
        return super().suggest_float(name, low, high, step=step, log=log)

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        from optuna.distributions import IntDistribution

        self.distributions[name] = IntDistribution(low, high, log=log, step=step)
        answer = super().suggest_int(name, low, high, step=step, log=log)
        self.answers.append((name, answer, [value for value in (low, high) if value != answer]))
        return answer

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        from optuna.distributions import CategoricalDistribution

        self.distributions[name] = CategoricalDistribution(list(choices))
        answer = super().suggest_categorical(name, choices)
        self.answers.append((name, answer, [value for value in choices if value != answer]))
        return answer


def suggest_distribution(choose: Chooser, name: str, distribution: BaseDistribution) -> Any:
    """Asks a chooser for a value of an Optuna distribution."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(distribution, FloatDistribution):
        low, high, step, log = (
            distribution.low,
            distribution.high,
            distribution.step,
            distribution.log,
        )
        return choose.suggest_float(name, low, high, step=step, log=log)
    if isinstance(distribution, IntDistribution):
        return choose.suggest_int(
            name, distribution.low, distribution.high, step=distribution.step, log=distribution.log
        )
    assert isinstance(distribution, CategoricalDistribution)
    return choose.suggest_categorical(name, list(distribution.choices))


def _middle(domain: Domain) -> Value:
    if isinstance(domain, Categorical):
        return domain.choices[0]
    if domain.log:
        middle = math.sqrt(max(domain.low, 1e-300) * domain.high)
    else:
        middle = (domain.low + domain.high) / 2
    if isinstance(domain, Int):
        return domain.low + round((middle - domain.low) / domain.step) * domain.step
    if domain.step is not None:
        return domain.low + round((middle - domain.low) / domain.step) * domain.step
    return middle
