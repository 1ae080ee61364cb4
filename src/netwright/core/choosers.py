"""Who makes single choices: at random, from a mapping, or writing every question down.

A chooser has Optuna's three `suggest_*` methods, so that an Optuna trial is one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from netwright.core.domains import (
    Categorical,
    Chooser,
    Domain,
    Float,
    Int,
    Ordered,
    Ordinal,
    middle_of,
)
from netwright.core.errors import ConfigError

if TYPE_CHECKING:
    from numpy.random import Generator


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


class EvenChooser(RandomChooser):
    """Answers at random, but gives no choice of a name twice before every other was given once.

    Args:
        rng: Decides the order.
        left: Choices that are still to be given, by name; kept from one chooser to the next.
    """

    def __init__(self, rng: Generator, left: dict[str, list[int]]) -> None:
        super().__init__(rng)
        self.left = left

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Gives the next one."""
        left = self.left.setdefault(name, [])
        if not left or max(left) >= len(choices):
            left[:] = self.rng.permutation(len(choices)).tolist()
        return choices[left.pop()]


class LargestChooser:
    """Answers with the most there is: the last of an order, the highest number; else the first."""

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """The highest."""
        return high

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """The highest."""
        return high - (high - low) % step

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """The last of an order, or the first."""
        return choices[-1] if isinstance(choices, Ordered) else choices[0]


class SmallestChooser:
    """Answers with the least there is: the first of several choices, the lowest number."""

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """The lowest."""
        return low

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """The lowest."""
        return low

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """The first."""
        return choices[0]


class SplitChooser:
    """Lets one chooser answer some questions and another one the others.

    Args:
        first: Answers what `ours` says.
        second: Answers the rest.
        ours: Whether a question of this name is for the first.
    """

    def __init__(self, first: Chooser, second: Chooser, ours: Callable[[str], bool]) -> None:
        self.first, self.second, self.ours = first, second, ours

    def _who(self, name: str) -> Chooser:
        return self.first if self.ours(name) else self.second

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Passes the question on."""
        return self._who(name).suggest_float(name, low, high, step=step, log=log)

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """Passes the question on."""
        return self._who(name).suggest_int(name, low, high, step=step, log=log)

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Passes the question on."""
        return self._who(name).suggest_categorical(name, choices)


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

    def _answer(self, name: str, domain: Domain) -> Any:
        if name in self.values:
            answer = self.values[name]
        else:
            answer = self.fallback[name] if name in self.fallback else middle_of(domain)
        self.asked[name] = answer
        return answer

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Looks a real number up."""
        value = self._answer(name, Float(low, high, log, step))
        self._check(name, value, low, high, (int, float))
        return float(value)

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """Looks a whole number up."""
        value = self._answer(name, Int(low, high, log, step))
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        self._check(name, value, low, high, (int,))
        return int(value)

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Looks one of several up."""
        value = self._answer(name, _domain(choices))
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


class FrozenChooser(SplitChooser):
    """Answers some questions itself and passes the others on."""

    def __init__(self, values: Mapping[str, Any], chooser: Chooser) -> None:
        super().__init__(FixedChooser(values), chooser, values.__contains__)


class MendingChooser(FixedChooser):
    """Answers from a mapping where it fits, and lets another chooser answer the rest."""

    def __init__(self, values: Mapping[str, Any], otherwise: Chooser) -> None:
        super().__init__(values)
        self.otherwise = otherwise

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Looks a real number up, or asks."""
        if Float(low, high, log, step).fits(self.values.get(name)):
            return super().suggest_float(name, low, high, step=step, log=log)
        return self.otherwise.suggest_float(name, low, high, step=step, log=log)

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """Looks a whole number up, or asks."""
        if Int(low, high, log, step).fits(self.values.get(name)):
            return super().suggest_int(name, low, high, step=step, log=log)
        return self.otherwise.suggest_int(name, low, high, step=step, log=log)

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Looks one of several up, or asks."""
        if name in self.values and self.values[name] in choices:
            return super().suggest_categorical(name, choices)
        return self.otherwise.suggest_categorical(name, choices)


class Recorder:
    """Passes questions on and writes them down: what was asked, and what was answered."""

    def __init__(self, chooser: Chooser) -> None:
        self.chooser = chooser
        self.domains: dict[str, Domain] = {}
        self.answers: dict[str, Any] = {}

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Passes the question on and keeps the answer."""
        self.domains[name] = Float(low, high, log, step)
        self.answers[name] = self.chooser.suggest_float(name, low, high, step=step, log=log)
        return float(self.answers[name])

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """Passes the question on and keeps the answer."""
        self.domains[name] = Int(low, high, log, step)
        self.answers[name] = self.chooser.suggest_int(name, low, high, step=step, log=log)
        return int(self.answers[name])

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Passes the question on and keeps the answer."""
        self.domains[name] = _domain(choices)
        self.answers[name] = self.chooser.suggest_categorical(name, choices)
        return self.answers[name]


def _domain(choices: Sequence[Any]) -> Categorical | Ordinal:
    return (Ordinal if isinstance(choices, Ordered) else Categorical)(tuple(choices))
