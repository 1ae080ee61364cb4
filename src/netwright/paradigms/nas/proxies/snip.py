"""SNIP (Lee, Ajanthan and Torr, ICLR 2019), summed over a net as by Abdelfattah et al. (2021).

How much the loss would change without a weight, to first order: |weight * gradient|.
"""

from __future__ import annotations

from netwright.paradigms.nas.proxies.probe import Probe, Proxy


@Proxy
def snip(probe: Probe) -> float:
    """The sum over weights of |w * dL/dw|."""
    pairs = zip(probe.weights, probe.flow.gradients, strict=True)
    return sum(float((weight.detach() * gradient).abs().sum()) for weight, gradient in pairs)
