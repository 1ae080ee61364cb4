"""Fisher pruning (Theis, Korshunova, Tejani and Huszar, 2018; Turner et al., ICLR 2020), summed
over a net as by Abdelfattah et al. (2021).

How much the loss would change without a channel, to second order: half the mean over images of
(the sum over the map of activation * gradient), squared. A channel counts once for each weight that
makes it, as in the published scores.
"""

from __future__ import annotations

from torch import Tensor

from netwright.paradigms.nas.proxies.probe import Probe, Proxy


@Proxy
def fisher(probe: Probe) -> float:
    """The sum over channels of their saliency, times the weights a channel has."""
    passed = zip(probe.forward.layers, probe.forward.outputs, probe.flow.slopes, strict=True)
    return sum(
        layer.weight[0].numel() * float(saliency(output.detach(), slope).sum())
        for layer, output, slope in passed
    )


def saliency(output: Tensor, slope: Tensor) -> Tensor:
    """(batch, channels, h, w) or (batch, channels), twice -> (channels,)."""
    change = output * slope
    if change.ndim == 4:
        change = change.sum(dim=(2, 3))
    return change.square().mean(dim=0) / 2
