"""Nets that are a chain of layers with skip connections between any of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from netwright.nn.operations import MeanPool
from netwright.nn.weight_bank import share_as


@dataclass(frozen=True)
class ChainLayer:
    """One layer of a chain.

    Attributes:
        type: `conv`, `sep_conv`, `max_pool`, `avg_pool` or `dense`.
        kernel: Of a convolution.
        filters: Channels that come out, of all but pools.
        stride: Of all but dense layers.
        skips: The layers whose output is added to the input; 0 is what the chain starts from.
    """

    type: str
    kernel: int = 3
    filters: int = 0
    stride: int = 1
    skips: tuple[int, ...] = ()


class Dense(nn.Module):
    """The mean over the map, then a linear layer: a map of one pixel."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
        )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, h, w) -> (batch, outputs, 1, 1)."""
        out: Tensor = self.body(x.mean(dim=(2, 3), keepdim=True))
        return out


def _convolution(inputs: int, layer: ChainLayer, separable: bool) -> nn.Module:
    kernel, stride, padding = layer.kernel, layer.stride, layer.kernel // 2
    if separable:
        body = [
            nn.Conv2d(inputs, inputs, kernel, stride, padding, groups=inputs, bias=False),
            nn.Conv2d(inputs, layer.filters, 1, bias=False),
        ]
    else:
        body = [nn.Conv2d(inputs, layer.filters, kernel, stride, padding, bias=False)]
    return nn.Sequential(*body, nn.BatchNorm2d(layer.filters), nn.ReLU())


def make_layer(inputs: int, layer: ChainLayer) -> nn.Module:
    """The module of a layer without its skip connections."""
    if layer.type == "dense":
        return Dense(inputs, layer.filters)
    if layer.type == "max_pool":
        return nn.MaxPool2d(3, layer.stride, 1)
    if layer.type == "avg_pool":
        return MeanPool(layer.stride)
    return _convolution(inputs, layer, separable=layer.type == "sep_conv")


class Skip(nn.Module):
    """Brings an earlier map to the shape of a later one.

    Args:
        inputs: Channels of the earlier map.
        outputs: Channels of the later one.
        shrink: How many times smaller the later one is; 0 for a single pixel.
    """

    def __init__(self, inputs: int, outputs: int, shrink: int) -> None:
        super().__init__()
        same = inputs == outputs
        self.project = nn.Identity() if same else nn.Conv2d(inputs, outputs, 1, bias=False)
        self.pool = nn.AvgPool2d(shrink, ceil_mode=True) if shrink else nn.AdaptiveAvgPool2d(1)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, h, w) -> (batch, outputs, ceil(h / shrink), ceil(w / shrink))."""
        out: Tensor = self.project(self.pool(x))
        return out


class Joint(nn.Module):
    """A layer and the skip connections that end in it.

    Args:
        layer: What it is.
        widths: Channels of every output before it, the chain's start first.
        shrinks: How many times larger than the last one each of them is; 0: that is one pixel.
    """

    def __init__(self, layer: ChainLayer, widths: Sequence[int], shrinks: Sequence[int]) -> None:
        super().__init__()
        self.skips = nn.ModuleDict(
            {str(i): Skip(widths[i], widths[-1], shrinks[i]) for i in layer.skips}
        )
        self.layer = share_as(make_layer(widths[-1], layer), layer.type)

    def forward(self, values: Sequence[Tensor]) -> Tensor:
        """Every output so far -> the next one."""
        total = values[-1]
        for source, skip in self.skips.items():
            total = total + skip(values[int(source)])
        out: Tensor = self.layer(total)
        return out


class ChainNetwork(nn.Module):
    """A chain: each layer gets the layer before it, plus whatever its skip connections bring.

    Args:
        layers: In order.
        inputs: Channels of the images.
        outputs: Classes.
        channels: Width of the 3x3 convolution that the chain starts from.
    """

    def __init__(
        self, layers: Sequence[ChainLayer], inputs: int, outputs: int, channels: int
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(inputs, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
        )
        self.layers = nn.ModuleList()
        widths, strides = [channels], [1]  # of every output so far; stride 0: a single pixel
        for layer in layers:
            shrinks = [strides[-1] // stride if stride else 0 for stride in strides]
            self.layers.append(Joint(layer, widths, shrinks))
            widths.append(layer.filters or widths[-1])
            strides.append(0 if layer.type == "dense" else strides[-1] * layer.stride)
        self.head = nn.Linear(widths[-1], outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, h, w) -> (batch, outputs)."""
        values = [self.stem(x)]
        for layer in self.layers:
            values.append(layer(values))
        out: Tensor = self.head(values[-1].mean(dim=(2, 3)))
        return out
