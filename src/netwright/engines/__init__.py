"""Where does it run, by name."""

from __future__ import annotations

from netwright.core.engine import Engine
from netwright.core.registry import find

ENGINES: dict[str, str] = {
    "processes": "netwright.engines.processes:ProcessEngine",
    "inline": "netwright.engines.inline:InlineEngine",
}


def get_engine(engine: str | Engine) -> Engine:
    """The engine of a name, or a person's own.

    Raises:
        UnknownName: No such engine.
    """
    if isinstance(engine, Engine):
        return engine
    made: Engine = find("engines", engine, ENGINES)()
    return made
