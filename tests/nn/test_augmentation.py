"""What augmentation keeps, what it changes, and every operation against Pillow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps
from torch import Tensor

from netwright.core.errors import UnknownName
from netwright.nn import augmentation
from netwright.nn.augmentation import Augmentation, affine, crop, cutout, flip
from netwright.nn.batches import Batchable
from netwright.nn.recipe import AUGMENTATIONS, Recipe
from netwright.nn.trivial_augment import OPERATIONS, trivial_augment

SHAPES = [(5, 3, 16, 16), (4, 1, 8, 8), (3, 4, 9, 13), (2, 3, 1, 1)]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def bytes_of(shape: tuple[int, ...], seed: int = 0) -> Tensor:
    return torch.randint(256, shape, generator=generator(seed), dtype=torch.uint8)


def augmented(names: tuple[str, ...], images: Tensor, seed: int = 0) -> Tensor:
    rows = Batchable([images], torch.zeros(len(images)))
    return Augmentation(names, rows)(images, generator(seed))[0]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("names", [(name,) for name in AUGMENTATIONS] + [AUGMENTATIONS])
def test_shape_and_range_stay(names: tuple[str, ...], shape: tuple[int, ...]) -> None:
    whole = augmented(names, bytes_of(shape))
    assert whole.shape == shape
    assert 0 <= whole.min() <= whole.max() <= 255
    scaled = bytes_of(shape).float() / 64 - 2
    real = augmented(names, scaled)
    assert real.shape == shape
    assert scaled.min() - 1e-5 <= real.min() <= real.max() <= scaled.max() + 1e-5


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_the_seed_decides(name: str) -> None:
    images = bytes_of((12, 3, 16, 16))
    assert torch.equal(augmented((name,), images, 1), augmented((name,), images, 1))
    assert not torch.equal(augmented((name,), images, 1), augmented((name,), images, 2))
    assert torch.equal(images, bytes_of((12, 3, 16, 16)))  # the rows themselves are not touched


def test_a_crop_moves_the_picture_and_repeats_its_edge() -> None:
    column = torch.arange(16, dtype=torch.uint8).expand(64, 2, 16, 16)
    moved = crop(column, generator()).long()
    shifts = set((moved[:, 0, 0, 8] - 8).tolist())
    assert shifts == {-2, -1, 0, 1, 2}
    steps = moved.diff(dim=3)
    assert bool(((steps == 0) | (steps == 1)).all())


def test_a_small_turn_is_pillows(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GROWN", "SHEARED", "MOVED"):
        monkeypatch.setattr(augmentation, name, 0.0)
    images = bytes_of((6, 1, 5, 5)).repeat_interleave(8, 2).repeat_interleave(8, 3)
    turns = 15 * (2 * torch.rand(6, 6, generator=generator(3))[0] - 1)
    for turned, image, degrees in zip(affine(images, generator(3)), images, turns, strict=True):
        theirs = Image.fromarray(image[0].numpy()).rotate(float(degrees), Image.Resampling.BILINEAR)
        middle = slice(8, 32)  # Pillow has black corners
        ours = turned[0, middle, middle].numpy()
        assert np.abs(ours - np.asarray(theirs, dtype=float)[middle, middle]).max() < 2


def test_affine_moves_scales_and_shears_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    dot = torch.zeros(400, 1, 33, 33)
    dot[:, :, 16, 16] = 1.0
    seen = affine(dot, generator())
    weight = seen / seen.sum(dim=(2, 3), keepdim=True)
    places = torch.arange(33.0)
    down = (weight.sum(dim=3) * places).sum(dim=2) - 16
    across = (weight.sum(dim=2) * places).sum(dim=2) - 16
    assert down.abs().max() < 33 / 8 * 1.5
    assert across.std() > 1
    monkeypatch.setattr(augmentation, "MOVED", 0.0)
    still = affine(dot, generator())
    assert (still[:, 0, 14:19, 14:19].amax(dim=(1, 2)) > 0.2).all()


def test_half_the_pictures_are_mirrored() -> None:
    images = bytes_of((400, 1, 2, 4))
    out = flip(images, generator())
    mirrored = (out == images.flip(3)).flatten(1).all(dim=1)
    assert bool((mirrored | (out == images).flatten(1).all(dim=1)).all())
    assert 0.4 < float(mirrored.float().mean()) < 0.6


def test_cutout_covers_a_quarter_at_most_with_the_mean_colour() -> None:
    images = bytes_of((50, 3, 16, 16))
    out = cutout(images, generator())
    changed = (out != images).any(dim=1).flatten(1).float().mean(dim=1)
    assert 0 < float(changed.min()) <= float(changed.max()) <= 0.25
    means = images.float().mean(dim=(2, 3)).to(torch.uint8)
    where = (out != images).nonzero()
    assert bool((out[tuple(where.T)] == means[where[:, 0], where[:, 1]]).all())


# ------------------------------------------------------------------ TrivialAugment

PICTURE = bytes_of((1, 3, 24, 24), 5)
PICTURE[0, :, 4:12, 6:18] = torch.tensor([200, 40, 90], dtype=torch.uint8)[:, None, None]


def by_pillow(change: Callable[[Image.Image], Image.Image]) -> np.ndarray:
    picture = Image.fromarray(PICTURE[0].permute(1, 2, 0).numpy())
    return np.asarray(change(picture)).transpose(2, 0, 1).astype(float)


def ours(name: str, strength: float) -> np.ndarray:
    told = torch.full((1, 1, 1, 1), strength)
    out = OPERATIONS[name](PICTURE.float() / 255, told).clamp(0, 1)
    return (out[0] * 255).numpy()


@pytest.mark.parametrize("strength", [-0.8, 0.5])
@pytest.mark.parametrize(
    ("name", "enhance"),
    [
        ("brightness", ImageEnhance.Brightness),
        ("color", ImageEnhance.Color),
        ("contrast", ImageEnhance.Contrast),
        ("sharpness", ImageEnhance.Sharpness),
    ],
)
def test_enhancements_are_pillows(
    name: str, enhance: Callable[[Image.Image], ImageEnhance._Enhance], strength: float
) -> None:
    theirs = by_pillow(lambda picture: enhance(picture).enhance(1 + 0.99 * strength))
    inside = np.s_[:, 1:-1, 1:-1]  # Pillow leaves the edge as it is
    np.testing.assert_allclose(ours(name, strength)[inside], theirs[inside], atol=2)


@pytest.mark.parametrize(
    ("name", "strength", "change"),
    [
        ("solarize", 0.5, lambda picture: ImageOps.solarize(picture, 128)),
        ("posterize", 2 / 3, lambda picture: ImageOps.posterize(picture, 4)),
        ("auto_contrast", 0.0, ImageOps.autocontrast),
        ("identity", 1.0, lambda picture: picture),
    ],
)
def test_tables_of_shades_are_pillows(
    name: str, strength: float, change: Callable[[Image.Image], Image.Image]
) -> None:
    np.testing.assert_allclose(ours(name, strength), by_pillow(change), atol=1.001)


def test_equalize_flattens_the_histogram() -> None:
    squeezed = (bytes_of((3, 2, 32, 32)).float() / 255) ** 3
    out = OPERATIONS["equalize"](squeezed, torch.zeros(3, 1, 1, 1))
    counts = torch.histc(out[0, 0], bins=8, min=0, max=1)
    assert float(counts.min()) > 0.6 * 1024 / 8
    flat = torch.full((1, 1, 4, 4), 0.5)
    assert torch.equal(OPERATIONS["equalize"](flat, torch.zeros(1, 1, 1, 1)), flat)


def test_translation_moves_by_whole_pixels() -> None:
    images = torch.rand(1, 1, 64, 64, generator=generator())
    right = OPERATIONS["translate_x"](images, torch.full((1, 1, 1, 1), 0.25))
    torch.testing.assert_close(right[..., :-8], images[..., 8:], atol=1e-4, rtol=0)
    down = OPERATIONS["translate_y"](images, torch.full((1, 1, 1, 1), 0.25))
    torch.testing.assert_close(down[..., :-8, :], images[..., 8:, :], atol=1e-4, rtol=0)


def test_a_third_of_the_way_round_and_back() -> None:
    quarter = torch.full((1, 1, 1, 1), 90 / 135)
    images = torch.rand(1, 2, 15, 15, generator=generator())
    turned = OPERATIONS["rotate"](images, quarter)
    turns = [torch.rot90(images, turn, (2, 3)) for turn in (1, 3)]
    assert any(torch.allclose(turned, turn, atol=1e-4) for turn in turns)
    torch.testing.assert_close(OPERATIONS["rotate"](turned, -quarter), images, atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", ["shear_x", "shear_y"])
def test_a_shear_keeps_the_middle(name: str) -> None:
    images = torch.rand(1, 1, 33, 33, generator=generator())
    out = OPERATIONS[name](images, torch.full((1, 1, 1, 1), 0.7))
    assert float(out[0, 0, 16, 16]) == pytest.approx(float(images[0, 0, 16, 16]), abs=1e-4)
    assert not torch.allclose(out, images, atol=0.1)


@pytest.mark.parametrize(
    "name", sorted(set(OPERATIONS) - {"equalize", "solarize", "auto_contrast"})
)
def test_no_strength_changes_nothing(name: str) -> None:
    images = torch.rand(2, 3, 12, 12, generator=generator())
    if name == "posterize":
        images = (images * 255).round() / 255
    out = OPERATIONS[name](images, torch.zeros(2, 1, 1, 1))
    torch.testing.assert_close(out, images, atol=1e-4, rtol=0)


def test_every_operation_has_its_turn() -> None:
    images = torch.rand(1, 3, 8, 8, generator=generator()).expand(280, -1, -1, -1)
    kinds = torch.unique(trivial_augment(images, generator()).flatten(1), dim=0)
    assert len(kinds) > 100
    assert len(OPERATIONS) == 14


def test_an_unknown_augmentation_is_refused() -> None:
    with pytest.raises(UnknownName, match="There is no augmentation 'mixupp'"):
        Recipe(augment=("mixupp",))
