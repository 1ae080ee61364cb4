"""Statistics of batch normalisation measured anew, for weights that were learned elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


@torch.no_grad()
def recalibrate(net: nn.Module, batches: Iterable[Tensor]) -> nn.Module:
    """Replaces running averages by the plain means over some batches, and leaves `eval` mode on.

    As single-path one-shot search does before it judges a design (Guo et al., ECCV 2020, 3.3):
    weights that many designs share have statistics of none.

    Args:
        net: Its weights stay as they are.
        batches: What it is to see, each (rows, ...); dropout is off meanwhile.
    """
    norms = [module for module in net.modules() if isinstance(module, _BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    net.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean of all batches
        norm.train()
    for batch in batches:
        net(batch)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    return net.eval()
