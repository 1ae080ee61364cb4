"""Losses, and how one applies to smoothed classes, mixed rows and auxiliary heads."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from netwright.nn.batches import Batchable
from netwright.nn.mixing import Mix

Loss = Callable[[Tensor, Tensor, Tensor | None], Tensor]
"""(outputs, target, weight or None) -> mean. With label smoothing the target of a class arrives as
(batch, classes) probabilities."""


def classification_loss(outputs: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
    """Mean cross-entropy of (batch, classes) logits."""
    losses = nn.functional.cross_entropy(outputs, target, reduction="none")
    return losses.mean() if weight is None else (losses * weight).sum() / weight.sum()


def regression_loss(outputs: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
    """Mean squared error of (batch, 1) outputs."""
    losses = (outputs[:, 0] - target) ** 2
    return losses.mean() if weight is None else (losses * weight).sum() / weight.sum()


def smoothed(target: Tensor, classes: int, smoothing: float) -> Tensor:
    """Classes as probabilities of which a share is spread evenly (Szegedy et al., CVPR 2016).

    Args:
        target: (batch,) whole numbers.
        classes: How many there are.
        smoothing: The share.

    Returns:
        (batch, classes); numbers that are no classes come back as they are.
    """
    if smoothing == 0 or target.is_floating_point():
        return target
    even = torch.full((len(target), classes), smoothing / classes, device=target.device)
    return even.scatter_add_(1, target[:, None], torch.full_like(even[:, :1], 1 - smoothing))


def training_loss(
    outputs: Tensor | tuple[Tensor, ...],
    batch: Batchable,
    mix: Mix | None,
    loss: Loss,
    smoothing: float = 0.0,
    auxiliary: float = 0.4,
) -> Tensor:
    """What one step goes down.

    Args:
        outputs: What the net said; of a tuple all but the first come from auxiliary heads.
        batch: Its targets and weights.
        mix: How rows were mixed, None if they were not.
        loss: Of one output.
        smoothing: Share of label smoothing.
        auxiliary: Weight of each auxiliary head's loss.
    """
    if isinstance(outputs, tuple):
        main, *others = outputs
        extra = [training_loss(other, batch, mix, loss, smoothing) for other in others]
        return training_loss(main, batch, mix, loss, smoothing) + auxiliary * sum(extra)
    outputs = outputs.float()
    target = smoothed(batch.target, outputs.shape[1], smoothing)
    own = loss(outputs, target, batch.weight)
    if mix is None:
        return own
    weight = None if batch.weight is None else batch.weight[mix.other]
    return mix.share * own + (1 - mix.share) * loss(outputs, target[mix.other], weight)
