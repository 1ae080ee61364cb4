"""How designs move: mutation, crossover, neighbours, and every design one by one.

All of it by walking the space with a chooser, so that it works for any space, conditional ones
included, and never makes an invalid design.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from netwright.core.choosers import FixedChooser, MendingChooser, RandomChooser, Recorder
from netwright.core.config import Config, Value
from netwright.core.domains import Domain, Float, Int, adjacent, another, values_of
from netwright.core.errors import ConfigError

if TYPE_CHECKING:
    from numpy.random import Generator

    from netwright.core.space import Space

MOST_COUNTED = 100_000


def asked(space: Space, config: Mapping[str, Any]) -> Recorder:
    """What the space asked on the way to a design, and what was answered."""
    recorder = Recorder(FixedChooser(config))
    space.configure(recorder)
    return recorder


def mend(space: Space, values: Mapping[str, Any], rng: Generator) -> Config:
    """The design nearest to some values: they count where they fit, chance decides the rest."""
    return space.configure(MendingChooser(values, RandomChooser(rng)))


def mutate(
    space: Space, config: Config, rng: Generator, changes: int = 1, spread: float = 0.2
) -> Config:
    """Makes some active choices anew; a space of one design gives that design."""
    questions = asked(space, config)
    values = dict(questions.answers)
    movable = [name for name, domain in questions.domains.items() if domain.size() > 1]
    for place in rng.permutation(len(movable))[:changes]:
        name = movable[place]
        values[name] = another(questions.domains[name], values[name], rng, spread)
    return mend(space, values, rng)


def crossover(space: Space, mother: Config, father: Config, rng: Generator) -> Config:
    """Takes each choice from one parent or the other."""
    one, other = asked(space, mother).answers, asked(space, father).answers
    names = list(dict.fromkeys([*one, *other]))
    coins = rng.random(len(names)) < 0.5
    chosen = {
        name: (one if (coin and name in one) or name not in other else other)[name]
        for name, coin in zip(names, coins, strict=True)
    }
    return mend(space, chosen, rng)


def neighbours(space: Space, config: Config) -> list[Config]:
    """Every design one choice away; what a choice opens takes its default."""
    questions = asked(space, config)
    otherwise = FixedChooser({}, space.defaults())
    found = [
        space.configure(MendingChooser({**questions.answers, name: value}, otherwise))
        for name, domain in questions.domains.items()
        for value in adjacent(domain, questions.answers[name])
    ]
    return [other for other in dict.fromkeys(found) if other != config]


def union(space: Space) -> dict[str, Domain]:
    """Every parameter's domain over all branches."""
    found: dict[str, Domain] = {}
    seen: set[tuple[str, Value]] = set()
    defaults = space.defaults()
    waiting: list[dict[str, Value]] = [{}]
    while waiting:
        recorder = Recorder(FixedChooser(waiting.pop(), defaults))
        space.configure(recorder)
        found.update(recorder.domains)
        path: dict[str, Value] = {}
        for name, answer in recorder.answers.items():
            domain = recorder.domains[name]
            if isinstance(domain, Float):
                continue
            seen.add((name, answer))
            # The ends of a number open whatever it opens: more blocks, deeper nets.
            ends = [domain.low, domain.high] if isinstance(domain, Int) else values_of(domain)
            for other in ends:
                if (name, other) not in seen:
                    seen.add((name, other))
                    waiting.append({**path, name: other})
            path[name] = answer
    return found


class _Odometer:
    """Answers with prescribed places and remembers how many places each question had."""

    def __init__(self, places: Sequence[int]) -> None:
        self.places = list(places)
        self.sizes: list[int] = []

    def _turn(self, domain: Domain) -> Any:
        values = values_of(domain)
        wheel = len(self.sizes)
        self.sizes.append(len(values))
        if wheel == len(self.places):
            self.places.append(0)
        return values[self.places[wheel]]

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        return float(self._turn(Float(low, high, log, step)))

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        return int(self._turn(Int(low, high, log, step)))

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        wheel = len(self.sizes)
        self.sizes.append(len(choices))
        if wheel == len(self.places):
            self.places.append(0)
        return choices[self.places[wheel]]


def every(space: Space) -> Iterator[Config]:
    """Every design of a finite space, the last choice moving fastest.

    Raises:
        ConfigError: A real number has no steps.
    """
    places: list[int] = []
    while True:
        wheels = _Odometer(places)
        yield space.configure(wheels)
        places = wheels.places[: len(wheels.sizes)]
        while places and places[-1] == wheels.sizes[len(places) - 1] - 1:
            places.pop()
        if not places:
            return
        places[-1] += 1


def count(space: Space) -> int:
    """How many designs there are, one by one."""
    total = 0
    for _ in every(space):
        total += 1
        if total > MOST_COUNTED:
            raise ConfigError(
                f"The space holds more than {MOST_COUNTED:,} designs, too many to count one by "
                "one; override its size()."
            )
    return total
