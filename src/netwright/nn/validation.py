"""How good a net is on rows it does not learn from."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from netwright.core.context import Context
from netwright.nn.batches import Rows
from netwright.nn.losses import Loss
from netwright.nn.precision import Precision


class Judged(NamedTuple):
    """What a net said of rows.

    Attributes:
        loss: Over all of them; infinite where it is no number.
        outputs: (rows, ...).
        target: (rows, ...).
    """

    loss: float
    outputs: Tensor
    target: Tensor


def validate(net: nn.Module, rows: Rows, loss: Loss) -> float:
    """Loss over all rows, no gradients; NaN counts as infinitely bad."""
    return judge(net, rows, loss, Precision("float32", next(net.parameters()).device)).loss


def judge(
    net: nn.Module, rows: Rows, loss: Loss, precision: Precision, context: Context | None = None
) -> Judged:
    """Goes over all rows, as many at once as memory likes; under a deadline over as many as fit, so
    that a machine that has become slow does not cost all that was learned."""
    net.eval()
    sums, count = 0.0, 0.0
    outputs, targets = [], []
    with torch.no_grad():
        for start in range(0, len(rows), rows.at_once):
            if start and context is not None and context.expired():
                break
            part = rows.take(slice(start, start + rows.at_once)).to(precision.device)
            with precision.autocast():
                found = net(*part.inputs)
            outputs.append(found.float())
            targets.append(part.target)
            share = float(len(part) if part.weight is None else part.weight.sum())
            sums += float(loss(outputs[-1], part.target, part.weight, 0.0)) * share
            count += share
    value = sums / max(count, 1e-12)
    value = value if math.isfinite(value) else math.inf
    return Judged(value, torch.cat(outputs), torch.cat(targets))
