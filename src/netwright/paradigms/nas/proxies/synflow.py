"""SynFlow (Tanaka, Kunin, Yamins and Ganguli, NeurIPS 2020), summed over a net as by Abdelfattah et
al. (2021).

All weights are made positive, batch norms are taken out and one image of ones flows through: the
sum of the outputs is R, and |w * dR/dw| the synaptic flow through a weight. No data is needed.
"""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from netwright.paradigms.nas.proxies.probe import (
    Probe,
    Proxy,
    gradients_of,
    predictions,
    weights_of,
)


@Proxy
def synflow(probe: Probe) -> float:
    """log(1 + the sum over weights of |w * dR/dw|)."""
    net = without_batch_norm(deepcopy(probe.net).double().eval())
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.abs_()
    weights = list(weights_of(net).values())
    ones = torch.ones_like(probe.images[:1], dtype=torch.double)
    gradients = gradients_of(predictions(net, ones).sum(), weights)
    flow = torch.stack(
        [(w.detach() * g).abs().sum() for w, g in zip(weights, gradients, strict=True)]
    )
    return float(flow.sum().log1p())


def without_batch_norm(net: nn.Module) -> nn.Module:
    """The same net, whose batch norms now do nothing."""
    for parent in list(net.modules()):
        for name, child in parent.named_children():
            if isinstance(child, _BatchNorm):
                setattr(parent, name, nn.Identity())
    return net
