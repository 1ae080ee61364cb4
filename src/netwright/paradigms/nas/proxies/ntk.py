"""The condition number of the neural tangent kernel, a net's trainability (Chen, Gong and Wang,
"Neural Architecture Search on ImageNet in Four GPU Hours", ICLR 2021, TE-NAS, section 3.1.1).

The kernel of two images is the product of their gradients of the summed outputs with respect to all
parameters; a net learns well if its greatest eigenvalue is not far above its least.
"""

from __future__ import annotations

import math
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn.modules.batchnorm import _BatchNorm

from netwright.paradigms.nas.proxies.probe import Probe, Proxy, predictions

IMAGES = 32
"""Of the batch; each has gradients of its own."""


@Proxy
def ntk(probe: Probe) -> float:
    """-log10 of the kernel's condition number."""
    net = settled(probe)
    parameters = {name: value.detach() for name, value in net.named_parameters()}

    def summed(values: dict[str, Tensor], image: Tensor) -> Tensor:
        return predictions(lambda shown: functional_call(net, values, (shown,)), image[None]).sum()

    rows = vmap(grad(summed), in_dims=(None, 0))(parameters, probe.images[:IMAGES])
    return -condition(torch.cat([row.flatten(1) for row in rows.values()], dim=1))


def settled(probe: Probe) -> nn.Module:
    """A copy in evaluation mode whose batch norms know the batch, so that images stay apart."""
    net = deepcopy(probe.net).eval()
    for module in net.modules():
        if isinstance(module, _BatchNorm):
            module.train().momentum = 1.0
    with torch.no_grad():
        net(probe.images)
    return net.eval()


def condition(jacobian: Tensor) -> float:
    """log10 of the greatest over the least eigenvalue of J J^T; NaN where the least is none.

    Args:
        jacobian: (images, parameters).
    """
    jacobian = jacobian.double()
    values = torch.linalg.eigvalsh(jacobian @ jacobian.T)
    least, greatest = float(values[0]), float(values[-1])
    return math.log10(greatest / least) if least > 0 else math.nan
