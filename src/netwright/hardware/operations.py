"""Multiply-adds of the operations that multiply: convolutions and products of matrices."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

_aten = torch.ops.aten


def _convolution(out: Tensor, x: Tensor, weight: Tensor, *settings: Any) -> int:
    """Every place of the map (the input's, where it is transposed) meets a whole filter."""
    transposed = settings[4]
    return (x if transposed else out).numel() * math.prod(weight.shape[1:])


def _product(out: Tensor, left: Tensor, right: Tensor) -> int:
    return out.numel() * left.shape[-1]


def _sum_with_product(out: Tensor, bias: Tensor, left: Tensor, right: Tensor) -> int:
    return _product(out, left, right)


MULTIPLY_ADDS: dict[Any, Callable[..., int]] = {
    _aten.convolution.default: _convolution,
    _aten.mm.default: _product,
    _aten.bmm.default: _product,
    _aten.addmm.default: _sum_with_product,
    _aten.baddbmm.default: _sum_with_product,
}
"""Operation to (what came out, what went in...) -> multiply-adds."""
