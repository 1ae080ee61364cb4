"""What makes numbers of pixels: the first layer of a net for images, or for rows of numbers."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

MOST_MEASURED = 4096
"""Images that are looked at to measure mean and spread."""


class Pixels(nn.Module):
    """Normalises each channel, on the device and inside the exported file.

    Args:
        mean: Of each channel, in the units of the images (0 to 255 for uint8).
        std: Likewise.
        sides: Dimensions behind the channels; 0 where a row is its channels.
        seen: Height and width that images are brought to; None for as they are.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self, mean: Tensor, std: Tensor, sides: int = 2, seen: tuple[int, int] | None = None
    ) -> None:
        super().__init__()
        self.seen = seen
        shape = [-1, *[1] * sides]
        self.register_buffer("mean", mean.float().reshape(shape))
        self.register_buffer("std", std.float().reshape(shape))

    @classmethod
    def measured(cls, images: Tensor, seen: tuple[int, int] | None = None) -> Pixels:
        """The layer for images like these.

        Args:
            images: (rows, channels, ...), uint8 or float; at most 4,096 of them, spread over all
                rows, are looked at.
            seen: As for the layer.
        """
        stride = -(-len(images) // MOST_MEASURED)
        values = images[::stride].double().transpose(0, 1).flatten(1)  # (channels, pixels)
        std = values.std(dim=1, correction=0)
        return cls(values.mean(dim=1), torch.where(std > 0, std, 1.0), images.ndim - 2, seen)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, ...) of uint8 or float -> float of mean 0 and spread 1."""
        x = x.to(self.mean.dtype)
        if self.seen is not None:
            x = interpolate(x, self.seen, mode="bilinear", align_corners=False)
        return (x - self.mean) / self.std
