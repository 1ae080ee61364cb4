"""Linear regions, the expressivity of a net (Chen, Gong and Wang, "Neural Architecture Search on
ImageNet in Four GPU Hours", ICLR 2021, TE-NAS).

TE-NAS counts the distinct codes of random images in a narrow net; in a net of full width every
image has a code of its own and all counts are equal. So regions are counted where they can be:
along the straight way from one image to another, which enters a new region whenever a rectifier
opens or shuts (Hanin and Rolnick, "Complexity of Linear Regions in Deep Networks", ICML 2019).
"""

from __future__ import annotations

import torch
from torch import Tensor

from netwright.paradigms.nas.proxies.probe import Probe, Proxy
from netwright.paradigms.nas.proxies.rectifiers import watch_rectifiers

WAYS, STEPS = 2, 8


@Proxy
def linear_regions(probe: Probe) -> float:
    """Regions on the way between two images, the mean over two pairs."""
    ways = min(WAYS, len(probe.images) // 2)
    start, end = probe.images[:ways, None], probe.images[ways : 2 * ways, None]
    along = torch.linspace(0, 1, STEPS).to(start).view(1, STEPS, 1, 1, 1)
    points = torch.lerp(start, end, along).flatten(0, 1)  # (ways * steps, channels, h, w)
    crossed: list[int] = []

    def count(code: Tensor) -> None:
        crossed.append(crossings(code.view(ways, STEPS, -1)))

    watch_rectifiers(probe.net, points.contiguous(memory_format=torch.channels_last), count)
    return 1 + sum(crossed) / ways


def crossings(code: Tensor) -> int:
    """(ways, steps, units) booleans -> how often a unit opens or shuts from step to step."""
    return int((code[:, 1:] != code[:, :-1]).sum())
