"""The last layer of a net: what tells classes apart, behind what sees."""

from __future__ import annotations

from torch import nn

from netwright.core.errors import ConfigError


def last_layer(net: nn.Module) -> str:
    """The name of a net's last linear layer.

    Raises:
        ConfigError: It has none.
    """
    linear = [name for name, module in net.named_modules() if isinstance(module, nn.Linear)]
    if not linear:
        raise ConfigError("This needs a net that ends with a linear layer. This one has none.")
    return linear[-1]


def width_before(net: nn.Module) -> int:
    """Width of what a net's last linear layer takes.

    Raises:
        ConfigError: It has none.
    """
    return int(net.get_submodule(last_layer(net)).in_features)  # type: ignore[arg-type]
