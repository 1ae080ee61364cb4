"""What happens to the images of a batch before the net sees them, on whatever device they lie.

Every image draws for itself. Draws come from one generator on the CPU, so that a seed decides the
same on every device.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Generator, Tensor
from torch.nn.functional import affine_grid, grid_sample

from netwright.nn.batches import Batchable
from netwright.nn.mixing import Mix, cutmix, mixup
from netwright.nn.trivial_augment import trivial_augment

DEGREES, GROWN, SHEARED, MOVED = 15.0, 0.15, 0.15, 0.125
"""The most a picture is turned, and by which share scaled, sheared and moved."""
MIXES = {"mixup": mixup, "cutmix": cutmix}


class Augmentation:
    """Augments batches.

    Args:
        names: Of what is done, out of `netwright.nn.recipe.AUGMENTATIONS`.
        rows: Tell how bright an image may be: 255 for uint8, else as bright as these are.
    """

    def __init__(self, names: Sequence[str], rows: Batchable) -> None:
        images = rows.inputs[0]
        self.names = frozenset(names)
        self.mixes = [mix for name, mix in MIXES.items() if name in names]
        whole = images.dtype == torch.uint8
        self.low = 0.0 if whole else float(images.min())
        self.high = 255.0 if whole else max(float(images.max()), self.low + 1e-6)

    def __call__(self, images: Tensor, generator: Generator) -> tuple[Tensor, Mix | None]:
        """(batch, channels, h, w) -> images of the same shape and range, and how they were mixed.

        uint8 comes back as float where pixels were made of others.
        """
        if "crop" in self.names:
            images = crop(images, generator)
        if "affine" in self.names:
            images = affine(images, generator)
        if "flip" in self.names:
            images = flip(images, generator)
        if "trivial" in self.names:
            unit = (images.float() - self.low) / (self.high - self.low)
            images = trivial_augment(unit, generator) * (self.high - self.low) + self.low
        if "cutout" in self.names:
            images = cutout(images, generator)
        if not self.mixes:
            return images, None
        chosen = int(torch.randint(len(self.mixes), (), generator=generator))
        return self.mixes[chosen](images, generator)


def crop(images: Tensor, generator: Generator) -> Tensor:
    """Moves every image by up to an eighth of its side (He et al., 2016: 4 pixels of 32).

    What comes in at the edge repeats the edge, so that any background goes on.
    """
    batch, channels, height, width = images.shape
    rows, columns = _moved(height, batch, generator), _moved(width, batch, generator)
    places = (rows[:, :, None] * width + columns[:, None, :]).reshape(batch, 1, -1)
    places = places.to(images.device).expand(-1, channels, -1)  # (batch, channels, h * w)
    return images.flatten(2).gather(2, places).reshape(images.shape)


def affine(images: Tensor, generator: Generator) -> Tensor:
    """Turns, scales, shears and moves every image a little (Simard, Steinkraus and Platt, 2003).

    What comes in at the edge repeats the edge.
    """
    height, width = images.shape[2:]
    draws = (2 * torch.rand(6, len(images), generator=generator) - 1).to(images.device)
    turn, grow, lean = math.radians(DEGREES) * draws[0], 1 + GROWN * draws[1], SHEARED * draws[2:4]
    across, down = height / width, width / height  # a unit of the grid is half a side
    rows = [
        torch.stack([grow * turn.cos(), (lean[0] - turn.sin()) * across, 2 * MOVED * draws[4]]),
        torch.stack([(lean[1] + turn.sin()) * down, grow * turn.cos(), 2 * MOVED * draws[5]]),
    ]
    grid = affine_grid(torch.stack(rows).permute(2, 0, 1), list(images.shape), align_corners=False)
    return grid_sample(images.float(), grid, padding_mode="border", align_corners=False)


def flip(images: Tensor, generator: Generator) -> Tensor:
    """Mirrors every other image, left to right."""
    mirrored = torch.rand(len(images), generator=generator) < 0.5
    return torch.where(mirrored.to(images.device)[:, None, None, None], images.flip(3), images)


def cutout(images: Tensor, generator: Generator) -> Tensor:
    """Covers a square of half the image's side (DeVries and Taylor, 2017: 16 pixels of 32).

    Its centre lies anywhere, and it shows the image's own mean colour.
    """
    batch, _, height, width = images.shape
    rows = _covered(height, batch, generator)[:, :, None]  # (batch, h, 1)
    columns = _covered(width, batch, generator)[:, None, :]  # (batch, 1, w)
    hole = (rows & columns)[:, None].to(images.device)  # (batch, 1, h, w)
    colour = images.float().mean(dim=(2, 3), keepdim=True).to(images.dtype)
    return torch.where(hole, colour, images)


def _moved(side: int, batch: int, generator: Generator) -> Tensor:
    """(batch, side) the places that are looked at."""
    most = side // 8
    shift = torch.randint(-most, most + 1, (batch, 1), generator=generator)
    return (torch.arange(side) + shift).clamp(0, side - 1)


def _covered(side: int, batch: int, generator: Generator) -> Tensor:
    """(batch, side) whether a place lies inside the square."""
    centre = torch.randint(side, (batch, 1), generator=generator)
    start = centre - side // 4
    place = torch.arange(side)
    return (place >= start) & (place < start + side // 2)
