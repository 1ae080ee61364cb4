"""Where does it run, by name."""

from __future__ import annotations

import inspect

from netwright.core.engine import Engine
from netwright.core.errors import ConfigError
from netwright.core.registry import find

ENGINES: dict[str, str] = {
    "processes": "netwright.engines.processes:ProcessEngine",
    "inline": "netwright.engines.inline:InlineEngine",
    "ray": "netwright.engines.ray:RayEngine",
}


def get_engine(engine: str | Engine, address: str | None = None) -> Engine:
    """The engine of a name, or a person's own.

    Args:
        engine: Name, `package:Class`, or the engine itself.
        address: Where its cluster is, for engines that have one.

    Raises:
        UnknownName: No such engine.
        ConfigError: The engine has no cluster to address.
        MissingExtra: The engine needs a package that is not installed.
    """
    if isinstance(engine, Engine):
        return engine
    kind = find("engines", engine, ENGINES)
    if address is None:
        made: Engine = kind()
        return made
    if "address" not in inspect.signature(kind).parameters:
        raise ConfigError(
            f"The engine {engine!r} has no cluster; drop the address, or use the engine 'ray'."
        )
    joined: Engine = kind(address=address)
    return joined
