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
    "cell": "netwright.spaces.node_cell:NodeCells",
    "chain": "netwright.spaces.chain:Chain",
    "connected": "netwright.spaces.connected:ConnectedLayers",
    "conv4": "netwright.spaces.conv4:FourBlocks",
    "darts": "netwright.spaces.darts:DARTS",
    "ghn": "netwright.paradigms.nas.oneshot.ghn:GraphSpace",
    "mlp": "netwright.spaces.mlp:TabularNetSpace",
    "mobile": "netwright.spaces.mobile:Mobile",
    "morphism": "netwright.spaces.morphism:Morphism",
    "named": "netwright.spaces.named:NamedDesigns",
    "nasbench101": "netwright.spaces.nasbench101:NASBench101",
    "nasbench201": "netwright.spaces.nasbench201:NASBench201",
    "once_for_all": "netwright.paradigms.nas.oneshot.ofa:ElasticSpace",
    "relaxed": "netwright.paradigms.nas.oneshot.relaxed:RelaxedSpace",
    "resnet": "netwright.spaces.residual:ResidualSpace",
    "smash": "netwright.paradigms.nas.oneshot.smash:SmashSpace",
    "supernet": "netwright.spaces.supernet:SupernetSpace",
}


def get_space(space: str | Space, /, **arguments: Any) -> Space:
    """The space of a name, of a person's own `package:Class`, or the space itself.

    A person's class is a space, or a torch module with choices inside (`netwright.nn.choices`).

    Args:
        space: Which.
        arguments: What it is made with.

    Raises:
        UnknownName: No such space.
        ConfigError: It is not a space, or cannot be made with these arguments.
    """
    if isinstance(space, Space):
        return space
    found: Any = find("spaces", space, SPACES)
    if isinstance(found, type) and hasattr(found, "forward"):
        from netwright.spaces.module import ModuleSpace

        return ModuleSpace(found)
    if isinstance(found, type) and issubclass(found, Space):
        try:
            found = found(**arguments)
        except TypeError as error:
            told = ", ".join(arguments) or "no arguments"
            raise ConfigError(f"The space {space!r} cannot be made with {told}.") from error
    if not isinstance(found, Space):
        raise ConfigError(f"A space is a subclass of netwright's Space. {space!r} is {found!r}.")
    return found


def known_spaces() -> list[str]:
    """Names of built-in and plugged-in spaces."""
    return list(names("spaces", SPACES))
