"""GraSP (Wang, Zhang and Grosse, "Picking Winning Tickets Before Training by Preserving Gradient
Flow", ICLR 2020), summed over a net as by Abdelfattah et al. (2021).

How much weaker the flow of gradients would be without a weight: -(H g) * w, where g is the gradient
of the loss and H its Hessian. H is symmetric, so the sum over weights is -g * (H w), and H w is how
the gradient changes as all weights grow: forward over backward differentiation, which costs less
than going backward twice.
"""

from __future__ import annotations

import math
import warnings
from copy import deepcopy

from torch import Tensor, nn
from torch.func import functional_call, grad, jvp
from torch.nn.modules.batchnorm import _BatchNorm

from netwright.paradigms.nas.proxies.probe import Probe, Proxy


@Proxy
def grasp(probe: Probe) -> float:
    """The sum over weights of -(H g) * w; NaN where an operation has no second derivative."""
    net = _without_memory(deepcopy(probe.net).requires_grad_(False))
    layers = {f"{n}.weight".lstrip("."): layer for n, layer in net.named_modules()}
    weights = {
        name: layer.weight.detach()
        for name, layer in layers.items()
        if isinstance(layer, nn.Conv2d | nn.Linear)
    }

    def loss(changed: dict[str, Tensor]) -> Tensor:
        return probe.loss(lambda images: functional_call(net, changed, (images,)))

    try:
        with warnings.catch_warnings():  # the first time, torch calls what it deprecates
            warnings.simplefilter("ignore", DeprecationWarning)
            gradients, curved = jvp(grad(loss), (weights,), (weights,))[:2]
    except NotImplementedError:
        return math.nan
    return sum(-float((gradients[name] * curved[name]).sum()) for name in weights)


def _without_memory(net: nn.Module) -> nn.Module:
    """Batch norms that keep no running statistics: those cannot be written to while deriving."""
    for module in net.modules():
        if isinstance(module, _BatchNorm):
            module.track_running_stats = False
            module.running_mean = module.running_var = None
    return net
