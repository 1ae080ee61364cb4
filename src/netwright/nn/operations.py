"""Operations on feature maps, by the names the field gives them.

Every operation is made by `make(name, inputs, outputs, stride)` and turns (batch, inputs, h, w)
into (batch, outputs, ceil(h / stride), ceil(w / stride)), whatever h and w are, so that what meets
in a sum always fits.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from netwright.core.errors import unknown_name


class ReLUConvBN(nn.Sequential):
    """ReLU, convolution, batch normalisation."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, dilation: int = 1
    ) -> None:
        padding = dilation * (kernel - 1) // 2
        super().__init__(
            nn.ReLU(),
            nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=False),
            nn.BatchNorm2d(outputs),
        )


class DepthwiseConvBN(nn.Sequential):
    """ReLU, a convolution of every channel alone, a 1x1 convolution, batch normalisation."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, dilation: int = 1
    ) -> None:
        padding = dilation * (kernel - 1) // 2
        super().__init__(
            nn.ReLU(),
            nn.Conv2d(inputs, inputs, kernel, stride, padding, dilation, inputs, bias=False),
            nn.Conv2d(inputs, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )


class SeparableConv(nn.Sequential):
    """A depthwise separable convolution, twice, as in NASNet; the first one has the stride."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__(
            DepthwiseConvBN(inputs, inputs, kernel, stride),
            DepthwiseConvBN(inputs, outputs, kernel),
        )


class Zero(nn.Module):
    """Delivers nothing, in the right shape."""

    def __init__(self, outputs: int, stride: int) -> None:
        super().__init__()
        self.outputs, self.stride = outputs, stride

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, h, w) -> zeros (batch, outputs, h / stride, w / stride)."""
        if self.outputs == x.shape[1]:  # in the input's layout, or all that is added to it is slow
            return torch.zeros_like(
                x if self.stride == 1 else x[..., :: self.stride, :: self.stride]
            )
        height, width = (-(-side // self.stride) for side in x.shape[2:])
        return x.new_zeros(x.shape[0], self.outputs, height, width)


class FactorizedReduce(nn.Module):
    """Halves a map without losing a pixel: two strided 1x1 convolutions, one shifted by a pixel."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs // 2, 1, 2, bias=False)
        self.second = nn.Conv2d(inputs, outputs - outputs // 2, 1, 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, h, w) -> (batch, outputs, ceil(h / 2), ceil(w / 2))."""
        x = torch.relu(x)
        shifted = nn.functional.pad(x, (0, 1, 0, 1))[:, :, 1:, 1:]
        out: Tensor = self.norm(torch.cat([self.first(x), self.second(shifted)], dim=1))
        return out


class MeanPool(nn.Module):
    """3x3 average pooling that does not count the padding."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, h, w) -> (batch, inputs, ceil(h / stride), ceil(w / stride))."""
        return avg_pool2d(x, 3, self.stride, 1, count_include_pad=False)


def _fitted(pool: nn.Module, inputs: int, outputs: int) -> nn.Module:
    """A pool keeps its channels; where others are wanted, a 1x1 convolution goes before it."""
    if inputs == outputs:
        return pool
    return nn.Sequential(ReLUConvBN(inputs, outputs, 1), pool)


def _skip(inputs: int, outputs: int, stride: int) -> nn.Module:
    if stride == 1 and inputs == outputs:
        return nn.Identity()
    if stride == 1:
        return ReLUConvBN(inputs, outputs, 1)
    return FactorizedReduce(inputs, outputs)


def _max_pool(inputs: int, outputs: int, stride: int) -> nn.Module:
    return _fitted(nn.MaxPool2d(3, stride, 1), inputs, outputs)


def _mean_pool(inputs: int, outputs: int, stride: int) -> nn.Module:
    return _fitted(MeanPool(stride), inputs, outputs)


Operation = Callable[[int, int, int], nn.Module]


def _convolution(kernel: int, dilation: int = 1) -> Operation:
    return lambda inputs, outputs, stride: ReLUConvBN(inputs, outputs, kernel, stride, dilation)


def _separable(kernel: int) -> Operation:
    return lambda inputs, outputs, stride: SeparableConv(inputs, outputs, kernel, stride)


def _dilated(kernel: int) -> Operation:
    return lambda inputs, outputs, stride: DepthwiseConvBN(inputs, outputs, kernel, stride, 2)


OPERATIONS: dict[str, Operation] = {
    "none": lambda inputs, outputs, stride: Zero(outputs, stride),
    "skip_connect": _skip,
    "conv_1x1": _convolution(1),
    "conv_3x3": _convolution(3),
    "conv_5x5": _convolution(5),
    "conv_3x3_dilated_3": _convolution(3, dilation=3),
    "sep_conv_3x3": _separable(3),
    "sep_conv_5x5": _separable(5),
    "sep_conv_7x7": _separable(7),
    "dil_conv_3x3": _dilated(3),
    "dil_conv_5x5": _dilated(5),
    "max_pool_3x3": _max_pool,
    "avg_pool_3x3": _mean_pool,
    "nor_conv_1x1": _convolution(1),
    "nor_conv_3x3": _convolution(3),
}
"""Name to (inputs, outputs, stride) -> module."""


def make(name: str, inputs: int, outputs: int, stride: int = 1) -> nn.Module:
    """The operation of a name.

    Raises:
        UnknownName: There is none.
    """
    if name not in OPERATIONS:
        raise unknown_name("operation", name, OPERATIONS)
    return OPERATIONS[name](inputs, outputs, stride)
