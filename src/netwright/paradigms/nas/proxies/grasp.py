"""GraSP (Wang, Zhang and Grosse, "Picking Winning Tickets Before Training by Preserving Gradient
Flow", ICLR 2020), summed over a net as by Abdelfattah et al. (2021).

How much weaker the flow of gradients would be without a weight: -(H g) * w, where g is the gradient
of the loss and H its Hessian. H is symmetric, so the sum over weights is -g * (H w), and H w is how
the gradient changes as all weights grow: forward over backward differentiation, which costs less
than going backward twice.

The sum changes its sign from one draw of the first weights to the next more than from one design to
the next. So a batch is shared out among several draws, which costs the same, and their mean counts.
"""

from __future__ import annotations

import math
import warnings
from copy import deepcopy

from torch import Tensor, nn
from torch.func import functional_call, grad, jvp
from torch.nn.modules.batchnorm import _BatchNorm

from netwright.paradigms.nas.proxies.probe import Probe, Proxy, loss_of, weights_of

DRAWS = 4
"""Of the weights: as they are, then as the layers draw them anew."""
FEWEST = 8
"""Images a draw, at least; smaller batches get fewer draws."""


@Proxy
def grasp(probe: Probe) -> float:
    """The mean over draws of the sum over weights of -(H g) * w.

    NaN where an operation has no second derivative.
    """
    net = _without_memory(deepcopy(probe.net).requires_grad_(False))
    draws = min(DRAWS, max(1, len(probe.images) // FEWEST))
    parts = zip(probe.images.tensor_split(draws), probe.targets.tensor_split(draws), strict=True)
    total = 0.0
    for images, targets in parts:
        try:
            total += lost_flow(net, images, targets) / draws
        except NotImplementedError:
            return math.nan
        net.apply(_draw)
    return total


def lost_flow(net: nn.Module, images: Tensor, targets: Tensor) -> float:
    """The sum over the weights of convolutions and linear layers of -(H g) * w.

    Args:
        net: Without running statistics, and without gradients.
        images: (batch, channels, h, w).
        targets: (batch,).

    Raises:
        NotImplementedError: An operation has no second derivative.
    """
    weights = {name: weight.detach() for name, weight in weights_of(net).items()}

    def loss(changed: dict[str, Tensor]) -> Tensor:
        return loss_of(lambda shown: functional_call(net, changed, (shown,)), images, targets)

    with warnings.catch_warnings():  # the first time, torch calls what it deprecates
        warnings.simplefilter("ignore", DeprecationWarning)
        gradients, curved = jvp(grad(loss), (weights,), (weights,))[:2]
    return sum(-float((gradients[name] * curved[name]).sum()) for name in weights)


def _draw(module: nn.Module) -> None:
    reset = getattr(module, "reset_parameters", None)
    if reset is not None:
        reset()


def _without_memory(net: nn.Module) -> nn.Module:
    """Batch norms that keep no running statistics: those cannot be written to while deriving."""
    for module in net.modules():
        if isinstance(module, _BatchNorm):
            module.track_running_stats = False
            module.running_mean = module.running_var = None
    return net
