"""The Zen-score (Lin et al., "Zen-NAS: A Zero-Shot NAS for High-Performance Image Recognition",
ICCV 2021).

With Gaussian weights, how much the last map before the pooling changes when noise is added to an
image of noise; what batch norms divide by is put back.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from netwright.paradigms.nas.proxies.probe import Probe, Proxy

IMAGES = 8
NOISE = 0.01
"""alpha of the paper."""


@Proxy
def zen(probe: Probe) -> float:
    """log E|f(x) - f(x + alpha e)| + the sum over batch norms of the log of their scale."""
    net, random = deepcopy(probe.net), probe.generator()
    with torch.no_grad():
        for layer in net.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                layer.weight.normal_(generator=random)
        images = probe.normal(IMAGES, random)
        shifted = images + NOISE * probe.normal(IMAGES, random)
        seen, scales = look(net, torch.cat([images, shifted]))
    change = (seen[:IMAGES] - seen[IMAGES:]).flatten(1).abs().sum(1).mean()
    return float(change.log()) + scales


def look(net: nn.Module, images: Tensor) -> tuple[Tensor, float]:
    """The last map of more than one pixel, (batch, channels, h, w), and log of all scales."""
    maps: list[Tensor] = []
    scales: list[float] = []

    def keep(module: nn.Module, inputs: Any, output: Any) -> None:
        is_map = isinstance(output, Tensor) and output.ndim == 4
        if is_map and (not maps or output[0, 0].numel() > 1):
            maps[:] = [output]

    def scale(norm: nn.Module, inputs: tuple[Tensor]) -> None:
        variance = inputs[0].transpose(0, 1).flatten(1).var(1, correction=0).mean()
        scales.append(float(variance.log()) / 2)

    for module in net.modules():
        module.register_forward_hook(keep)
        if isinstance(module, _BatchNorm):
            module.register_forward_pre_hook(scale)
    out = net(images)
    return (maps[0] if maps else out), sum(scales)
