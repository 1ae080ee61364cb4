"""Losses, and how one applies to smoothed classes, mixed rows and auxiliary heads."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from netwright.nn.batches import Batchable
from netwright.nn.mixing import Mix

Loss = Callable[[Tensor, Tensor, Tensor | None, float], Tensor]
"""(outputs, target, weight or None, share of label smoothing) -> mean."""
LEAST_WEIGHT = 1e-12
"""Rows that weigh less together teach nothing."""


def classification_loss(
    outputs: Tensor, target: Tensor, weight: Tensor | None, smoothing: float = 0.0
) -> Tensor:
    """Mean cross-entropy of (batch, classes) logits."""
    target = smoothed(target, outputs.shape[1], smoothing)
    losses = nn.functional.cross_entropy(outputs, target, reduction="none")
    return _mean(losses, weight)


def regression_loss(
    outputs: Tensor, target: Tensor, weight: Tensor | None, smoothing: float = 0.0
) -> Tensor:
    """Mean squared error of (batch, 1) outputs; numbers are not smoothed."""
    return _mean((outputs[:, 0] - target) ** 2, weight)


def _mean(losses: Tensor, weight: Tensor | None) -> Tensor:
    if weight is None:
        return losses.mean()
    return (losses * weight).sum() / weight.sum().clamp_min(LEAST_WEIGHT)


def smoothed(target: Tensor, classes: int, smoothing: float) -> Tensor:
    """Classes as probabilities of which a share is spread evenly (Szegedy et al., CVPR 2016).

    Args:
        target: (batch,) whole numbers.
        classes: How many there are.
        smoothing: The share.

    Returns:
        (batch, classes); without smoothing the numbers as they are.
    """
    if smoothing == 0:
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
    own = loss(outputs, batch.target, batch.weight, smoothing)
    if mix is None:
        return own
    weight = None if batch.weight is None else batch.weight[mix.other]
    other = loss(outputs, batch.target[mix.other], weight, smoothing)
    return mix.share * own + (1 - mix.share) * other
