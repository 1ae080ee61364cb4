"""What can be counted without running a net: parameters, multiply-adds, memory."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from netwright.hardware.tracing import Trace, trace


def count_parameters(net: nn.Module) -> int:
    """How many numbers a net learns; a shared one counts once."""
    return sum(value.numel() for value in net.parameters())


def count_flops(net: nn.Module, shape: Sequence[int]) -> int:
    """Multiply-adds of the convolutions and linear layers for one input.

    This is what papers on nets call FLOPs: a multiplication and the addition behind it count as
    one; biases, normalisations, activations and pools count nothing.

    Args:
        net: Takes (batch, *shape) floats.
        shape: Of one input, without the batch.
    """
    return trace(net, shape).flops


def peak_memory_bytes(net: nn.Module, shape: Sequence[int]) -> int:
    """Memory of a net that predicts one input: its weights, and its activations at the peak.

    Args:
        net: Takes (batch, *shape) floats.
        shape: Of one input, without the batch.
    """
    return weight_bytes(net) + peak_activation_bytes(trace(net, shape))


def weight_bytes(net: nn.Module) -> int:
    """Bytes of all parameters and buffers (such as the statistics of normalisations)."""
    return sum(value.nbytes for value in (*net.parameters(), *net.buffers()))


def peak_activation_bytes(followed: Trace) -> int:
    """The most bytes of activations alive at once.

    An activation lives from the operation that makes it to the last one that reads it; what an
    operation reads and what it writes are alive together. Nothing is fused: a runtime that joins
    a convolution and its ReLU needs less.
    """
    born: dict[int, int] = {}
    last: dict[int, int] = {}
    for place, (read, written) in enumerate(followed.steps):
        for block in written - read:
            if block not in last:  # weights are read before anything writes them
                born[block] = place
        last.update(dict.fromkeys(read | written, place))
    change = [0] * (len(followed.steps) + 1)
    for block, place in born.items():
        change[place] += followed.bytes[block]
        change[last[block] + 1] -= followed.bytes[block]
    alive = peak = 0
    for difference in change:
        alive += difference
        peak = max(peak, alive)
    return peak
