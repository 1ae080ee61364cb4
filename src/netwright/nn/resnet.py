"""Residual nets (He et al., CVPR 2016): ResNet-20 for CIFAR and ResNet-50 for ImageNet."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

BOTTLENECK_EXPANSION = 4


def _convolution(inputs: int, outputs: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(outputs)]


class PaddedShortcut(nn.Module):
    """The paper's option A: every second pixel, and zeros for the channels that are missing."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.missing, self.stride = outputs - inputs, stride

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, h, w) -> (batch, outputs, ceil(h / stride), ceil(w / stride))."""
        return pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.missing))


class Residual(nn.Module):
    """A body added to a shortcut."""

    def __init__(self, body: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, h, w) -> (batch, outputs, h', w')."""
        return torch.relu(self.body(x) + self.shortcut(x))


def basic(inputs: int, width: int, stride: int) -> Residual:
    """Two 3x3 convolutions; the shortcut has no weights."""
    body = nn.Sequential(
        *_convolution(inputs, width, 3, stride), nn.ReLU(), *_convolution(width, width, 3)
    )
    same = stride == 1 and inputs == width
    return Residual(body, nn.Identity() if same else PaddedShortcut(inputs, width, stride))


def bottleneck(inputs: int, width: int, stride: int) -> Residual:
    """1x1, 3x3, 1x1 with four times the width; the shortcut is projected where shapes differ."""
    outputs = BOTTLENECK_EXPANSION * width
    body = nn.Sequential(
        *_convolution(inputs, width, 1),
        nn.ReLU(),
        *_convolution(width, width, 3, stride),
        nn.ReLU(),
        *_convolution(width, outputs, 1),
    )
    same = stride == 1 and inputs == outputs
    project = nn.Sequential(*_convolution(inputs, outputs, 1, stride))
    return Residual(body, nn.Identity() if same else project)


class CifarResNet(nn.Module):
    """Three stages of basic blocks, 16, 32 and 64 channels wide.

    Args:
        inputs: Channels of the images.
        outputs: Classes.
        blocks: A stage; 6 * blocks + 2 layers in all, so 3 gives ResNet-20.
    """

    def __init__(self, inputs: int, outputs: int, blocks: int = 3) -> None:
        super().__init__()
        parts: list[nn.Module] = [*_convolution(inputs, 16, 3), nn.ReLU()]
        before = 16
        for stage, width in enumerate((16, 32, 64)):
            for block in range(blocks):
                parts.append(basic(before, width, 2 if stage and block == 0 else 1))
                before = width
        self.body = nn.Sequential(*parts)
        self.head = nn.Linear(before, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, h, w) -> (batch, outputs)."""
        out: Tensor = self.head(self.body(x).mean(dim=(2, 3)))
        return out


class ImageNetResNet(nn.Module):
    """Four stages of bottlenecks, 64 to 512 channels wide inside.

    Args:
        inputs: Channels of the images.
        outputs: Classes.
        blocks: In each stage; the default is ResNet-50.
    """

    def __init__(self, inputs: int, outputs: int, blocks: Sequence[int] = (3, 4, 6, 3)) -> None:
        super().__init__()
        parts: list[nn.Module] = [
            *_convolution(inputs, 64, 7, 2),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, 1),
        ]
        before = 64
        for stage, count in enumerate(blocks):
            width = 64 * 2**stage
            for block in range(count):
                parts.append(bottleneck(before, width, 2 if stage and block == 0 else 1))
                before = BOTTLENECK_EXPANSION * width
        self.body = nn.Sequential(*parts)
        self.head = nn.Linear(before, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, h, w) -> (batch, outputs)."""
        out: Tensor = self.head(self.body(x).mean(dim=(2, 3)))
        return out
