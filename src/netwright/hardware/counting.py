"""What can be counted without running a net: parameters, multiply-adds, memory."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import accumulate
from typing import TypeVar

from torch import nn

from netwright.hardware.tracing import Trace, trace

Name = TypeVar("Name", bound=Hashable)
Step = tuple[set[Name], set[Name]]
"""What an operation reads, and what it writes."""


def count_parameters(net: nn.Module) -> int:
    """How many numbers a net learns; a shared one counts once."""
    return sum(value.numel() for value in net.parameters())


def count_flops(net: nn.Module, shape: Sequence[int]) -> int:
    """Multiply-adds of the convolutions, linear and recurrent layers for one input.

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
    """The most bytes of activations alive at once."""
    return peak_bytes(followed.steps, followed.bytes.__getitem__)


def peak_bytes(steps: Sequence[Step[Name]], bytes_of: Callable[[Name], int]) -> int:
    """The most bytes alive at once of what a sequence of operations writes.

    What is written lives from its operation to the last one that reads it; what an operation
    reads and what it writes are alive together. Nothing is fused: a runtime that joins a
    convolution and its ReLU needs less.

    Args:
        steps: (what is read, what is written) of each operation, in order. What is read before
            anything writes it is a weight, and does not count.
        bytes_of: Size of each.
    """
    born: dict[Name, int] = {}
    last: dict[Name, int] = {}
    for place, (read, written) in enumerate(steps):
        for name in written - read:
            if name not in last:
                born[name] = place
        last.update(dict.fromkeys(read | written, place))
    change = [0] * (len(steps) + 1)
    for name, place in born.items():
        change[place] += bytes_of(name)
        change[last[name] + 1] -= bytes_of(name)
    return max(accumulate(change))
