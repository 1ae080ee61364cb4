"""Scores of a net that was never trained, from one batch of images; higher is better in each.

Every proxy is `score(net, images, targets, seed) -> float`: images (batch, channels, h, w) floats,
targets (batch,) class numbers. The net stays as it is; NaN says that a net has no such score.
"""

from __future__ import annotations

from typing import Any

from netwright.core.errors import ConfigError
from netwright.core.registry import find, names

HOME = "netwright.paradigms.nas.proxies"
PROXIES: dict[str, str] = {
    "grad_norm": f"{HOME}.grad_norm:grad_norm",
    "snip": f"{HOME}.snip:snip",
    "grasp": f"{HOME}.grasp:grasp",
    "synflow": f"{HOME}.synflow:synflow",
    "fisher": f"{HOME}.fisher:fisher",
    "jacob_cov": f"{HOME}.jacob_cov:jacob_cov",
    "naswot": f"{HOME}.naswot:naswot",
    "linear_regions": f"{HOME}.linear_regions:linear_regions",
    "ntk": f"{HOME}.ntk:ntk",
    "zen": f"{HOME}.zen:zen",
    "params": f"{HOME}.params:params",
    "flops": f"{HOME}.flops:flops",
}


def get_proxy(proxy: str) -> Any:
    """The proxy of a name, or a person's own `package:function`.

    Raises:
        UnknownName: No such proxy.
        ConfigError: It cannot be called.
    """
    found = find("proxies", proxy, PROXIES)
    if not callable(found):
        raise ConfigError(
            f"A proxy is a function score(net, images, targets, seed). {proxy!r} is {found!r}."
        )
    return found


def known_proxies() -> list[str]:
    """Names of built-in and plugged-in proxies."""
    return list(names("proxies", PROXIES))
