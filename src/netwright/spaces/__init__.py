"""Spaces of nets: each says what may be built, and builds it.

A space whose designs have a published text, such as NAS-Bench-201's arch strings, reads and writes
it with `from_text` and `to_text`.
"""

from __future__ import annotations

from typing import Any

from netwright.core.errors import ConfigError
from netwright.core.registry import find, names
from netwright.core.space import Space

SPACES: dict[str, str] = {
    "mlp": "netwright.spaces.mlp:TabularNetSpace",
    "morphism": "netwright.spaces.morphism:Morphism",
    "nasbench201": "netwright.spaces.nasbench201:NASBench201",
}


def get_space(space: str | Space) -> Space:
    """The space of a name, of a person's own `package:Class`, or the space itself.

    Raises:
        UnknownName: No such space.
        ConfigError: It is not a space, or cannot be made without arguments.
    """
    if isinstance(space, Space):
        return space
    found: Any = find("spaces", space, SPACES)
    if isinstance(found, type) and issubclass(found, Space):
        try:
            found = found()
        except TypeError as error:
            raise ConfigError(f"The space {space!r} must be made without arguments.") from error
    if not isinstance(found, Space):
        raise ConfigError(f"A space is a subclass of netwright's Space. {space!r} is {found!r}.")
    return found


def known_spaces() -> list[str]:
    """Names of built-in and plugged-in spaces."""
    return list(names("spaces", SPACES))
