"""Fisher pruning (Theis, Korshunova, Tejani and Huszar, 2018; Turner et al., ICLR 2020), summed over
a net as by Abdelfattah et al. (2021).

How much the loss would change without a channel, to second order: half the mean over images of
(the sum over the map of activation * gradient), squared. A channel counts once for each weight that
makes it, as in the published scores.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from netwright.paradigms.nas.proxies.probe import Probe, Proxy, gradients_of


@Proxy
def fisher(probe: Probe) -> float:
    """The sum over channels of their saliency, times the weights a channel has."""
    activations: list[Tensor] = []
    fans: list[int] = []

    def keep(layer: nn.Module, inputs: Any, output: Tensor) -> None:
        activations.append(output)
        fans.append(layer.weight[0].numel())

    hooks = [layer.register_forward_hook(keep) for layer in probe.layers()]
    loss = probe.loss()
    for hook in hooks:
        hook.remove()
    gradients = gradients_of(loss, activations)
    made = zip(activations, gradients, fans, strict=True)
    return sum(fan * float(saliency(a.detach(), g).sum()) for a, g, fan in made)


def saliency(activation: Tensor, gradient: Tensor) -> Tensor:
    """(batch, channels, ...) twice -> (channels,)."""
    flow = (activation * gradient).flatten(2).sum(2) if activation.ndim > 2 else activation * gradient
    return flow.square().mean(0) / 2
