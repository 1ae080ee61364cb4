"""The costs of a net that limits are set on, counted before any training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from netwright.hardware.counting import count_parameters, peak_activation_bytes, weight_bytes
from netwright.hardware.tracing import trace


@dataclass(frozen=True)
class Costs:
    """What a net costs on any machine.

    Attributes:
        params_m: Millions of parameters.
        flops_g: Thousand millions of multiply-adds for one input.
        memory_mb: Megabytes (of 10^6 bytes) of weights and activations at the peak, one input.
    """

    params_m: float
    flops_g: float
    memory_mb: float


def costs_of(net: nn.Module, shape: Sequence[int]) -> Costs:
    """Counts a net.

    Args:
        net: Takes (batch, *shape) floats; left as it was.
        shape: Of one input, without the batch.
    """
    followed = trace(net, shape)
    memory = weight_bytes(net) + peak_activation_bytes(followed)
    return Costs(count_parameters(net) / 1e6, followed.flops / 1e9, memory / 1e6)
