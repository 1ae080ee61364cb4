"""The two nets that few-shot papers compare methods with.

Four blocks of convolution, batch normalisation, ReLU and pooling (Vinyals et al., "Matching
Networks for One Shot Learning", NIPS 2016), and the fully connected net of MAML (Finn et al., ICML
2017: 256, 128, 64 and 64 units, each with batch normalisation and ReLU).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn


class Conv4(nn.Module):
    """Four blocks that halve the map, and a linear layer.

    Args:
        inputs: Channels of the images.
        side: Height and width of the images.
        outputs: Width of the last layer.
        filters: Channels of every block.
    """

    def __init__(self, inputs: int, side: tuple[int, int], outputs: int, filters: int = 64) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        height, width = side
        for place in range(4):
            pool = 2 if min(height, width) > 1 else 1
            blocks.append(_block(inputs if place == 0 else filters, filters, pool))
            height, width = height // pool, width // pool
        self.body = nn.Sequential(*blocks, nn.Flatten())
        self.head = nn.Linear(filters * height * width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, h, w) -> (batch, outputs)."""
        out: Tensor = self.head(self.body(x))
        return out


def _block(inputs: int, filters: int, pool: int) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, filters, 3, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(filters), nn.ReLU(), nn.MaxPool2d(pool))


class Connected(nn.Module):
    """Linear layers, each with batch normalisation and ReLU.

    Args:
        inputs: Numbers a row, flattened.
        outputs: Width of the last layer.
        widths: Of the hidden layers.
    """

    def __init__(
        self, inputs: int, outputs: int, widths: Sequence[int] = (256, 128, 64, 64)
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Flatten()]
        for before, after in pairwise([inputs, *widths]):
            layers += [nn.Linear(before, after, bias=False), nn.BatchNorm1d(after), nn.ReLU()]
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(widths[-1], outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, ...) -> (batch, outputs)."""
        out: Tensor = self.head(self.body(x))
        return out
