"""The last layer of a net: what tells classes apart, behind what sees."""

from __future__ import annotations

from torch import nn

from netwright.core.errors import ConfigError
from netwright.nn.bilevel import Companion


def last_layer(net: nn.Module) -> str:
    """The name of a net's last linear layer.

    Raises:
        ConfigError: It has none.
    """
    linear = [
        name
        for name, module in net.named_modules()
        if isinstance(module, nn.Linear) and not _beside(net, name)
    ]
    if not linear:
        raise ConfigError("This needs a net that ends with a linear layer. This one has none.")
    return linear[-1]


def _beside(net: nn.Module, name: str) -> bool:
    """Whether a part belongs to a companion, which says nothing itself."""
    steps = name.split(".")
    above = (".".join(steps[:length]) for length in range(len(steps)))
    return any(isinstance(net.get_submodule(at), Companion) for at in above)


def without_last(net: nn.Module) -> nn.Module:
    """The net without its last linear layer, in place: what it makes of rows before it answers.

    Raises:
        ConfigError: It has none.
    """
    net.set_submodule(last_layer(net), nn.Identity())
    return net


def width_before(net: nn.Module) -> int:
    """Width of what a net's last linear layer takes.

    Raises:
        ConfigError: It has none.
    """
    return int(net.get_submodule(last_layer(net)).in_features)  # type: ignore[arg-type]
