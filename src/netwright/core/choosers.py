"""Single choices, and who makes them: at random, from a mapping, or writing every question down.

A chooser has Optuna's three `suggest_*` methods, so that an Optuna trial is one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from netwright.core.config import Value
from netwright.core.errors import ConfigError

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


def middle_of(domain: Domain) -> Value:
    """The default of a domain that declares none: its middle (of the logarithm), or its first."""
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
        value = self._answer(name, middle_of(Float(low, high, log, step)))
        self._check(name, value, low, high, (int, float))
        return float(value)

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """Looks a whole number up."""
        value = self._answer(name, middle_of(Int(low, high, log, step)))
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


class FrozenChooser:
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


class Recorder(FixedChooser):
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
