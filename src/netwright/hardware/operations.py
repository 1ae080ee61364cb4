"""Multiply-adds of operations: convolutions, products of matrices, recurrent layers."""

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


def _recurrent(out: Any, x: Tensor, of_input: Tensor, of_state: Tensor, *settings: Any) -> int:
    """At every step (x ends with the features) both matrices are used."""
    return x.numel() // x.shape[-1] * (of_input.numel() + of_state.numel())


MULTIPLY_ADDS: dict[Any, Callable[..., int]] = {
    _aten.convolution.default: _convolution,
    _aten.mm.default: _product,
    _aten.bmm.default: _product,
    _aten.addmm.default: _sum_with_product,
    _aten.baddbmm.default: _sum_with_product,
    _aten.mkldnn_rnn_layer.default: _recurrent,
}
"""Operation to (what came out, what went in...) -> multiply-adds."""
