"""Several targets on one trunk: their heads are columns of one last layer, cut apart here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from netwright.nn.head import Head
from netwright.nn.losses import Loss, classification_loss, regression_loss


def loss_of(widths: Sequence[int]) -> Loss:
    """What a net goes down whose targets have so many outputs each, 1 for a number."""
    if len(widths) > 1:
        return JointLoss(tuple(widths))
    return regression_loss if widths[0] == 1 else classification_loss


@dataclass(frozen=True)
class JointLoss:
    """The mean of each target's own loss over the rows that know it.

    Numbers come standardised, so that a constant costs about one in each; a target that no row of
    a batch knows costs nothing there.

    Attributes:
        widths: Outputs of each target.
    """

    widths: tuple[int, ...]

    def __call__(
        self, outputs: Tensor, target: Tensor, weight: Tensor | None, smoothing: float = 0.0
    ) -> Tensor:
        """Of (batch, sum of widths) outputs and (batch, targets) numbers, NaN where unknown."""
        columns = zip(torch.split(outputs, list(self.widths), dim=1), target.unbind(1), strict=True)
        own = [_known_loss(part, column, weight, smoothing) for part, column in columns]
        return torch.stack(own).mean()


def _known_loss(part: Tensor, column: Tensor, weight: Tensor | None, smoothing: float) -> Tensor:
    known = (~column.isnan()).to(part.dtype)
    counts = known if weight is None else known * weight
    values = column.nan_to_num()
    if part.shape[1] == 1:
        return regression_loss(part, values, counts)
    return classification_loss(part, values.long(), counts, smoothing)


def answers(outputs: Tensor, heads: Sequence[Head]) -> Tensor:
    """Probabilities of classes, and numbers in their own unit, side by side.

    Args:
        outputs: Of the last layer, (batch, outputs).
        heads: Whose they are, in their order.
    """
    if len(heads) == 1:  # an exported file has no needless cut
        return _answer(outputs, heads[0])
    parts = torch.split(outputs, [head.width for head in heads], dim=1)
    return torch.cat([_answer(*each) for each in zip(parts, heads, strict=True)], dim=1)


def _answer(part: Tensor, head: Head) -> Tensor:
    return part * head.spread + head.mean if head.width == 1 else torch.softmax(part, dim=1)


class Answering(nn.Module):
    """A net whose last word are `answers`.

    Args:
        net: (batch, ...) -> (batch, outputs).
        heads: Of its outputs.
    """

    def __init__(self, net: nn.Module, heads: Sequence[Head]) -> None:
        super().__init__()
        self.net, self.heads = net, tuple(heads)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, ...) -> (batch, outputs)."""
        return answers(self.net(x), self.heads)
