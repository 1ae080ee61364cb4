"""Images that lie in memory pixel by pixel ("channels last"), and nets that may be given them.

Convolutions are up to twice as fast on such images, but one kind of them is unsafe: the gradient of
a strided 1x1 convolution of few channels (under 8 with AVX2, under 16 with AVX-512) is computed
beyond the memory that oneDNN keeps for it, and whatever lies there is lost (uxlfoundation/oneDNN,
issue 6035, open in 2026). So these are handed only the pixels that they read, and have no stride.
Wide depthwise convolutions have a slow gradient, see `netwright.nn.depthwise`.
"""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import Tensor, nn

from netwright.nn.depthwise import WideDepthwise

M = TypeVar("M", bound=nn.Module)

TOO_FEW = 16
"""Channels of a group that oneDNN may gather into too little memory."""


class Picking(nn.Conv2d):
    """A strided 1x1 convolution as one without a stride, of every so manieth pixel."""

    every: tuple[int, ...]
    """How many pixels there are from one that is read to the next, down and across."""

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, h, w) -> (batch, outputs, ceil(h / stride), ceil(w / stride))."""
        down, across = self.every
        return super().forward(x[:, :, ::down, ::across])


def pixels_last(net: M) -> M:
    """Has the weights of a net lie as suits images that lie pixel by pixel, and keeps it safe.

    Args:
        net: Changed in place; it computes the same, and its weights keep their names.
    """
    return suited(net).to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def suited(net: M) -> M:
    """Has the convolutions in a net that are unsafe or slow as they are run as they should.

    Args:
        net: Changed in place, as for `pixels_last`.
    """
    for module in net.modules():
        # The same object, as others may hold it, have marked it or be told when it runs.
        if _gathers(module):
            module.__class__ = Picking
            assert isinstance(module, Picking)
            module.every, module.stride = module.stride, (1, 1)
        elif WideDepthwise.suits(module):
            module.__class__ = WideDepthwise
    return net


def _gathers(module: nn.Module) -> bool:
    """Whether it is a convolution that reads single pixels here and there, of few channels."""
    return (
        type(module) is nn.Conv2d
        and module.kernel_size == (1, 1)
        and max(module.stride) > 1
        and module.padding in ((0, 0), "valid")
        and module.in_channels // module.groups < TOO_FEW
    )
