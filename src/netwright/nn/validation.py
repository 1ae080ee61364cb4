"""How good a net is on rows it does not learn from."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from netwright.nn.batches import Batchable
from netwright.nn.losses import Loss
from netwright.nn.precision import Precision


def validate(net: nn.Module, rows: Batchable, loss: Loss) -> float:
    """Loss over all rows, no gradients; NaN counts as infinitely bad."""
    return judge(net, rows, loss, Precision("float32", next(net.parameters()).device))[0]


def judge(
    net: nn.Module, rows: Batchable, loss: Loss, precision: Precision
) -> tuple[float, Tensor]:
    """Loss and outputs over all rows, as many at once as memory likes."""
    net.eval()
    sums, count, size = 0.0, 0.0, 8192
    if rows.images:
        size = min(size, max(16, 2**18 // rows.inputs[0][0, 0].numel()))
    outputs = []
    with torch.no_grad():
        for start in range(0, len(rows), size):
            part = rows.take(slice(start, start + size)).to(precision.device)
            with precision.autocast():
                found = net(*part.inputs)
            outputs.append(found.float())
            share = float(len(part) if part.weight is None else part.weight.sum())
            sums += float(loss(outputs[-1], part.target, part.weight, 0.0)) * share
            count += share
    value = sums / max(count, 1e-12)
    return value if math.isfinite(value) else math.inf, torch.cat(outputs)
