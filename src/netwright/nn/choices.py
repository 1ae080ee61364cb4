"""Choices inside a person's own module, which make a search space of it.

    class Mine(nn.Module):
        def __init__(self, task):
            super().__init__()
            width = ValueChoice("width", [16, 32, 64])
            self.layer = LayerChoice("layer", {"small": nn.Conv2d(3, width, 1), ...})

Each is answered by whoever builds the module (see `netwright.spaces.module`); a module made by
hand takes the usual answer. A name that is asked twice has one answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import combinations
from typing import TYPE_CHECKING, Any, TypeVar

from torch import Tensor, nn

from netwright.core.choosers import FixedChooser
from netwright.core.domains import Chooser, Ordered
from netwright.core.errors import ConfigError
from netwright.nn.weight_bank import share_as

if TYPE_CHECKING:
    from netwright.nn.mixed_operation import Options

T = TypeVar("T")

_CHOOSER: ContextVar[Chooser | None] = ContextVar("chooser", default=None)
_OPTIONS: ContextVar[Options | None] = ContextVar("options", default=None)


@contextmanager
def answered_by(chooser: Chooser) -> Iterator[None]:
    """Lets a chooser answer the choices of all modules that are made inside."""
    token = _CHOOSER.set(chooser)
    try:
        yield
    finally:
        _CHOOSER.reset(token)


@contextmanager
def relaxed_into(options: Options) -> Iterator[None]:
    """Lets the modules that are made inside have all their layers at once, mixed."""
    token = _OPTIONS.set(options)
    try:
        yield
    finally:
        _OPTIONS.reset(token)


def _ask(name: str, choices: Sequence[Any]) -> Any:
    if not choices:
        raise ConfigError(f"The choice {name!r} has nothing to choose from.")
    return (_CHOOSER.get() or FixedChooser({})).suggest_categorical(name, choices)


def ValueChoice(name: str, values: Sequence[T]) -> T:
    """One of several values, to be used in the constructor like any other.

    Args:
        name: What the choice is called in a design.
        values: Numbers, which stand in an order, or words and truth values, which do not.
    """
    if _OPTIONS.get() is not None and len(values) > 1:
        raise ConfigError(
            f"The ValueChoice {name!r} cannot be mixed as layers can; search this module with "
            "--strategy spos, or give it one value."
        )
    numbers = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values)
    chosen: T = _ask(name, Ordered(sorted(values)) if numbers else list(values))  # type: ignore[type-var, arg-type]
    return chosen


class LayerChoice(nn.Module):
    """One of several layers; the others are thrown away.

    Args:
        name: What the choice is called in a design.
        layers: What each layer is called, and the layer.
    """

    def __init__(self, name: str, layers: Mapping[str, nn.Module]) -> None:
        super().__init__()
        options = _OPTIONS.get()
        if options is not None:
            self.layer = options.layers(name, layers)
            return
        self.name = _ask(name, list(layers))
        self.layer = share_as(layers[self.name], self.name)

    def forward(self, *inputs: Any) -> Any:
        """What the chosen layer makes of the inputs."""
        return self.layer(*inputs)


class InputChoice(nn.Module):
    """Some of several tensors of one shape, added up.

    Args:
        name: What the choice is called in a design.
        inputs: How many tensors there are.
        chosen: How many of them are taken.
    """

    def __init__(self, name: str, inputs: int, chosen: int = 1) -> None:
        super().__init__()
        sets = combinations(range(inputs), max(0, chosen))
        known = {"+".join(map(str, places)): _Sum(places) for places in sets if places}
        options = _OPTIONS.get()
        if options is not None:
            self.sum = options.layers(name, known)
            return
        self.sum = known[_ask(name, list(known))]
        self.places = self.sum.places

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """All tensors, each (batch, ...) -> the sum of the chosen ones."""
        out: Tensor = self.sum(inputs)
        return out


class _Sum(nn.Module):
    """Adds some of several tensors up."""

    def __init__(self, places: Sequence[int]) -> None:
        super().__init__()
        self.places = list(places)

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        taken = [inputs[place] for place in self.places]
        return sum(taken[1:], start=taken[0])
