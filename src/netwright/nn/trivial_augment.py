"""TrivialAugment (Müller and Hutter, ICCV 2021), in its wide space, over whole batches.

Every image draws one operation and one of 31 strengths; operations that have a direction draw it
too. Images that drew the same operation go through it together. The operations are those of
AutoAugment (Cubuk et al., 2019), which took them from Pillow.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn.functional import affine_grid, avg_pool2d, grid_sample, pad

STRENGTHS = 31
SHEAR, PIXELS, DEGREES = 0.99, 32, 135.0
"""The wide space: the most a picture is sheared, moved and turned."""

Operation = Callable[[Tensor, Tensor], Tensor]
"""(n, channels, h, w) in [0, 1] and (n, 1, 1, 1) strengths in [-1, 1] -> the same shape."""


def trivial_augment(images: Tensor, generator: Generator) -> Tensor:
    """One operation on every image.

    Args:
        images: (batch, channels, h, w) in [0, 1].
        generator: On the CPU; decides.

    Returns:
        The same shape and range.
    """
    drawn = torch.randint(len(OPERATIONS), (len(images),), generator=generator)
    strength = torch.randint(STRENGTHS, (len(images),), generator=generator) / (STRENGTHS - 1)
    sign = torch.randint(2, (len(images),), generator=generator) * 2 - 1
    strength = (strength * sign).reshape(-1, 1, 1, 1)
    images = images.clone()
    for place, operation in enumerate(OPERATIONS.values()):
        chosen = torch.nonzero(drawn == place)[:, 0]
        if len(chosen):
            which, force = chosen.to(images.device), strength[chosen].to(images.device)
            images[which] = operation(images[which], force).clamp(0, 1)
    return images


# ------------------------------------------------------------------ where things are


def _moved(images: Tensor, matrix: Tensor) -> Tensor:
    """Looks through (n, 2, 3) matrices; what lies outside repeats the edge."""
    grid = affine_grid(matrix, list(images.shape), align_corners=False)
    return grid_sample(images, grid, padding_mode="border", align_corners=False)


def _matrix(strength: Tensor) -> Tensor:
    """(n, 2, 3) matrices that change nothing."""
    return torch.eye(2, 3, device=strength.device).repeat(len(strength), 1, 1)


def shear_x(images: Tensor, strength: Tensor) -> Tensor:
    """Every line further aside than the one above."""
    matrix = _matrix(strength)
    matrix[:, 0, 1] = SHEAR * strength.flatten() * images.shape[2] / images.shape[3]
    return _moved(images, matrix)


def shear_y(images: Tensor, strength: Tensor) -> Tensor:
    """Every column further down than the one before."""
    matrix = _matrix(strength)
    matrix[:, 1, 0] = SHEAR * strength.flatten() * images.shape[3] / images.shape[2]
    return _moved(images, matrix)


def translate_x(images: Tensor, strength: Tensor) -> Tensor:
    """Aside, by up to 32 pixels."""
    matrix = _matrix(strength)
    matrix[:, 0, 2] = 2 * strength.flatten() * min(1.0, PIXELS / images.shape[3])
    return _moved(images, matrix)


def translate_y(images: Tensor, strength: Tensor) -> Tensor:
    """Up or down, by up to 32 pixels."""
    matrix = _matrix(strength)
    matrix[:, 1, 2] = 2 * strength.flatten() * min(1.0, PIXELS / images.shape[2])
    return _moved(images, matrix)


def rotate(images: Tensor, strength: Tensor) -> Tensor:
    """Around the middle, by up to 135 degrees."""
    angle = math.radians(DEGREES) * strength.flatten()
    height, width = images.shape[2:]
    matrix = _matrix(strength)
    matrix[:, 0, 0] = matrix[:, 1, 1] = torch.cos(angle)
    matrix[:, 0, 1] = -torch.sin(angle) * height / width
    matrix[:, 1, 0] = torch.sin(angle) * width / height
    return _moved(images, matrix)


# ------------------------------------------------------------------ what colour they have


def _blend(degenerate: Tensor, images: Tensor, strength: Tensor) -> Tensor:
    """From the degenerate picture (-0.99) over the picture itself (0) to its opposite (0.99)."""
    return degenerate + (1 + 0.99 * strength) * (images - degenerate)


def _grey(images: Tensor) -> Tensor:
    """(n, channels, h, w) -> (n, 1, h, w): luma of three channels, the mean of any others."""
    if images.shape[1] != 3:
        return images.mean(dim=1, keepdim=True)
    weights = images.new_tensor([0.299, 0.587, 0.114]).reshape(1, 3, 1, 1)
    return (images * weights).sum(dim=1, keepdim=True)


def brightness(images: Tensor, strength: Tensor) -> Tensor:
    """Towards black, or away from it."""
    return _blend(torch.zeros_like(images), images, strength)


def color(images: Tensor, strength: Tensor) -> Tensor:
    """Towards grey, or away from it."""
    return _blend(_grey(images), images, strength)


def contrast(images: Tensor, strength: Tensor) -> Tensor:
    """Towards one grey, or away from it."""
    return _blend(_grey(images).mean(dim=(2, 3), keepdim=True), images, strength)


def sharpness(images: Tensor, strength: Tensor) -> Tensor:
    """Towards a smooth picture, whose middle pixel counts five times, or away from it."""
    around = avg_pool2d(pad(images, (1, 1, 1, 1), mode="replicate"), 3, 1)
    return _blend((9 * around + 4 * images) / 13, images, strength)


def posterize(images: Tensor, strength: Tensor) -> Tensor:
    """Fewer shades: 8 bits down to 2."""
    shades = 2 ** (8 - torch.round(6 * strength.abs()))
    return torch.floor(images * 255 * shades / 256) * (256 / shades) / 255


def solarize(images: Tensor, strength: Tensor) -> Tensor:
    """Turns what is brighter than a threshold into its negative."""
    return torch.where(images >= 1 - strength.abs(), 1 - images, images)


def auto_contrast(images: Tensor, strength: Tensor) -> Tensor:
    """The darkest shade of each channel becomes black, the brightest white."""
    low, high = images.amin(dim=(2, 3), keepdim=True), images.amax(dim=(2, 3), keepdim=True)
    return torch.where(high > low, (images - low) / (high - low).clamp(min=1e-6), images)


def equalize(images: Tensor, strength: Tensor) -> Tensor:
    """Every shade of a channel gets as many pixels as any other: its rank, of 256 shades."""
    shades = (images * 255).round().long().flatten(2)  # (n, channels, pixels)
    ones = torch.ones_like(shades, dtype=images.dtype)
    counts = images.new_zeros(*shades.shape[:2], 256).scatter_add_(2, shades, ones)
    below = counts.cumsum(dim=2) - counts
    highest = below.gather(2, shades.amax(dim=2, keepdim=True))
    rank = below.gather(2, shades) / highest.clamp(min=1)
    return torch.where(highest > 0, rank, images.flatten(2)).reshape(images.shape)


def identity(images: Tensor, strength: Tensor) -> Tensor:
    """Nothing happens."""
    return images


OPERATIONS: dict[str, Operation] = {
    operation.__name__: operation
    for operation in (
        identity,
        auto_contrast,
        equalize,
        rotate,
        solarize,
        color,
        posterize,
        contrast,
        brightness,
        sharpness,
        shear_x,
        shear_y,
        translate_x,
        translate_y,
    )
}
