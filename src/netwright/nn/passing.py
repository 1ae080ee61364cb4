"""Convolutions that begin by passing on what comes in (Zagoruyko and Komodakis, "DiracNets", 2017).

Where designs share weights, a convolution meets now this input and now that, and until it has
learned it is noise beside the skip connections and pools that need not learn: designs look worse
the more of it they have. One that begins as the identity is as good as a skip connection from the
first step on, and everything that it learns makes it better.
"""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import nn

M = TypeVar("M", bound=nn.Module)


@torch.no_grad()
def begin_passing(net: M) -> M:
    """Adds the identity to the random weights of every convolution that keeps its channels.

    Args:
        net: Untrained; changed in place.
    """
    for module in net.modules():
        if isinstance(module, nn.Conv2d) and module.in_channels == module.out_channels:
            weight = module.weight
            weight.add_(nn.init.dirac_(torch.zeros_like(weight), module.groups))
    return net
