"""The number of multiply-adds for one image."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from netwright.paradigms.nas.proxies.probe import Probe, Proxy


@Proxy
def flops(probe: Probe) -> float:
    """Millions of multiply-adds."""
    return count_flops(probe.net, tuple(probe.images.shape[1:])) / 1e6


def count_flops(net: nn.Module, shape: tuple[int, ...]) -> int:
    """Stands in for `netwright.hardware.counting.count_flops` until that is merged."""
    total = 0

    def add(layer: Any, inputs: Any, output: Tensor) -> None:
        nonlocal total
        pixels = output[0, 0].numel() if output.ndim == 4 else 1
        total += pixels * layer.weight.numel()

    layers: list[Any] = [
        layer for layer in net.modules() if isinstance(layer, nn.Conv2d | nn.Linear)
    ]
    hooks = [layer.register_forward_hook(add) for layer in layers]
    some = next(net.parameters())
    with torch.no_grad():
        net(torch.zeros(2, *shape).to(some))
    for hook in hooks:
        hook.remove()
    return total
