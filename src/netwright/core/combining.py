"""Spaces made of spaces: one of several, side by side, repeated, partly decided."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from netwright.core.choosers import FrozenChooser, Prefixed
from netwright.core.config import Config, Value
from netwright.core.domains import Chooser
from netwright.core.space import Space


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

    def size(self) -> float:
        """The sum over the sub-spaces."""
        return sum(space.size() for space in self.spaces.values())


class Within(Space):
    """Another space, its names behind a prefix."""

    def __init__(self, prefix: str, inner: Space) -> None:
        self.prefix = prefix
        self.inner = inner

    def configure(self, choose: Chooser) -> Config:
        """Walks the inner space."""
        return self._spelled(self.inner.configure(Prefixed(self.prefix, choose)))

    def defaults(self) -> dict[str, Value]:
        """The inner space's."""
        return dict(self._spelled(self.inner.defaults()))

    def size(self) -> float:
        """The inner space's."""
        return self.inner.size()

    def _spelled(self, values: Mapping[str, Value]) -> Config:
        return Config({f"{self.prefix}.{name}": value for name, value in values.items()})


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

    def size(self) -> float:
        """The product."""
        return math.prod(space.size() for space in self.spaces)


class Repeated(Space):
    """A block repeated `low` to `high` times; how often stands under `name`.

    The n-th block's choices are named `name.n.choice`, and each block decides for itself.
    """

    def __init__(self, name: str, block: Space, low: int, high: int) -> None:
        self.name, self.block, self.low, self.high = name, block, low, high

    def configure(self, choose: Chooser) -> Config:
        """Asks how many, then walks each block."""
        count = choose.suggest_int(self.name, self.low, self.high)
        chosen: dict[str, Value] = {self.name: count}
        for place in range(count):
            prefix = f"{self.name}.{place}"
            inside = self.block.configure(Prefixed(prefix, choose))
            chosen.update({f"{prefix}.{name}": value for name, value in inside.items()})
        return Config(chosen)

    def defaults(self) -> dict[str, Value]:
        """As few blocks as may be, each with its defaults."""
        inside = self.block.defaults()
        blocks = {
            f"{self.name}.{place}.{name}": value
            for place in range(self.high)
            for name, value in inside.items()
        }
        return {self.name: self.low, **blocks}

    def size(self) -> float:
        """Blocks to the power of their number, over every number."""
        return sum(self.block.size() ** count for count in range(self.low, self.high + 1))


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
