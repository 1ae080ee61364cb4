"""The Zen-score (Lin et al., "Zen-NAS: A Zero-Shot NAS for High-Performance Image Recognition",
ICCV 2021).

With Gaussian weights, how much the last map before the pooling changes when noise is added to an
image of noise; what batch norms divide by is put back.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.modules.batchnorm import _BatchNorm

from netwright.paradigms.nas.proxies.probe import Net, Probe, Proxy, predictions, weights_of

IMAGES = 8
NOISE = 0.01
"""alpha of the paper."""


@Proxy
@torch.no_grad()
def zen(probe: Probe) -> float:
    """log E|f(x) - f(x + alpha e)| + the sum over batch norms of the log of their scale."""
    random = probe.generator()
    weights = {
        name: torch.empty_like(weight).normal_(generator=random)
        for name, weight in weights_of(probe.net).items()
    }
    images = probe.normal(IMAGES, random)
    shifted = images + NOISE * probe.normal(IMAGES, random)
    seen, scales = look(
        probe.net,
        lambda shown: functional_call(probe.net, weights, (shown,)),
        torch.cat([images, shifted]),
    )
    change = (seen[:IMAGES] - seen[IMAGES:]).flatten(1).abs().sum(1).mean()
    return float(change.log()) + scales


def look(net: nn.Module, run: Net, images: Tensor) -> tuple[Tensor, float]:
    """What is seen in a net while it runs.

    Args:
        net: Whose modules are watched.
        run: Runs it.
        images: (batch, channels, h, w).

    Returns:
        The last map of more than one pixel, (batch, channels, h, w), and the log of all scales.
    """
    maps: list[Tensor] = []
    scales: list[float] = []

    def keep(module: nn.Module, inputs: Any, output: Any) -> None:
        is_map = isinstance(output, Tensor) and output.ndim == 4
        if is_map and (not maps or output[0, 0].numel() > 1):
            maps[:] = [output]

    def scale(norm: nn.Module, inputs: tuple[Tensor]) -> None:
        _, variance = torch.batch_norm_update_stats(inputs[0], None, None, 0.0)
        scales.append(float(variance.mean().log()) / 2)

    hooks = [module.register_forward_hook(keep) for module in net.modules()]
    norms = [module for module in net.modules() if isinstance(module, _BatchNorm)]
    hooks += [norm.register_forward_pre_hook(scale) for norm in norms]
    out = predictions(run, images)
    for hook in hooks:
        hook.remove()
    return (maps[0] if maps else out), sum(scales)
