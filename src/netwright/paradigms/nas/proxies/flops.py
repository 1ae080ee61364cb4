"""The number of multiply-adds for one image."""

from __future__ import annotations

from netwright.hardware.counting import count_flops
from netwright.paradigms.nas.proxies.probe import Probe, Proxy


@Proxy
def flops(probe: Probe) -> float:
    """Millions of multiply-adds."""
    return count_flops(probe.net, tuple(probe.images.shape[1:])) / 1e6
