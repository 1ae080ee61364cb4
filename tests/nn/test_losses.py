"""Label smoothing against torch's, mixed rows and auxiliary heads by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from netwright.nn.batches import Batchable
from netwright.nn.losses import (
    classification_loss,
    regression_loss,
    smoothed,
    training_loss,
)
from netwright.nn.mixing import Mix, cutmix, mixup

CLASSES = torch.tensor([0, 2, 1, 1])
IMAGES = torch.rand(4, 3, 6, 8, generator=torch.Generator().manual_seed(0))


def logits(seed: int = 0) -> torch.Tensor:
    return torch.randn(4, 3, generator=torch.Generator().manual_seed(seed))


def batch(weight: torch.Tensor | None = None) -> Batchable:
    return Batchable([IMAGES], CLASSES, weight)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_label_smoothing_is_torchs(smoothing: float) -> None:
    theirs = nn.functional.cross_entropy(logits(), CLASSES, label_smoothing=smoothing)
    ours = training_loss(logits(), batch(), None, classification_loss, smoothing)
    torch.testing.assert_close(ours, theirs)


def test_numbers_are_not_smoothed() -> None:
    rows = Batchable([torch.zeros(2, 1, 1, 1)], torch.tensor([0.5, -1.0]))
    outputs = torch.tensor([[0.0], [1.0]])
    ours = training_loss(outputs, rows, None, regression_loss, 0.1)
    assert float(ours) == pytest.approx((0.25 + 4) / 2)


def test_without_smoothing_classes_stay_as_they_are() -> None:
    assert smoothed(CLASSES, 3, 0.0) is CLASSES


def test_rows_that_weigh_nothing_teach_nothing() -> None:
    assert float(classification_loss(logits(), CLASSES, torch.zeros(4))) == 0.0


def test_mixed_rows_have_two_targets() -> None:
    mix = Mix(torch.tensor([1, 0, 3, 2]), 0.7)
    each = -torch.log_softmax(logits(), dim=1)
    expected = sum(
        0.7 * each[row, CLASSES[row]] + 0.3 * each[row, CLASSES[mix.other[row]]] for row in range(4)
    )
    ours = training_loss(logits(), batch(), mix, classification_loss)
    torch.testing.assert_close(ours, torch.as_tensor(expected / 4))


def test_mixed_rows_bring_their_weights() -> None:
    weight = torch.tensor([1.0, 2.0, 0.0, 4.0])
    mix = Mix(torch.tensor([3, 2, 1, 0]), 0.25)
    each = -torch.log_softmax(logits(), dim=1)
    own = (each[range(4), CLASSES] * weight).sum() / 7
    others = (each[range(4), CLASSES[mix.other]] * weight[mix.other]).sum() / 7
    ours = training_loss(logits(), batch(weight), mix, classification_loss)
    torch.testing.assert_close(ours, 0.25 * own + 0.75 * others)


def test_a_mixture_of_numbers_is_a_mixture_of_losses() -> None:
    target = torch.tensor([1.0, 3.0])
    rows = Batchable([torch.zeros(2, 1, 1, 1)], target)
    ours = training_loss(torch.zeros(2, 1), rows, Mix(torch.tensor([1, 0]), 0.5), regression_loss)
    assert float(ours) == pytest.approx((1 + 9) / 2)


def test_auxiliary_heads_count_a_little() -> None:
    main, extra = logits(1), logits(2)
    both = training_loss((main, extra), batch(), None, classification_loss, 0.1, auxiliary=0.4)
    first = nn.functional.cross_entropy(main, CLASSES, label_smoothing=0.1)
    second = nn.functional.cross_entropy(extra, CLASSES, label_smoothing=0.1)
    torch.testing.assert_close(both, first + 0.4 * second)


def test_mixup_blends_pixels_by_its_share() -> None:
    images, mix = mixup(IMAGES, torch.Generator().manual_seed(3))
    expected = mix.share * IMAGES + (1 - mix.share) * IMAGES[mix.other]
    torch.testing.assert_close(images, expected)
    assert sorted(mix.other.tolist()) == [0, 1, 2, 3]


@pytest.mark.parametrize("seed", range(8))
def test_the_share_of_cutmix_is_what_the_box_leaves(seed: int) -> None:
    black_and_white = torch.zeros(2, 1, 12, 10, dtype=torch.uint8)
    black_and_white[1] = 255
    images, mix = cutmix(black_and_white, torch.Generator().manual_seed(seed))
    assert images.dtype == torch.uint8
    if mix.other[0] == 0:  # every row was paired with itself
        assert torch.equal(images, black_and_white)
    else:
        assert float((images[0] == 0).float().mean()) == pytest.approx(mix.share)
        assert float((images[1] == 255).float().mean()) == pytest.approx(mix.share)


def test_shares_spread_over_all_of_zero_to_one() -> None:
    generator = torch.Generator().manual_seed(0)
    shares = torch.tensor([mixup(IMAGES, generator)[1].share for _ in range(500)])
    assert float(shares.mean()) == pytest.approx(0.5, abs=0.04)
    assert float(shares.std()) == pytest.approx(12**-0.5, abs=0.02)
