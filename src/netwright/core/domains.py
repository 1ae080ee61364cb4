"""What one choice may be: a real number, a whole number, one of several, one of several in order.

Every domain has a *unit*, a place in [0, 1] on its own scale (logarithmic where asked), so that
strategies can measure how far two values are apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
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


SCALARS = {str, int, float, bool, type(None)}
"""What a storage keeps as it is."""


def _checked_choices(choices: Sequence[Any]) -> tuple[Any, ...]:
    """Scalars that storages tell apart; numpy's become Python's.

    Raises:
        ConfigError: There is none, two are equal, or one is no scalar.
    """
    if not choices:
        raise ConfigError("A choice needs something to choose from. Got none; name some.")
    found = tuple(choices)
    if not set(map(type, found)) <= SCALARS:
        found = tuple(one.item() if hasattr(one, "item") else one for one in found)
    for choice in found:
        if type(choice) not in SCALARS:
            raise ConfigError(
                f"Choices are text, numbers, True, False or None. Got {choice!r}; give each a name "
                "and look it up in your function."
            )
    if len(set(found)) < len(found):
        for place, choice in enumerate(found):
            if choice in found[:place]:
                first = found[found.index(choice)]
                raise ConfigError(
                    f"Choices must differ, and storages take {first!r} and {choice!r} for one; "
                    "leave one out, or write them as text."
                )
    return found


def _check_range(low: float, high: float, log: bool) -> None:
    """Refuses a range that holds nothing.

    Raises:
        ConfigError: It does, or has no logarithm.
    """
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ConfigError(f"A range goes from a number up to another. Got {low!r} to {high!r}.")
    if log and low <= 0:
        raise ConfigError(f"A logarithmic range begins above zero. Got {low!r} to {high!r}.")


@dataclass(frozen=True)
class Float:
    """A real number in [low, high], on a logarithmic scale or in steps when asked."""

    low: float
    high: float
    log: bool = False
    step: float | None = None
    default: float | None = None

    def __post_init__(self) -> None:
        _check_range(self.low, self.high, self.log)

    def choose(self, name: str, chooser: Chooser) -> float:
        """Asks the chooser."""
        return chooser.suggest_float(name, self.low, self.high, step=self.step, log=self.log)

    def size(self) -> float:
        """How many values there are; infinite without steps."""
        if self.step is not None:
            return math.floor((self.high - self.low) / self.step + 1e-9) + 1
        return 1 if self.low == self.high else math.inf

    def at(self, unit: float) -> float:
        """The value at a place in [0, 1]."""
        if self.log:
            found = math.exp(_between(math.log(self.low), math.log(self.high), unit))
        else:
            found = _between(self.low, self.high, unit)
        if self.step is not None:
            found = self.low + round((found - self.low) / self.step) * self.step
        return min(self.high, max(self.low, found))

    def unit(self, value: Any) -> float:
        """Where a value stands, in [0, 1]."""
        return _place(self.low, self.high, self.log, value)

    def fits(self, value: Any) -> bool:
        """Whether a value belongs to the domain."""
        return _is_number(value, (int, float)) and self.low <= value <= self.high


@dataclass(frozen=True)
class Int:
    """A whole number in [low, high], on a logarithmic scale or in steps when asked."""

    low: int
    high: int
    log: bool = False
    step: int = 1
    default: int | None = None

    def __post_init__(self) -> None:
        _check_range(self.low, self.high, self.log)

    def choose(self, name: str, chooser: Chooser) -> int:
        """Asks the chooser."""
        return chooser.suggest_int(name, self.low, self.high, step=self.step, log=self.log)

    def size(self) -> int:
        """How many values there are."""
        return (self.high - self.low) // self.step + 1

    def at(self, unit: float) -> int:
        """The value at a place in [0, 1]."""
        if self.log:
            found = math.exp(_between(math.log(self.low), math.log(self.high), unit))
        else:
            found = _between(self.low, self.high, unit)
        steps = round((found - self.low) / self.step)
        return self.low + min(self.size() - 1, max(0, steps)) * self.step

    def unit(self, value: Any) -> float:
        """Where a value stands, in [0, 1]."""
        return _place(self.low, self.high, self.log, value)

    def fits(self, value: Any) -> bool:
        """Whether a value belongs to the domain."""
        whole = _is_number(value, (int,)) or (isinstance(value, float) and value.is_integer())
        return whole and self.low <= value <= self.high and (value - self.low) % self.step == 0


@dataclass(frozen=True)
class Categorical:
    """One of several scalars; the first is the default unless told otherwise."""

    choices: tuple[Value, ...]
    default: Value = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "choices", _checked_choices(self.choices))

    def choose(self, name: str, chooser: Chooser) -> Any:
        """Asks the chooser."""
        return chooser.suggest_categorical(name, list(self.choices))

    def size(self) -> int:
        """How many values there are."""
        return len(self.choices)

    def at(self, unit: float) -> Value:
        """The value at a place in [0, 1]."""
        return self.choices[min(len(self.choices) - 1, int(unit * len(self.choices)))]

    def unit(self, value: Any) -> float:
        """Where a value stands among its choices, in [0, 1]; the distance says nothing."""
        return self.choices.index(value) / max(1, len(self.choices) - 1)

    def fits(self, value: Any) -> bool:
        """Whether a value belongs to the domain."""
        return value in self.choices


class Ordered(tuple[Value, ...]):
    """Choices whose order means something; to Optuna they are choices like any others."""


@dataclass(frozen=True)
class Ordinal:
    """One of several scalars that stand in an order; the middle one is the default."""

    choices: tuple[Value, ...]
    default: Value = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "choices", _checked_choices(self.choices))

    def choose(self, name: str, chooser: Chooser) -> Any:
        """Asks the chooser."""
        return chooser.suggest_categorical(name, Ordered(self.choices))

    def size(self) -> int:
        """How many values there are."""
        return len(self.choices)

    def at(self, unit: float) -> Value:
        """The value at a place in [0, 1]."""
        return self.choices[round(unit * (len(self.choices) - 1))]

    def unit(self, value: Any) -> float:
        """Where a value stands in the order, in [0, 1]."""
        return self.choices.index(value) / max(1, len(self.choices) - 1)

    def fits(self, value: Any) -> bool:
        """Whether a value belongs to the domain."""
        return value in self.choices


Domain = Float | Int | Categorical | Ordinal


def middle_of(domain: Domain) -> Value:
    """The default of a domain that declares none: its middle (of the logarithm), or its first."""
    if isinstance(domain, Categorical):
        return domain.choices[0]
    if isinstance(domain, Ordinal):
        return domain.choices[(len(domain.choices) - 1) // 2]
    return domain.at(0.5)


def values_of(domain: Domain) -> list[Value]:
    """Every value of a finite domain, in order."""
    if isinstance(domain, (Categorical, Ordinal)):
        return list(domain.choices)
    if domain.size() == math.inf:
        raise ConfigError("A real number without steps has no list of values; give it a step.")
    step = domain.step or 1
    return [domain.low + step * place for place in range(int(domain.size()))]


def another(domain: Domain, value: Any, rng: Generator, spread: float = 0.2) -> Value:
    """A different value of a domain at random; numbers move by a normal step of `spread`.

    A domain of one value gives that value.
    """
    if domain.size() == 1:
        return middle_of(domain)
    if isinstance(domain, Categorical):
        return [choice for choice in domain.choices if choice != value][
            int(rng.integers(len(domain.choices) - 1))
        ]
    for _ in range(8):
        unit = domain.unit(value) + spread * float(rng.normal())
        unit = abs(unit) if unit < 0.5 else 1 - abs(1 - unit)  # the walls reflect
        moved = domain.at(min(1.0, max(0.0, unit)))
        if moved != value:
            return moved
    return adjacent(domain, value)[0]


def adjacent(domain: Domain, value: Any, stride: float = 0.1) -> list[Value]:
    """The values beside one: every other choice, the next in order, or a tenth of the range."""
    if isinstance(domain, Categorical):
        return [choice for choice in domain.choices if choice != value]
    unit, size = domain.unit(value), domain.size()
    found = []
    if size < math.inf:
        if isinstance(domain, Ordinal):
            here, values = domain.choices.index(value), domain.choices
            found = [values[place] for place in (here - 1, here + 1) if 0 <= place < size]
        else:
            step = domain.step or 1
            found = [v for v in (value - step, value + step) if domain.low <= v <= domain.high]
    if size > 2 / stride:
        found += [domain.at(u) for u in (unit - stride, unit + stride) if 0 <= u <= 1]
    if not found:
        found = [domain.at(0.5 if unit in (0, 1) else round(1 - unit))]
    return [other for other in dict.fromkeys(found) if other != value]


def distribution_of(domain: Domain) -> BaseDistribution:
    """The same domain as Optuna says it."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(domain, Float):
        return FloatDistribution(domain.low, domain.high, log=domain.log, step=domain.step)
    if isinstance(domain, Int):
        return IntDistribution(domain.low, domain.high, log=domain.log, step=domain.step)
    return CategoricalDistribution(domain.choices)


def _between(low: float, high: float, unit: float) -> float:
    return low + (high - low) * unit


def _place(low: float, high: float, log: bool, value: float) -> float:
    if low == high:
        return 0.5
    if log:
        return (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))
    return (value - low) / (high - low)


def _is_number(value: Any, types: tuple[type, ...]) -> bool:
    return isinstance(value, types) and not isinstance(value, bool)
