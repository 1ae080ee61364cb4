"""The number of parameters, a plain measure that is hard to beat."""

from __future__ import annotations

from netwright.paradigms.nas.proxies.probe import Probe, Proxy


@Proxy
def params(probe: Probe) -> float:
    """Millions of parameters."""
    return sum(parameter.numel() for parameter in probe.net.parameters()) / 1e6
