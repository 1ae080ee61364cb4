"""Conv4, the net that few-shot papers compare methods with: four blocks of convolution, batch
normalisation, ReLU and pooling (Vinyals et al., "Matching Networks for One Shot Learning", NIPS
2016).
"""

from __future__ import annotations

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
    # Pooling and ReLU may change places, and ReLU has a quarter to do then.
    return nn.Sequential(convolution, nn.BatchNorm2d(filters), nn.MaxPool2d(pool), nn.ReLU())
