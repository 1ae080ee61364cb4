"""GraSP (Wang, Zhang and Grosse, ICLR 2020), summed over a net as by Abdelfattah et al. (2021).

How much weaker the flow of gradients would be without a weight: -(H g) * weight, where g is the
gradient of the loss and H its Hessian.
"""

from __future__ import annotations

import torch

from netwright.paradigms.nas.proxies.probe import Probe, Proxy, gradients_of


@Proxy
def grasp(probe: Probe) -> float:
    """The sum over weights of -(H g) * w."""
    weights = probe.weights
    gradients = torch.autograd.grad(
        probe.loss(), weights, create_graph=True, allow_unused=True, materialize_grads=True
    )
    half = torch.stack([(g * g.detach()).sum() for g in gradients]).sum()  # its gradient is H g
    curved = gradients_of(half, weights)
    return -sum(float((w * hg).sum()) for w, hg in zip(weights, curved, strict=True))
