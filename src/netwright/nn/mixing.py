"""Batches of which every row is partly another row.

Mixup (Zhang, Cisse, Dauphin and Lopez-Paz, ICLR 2018) blends the pixels of two images, CutMix
(Yun et al., ICCV 2019) pastes a box of one into the other; both blend the two losses by the same
share. As in the published code, a batch draws one share (and one box), and its rows are paired by
a permutation.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor


@dataclass(frozen=True)
class Mix:
    """Who was mixed with whom.

    Attributes:
        other: (batch,) the row whose part each row got.
        share: How much of a row is still its own.
    """

    other: Tensor
    share: float


def mixup(images: Tensor, generator: Generator) -> tuple[Tensor, Mix]:
    """Blends every image with another, the share drawn from Beta(1, 1), that is evenly.

    Args:
        images: (batch, channels, h, w), uint8 or float.
        generator: Decides.

    Returns:
        Float images, and what was mixed.
    """
    other = torch.randperm(len(images), generator=generator).to(images.device)
    share = float(torch.rand((), generator=generator))
    images = images.float()
    return torch.lerp(images[other], images, share), Mix(other, share)


def cutmix(images: Tensor, generator: Generator) -> tuple[Tensor, Mix]:
    """Pastes the same box of another image into every image.

    The box has the image's proportions and an area drawn from Beta(1, 1), its centre lies anywhere
    and what sticks out is cut off; the share is what the box really covers.

    Args:
        images: (batch, channels, h, w), uint8 or float.
        generator: Decides.

    Returns:
        Images of the same type, and what was mixed.
    """
    other = torch.randperm(len(images), generator=generator).to(images.device)
    area, row, column = torch.rand(3, generator=generator).tolist()
    height, width = images.shape[2:]
    top, bottom = _ends(row, height, area**0.5)
    left, right = _ends(column, width, area**0.5)
    mixed = images.clone()
    mixed[:, :, top:bottom, left:right] = images[other, :, top:bottom, left:right]
    covered = (bottom - top) * (right - left) / (height * width)
    return mixed, Mix(other, 1 - covered)


def _ends(centre: float, side: int, share: float) -> tuple[int, int]:
    """Where a stretch around a centre begins and ends, inside the image."""
    middle, half = int(centre * side), int(side * share) // 2
    return max(0, middle - half), min(side, middle + half)
