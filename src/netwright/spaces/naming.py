"""A space by its name and arguments: what a run folder and a saved net can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netwright.core.errors import ConfigError
from netwright.spaces import get_space
from netwright.spaces.nets import NetSpace


@dataclass(frozen=True)
class NetSpaceName:
    """Names a space of nets.

    Attributes:
        name: As in `SPACES`, or a person's own `package:Class`.
        arguments: What it is made with; JSON values.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Its own, and those of the parts it is made with."""
        inside = (self.arguments.get(part) for part in ("space", "method"))
        return (self.name, *(name for name in inside if isinstance(name, str)))

    def open(self) -> NetSpace:
        """The space.

        Raises:
            UnknownName: There is none of this name.
            ConfigError: It takes other arguments, or makes no nets of pictures.
        """
        space = get_space(self.name, **self.arguments)
        if not isinstance(space, NetSpace):
            raise ConfigError(
                f"This needs a space of nets, with a method build. {self.name!r} is none."
            )
        return space
