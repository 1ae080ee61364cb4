"""Depthwise convolutions of wide kernels, their gradient made from narrow ones.

On a CPU, oneDNN has a fast way to the gradient of a depthwise kernel that is at most 3 pixels wide;
for wider ones it takes up to 60 times as long. A wide kernel is narrow ones side by side, each of
which sees the image from its own column on, and so is its gradient.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad
from torch.nn.grad import conv2d_weight

NARROW = 3
"""Columns of a kernel whose gradient is fast."""


class WideDepthwise(nn.Conv2d):
    """A depthwise convolution of the same size in and out, without a bias."""

    @staticmethod
    def suits(module: nn.Module) -> bool:
        """Whether a module computes what this does, and gains by it."""
        return (
            type(module) is nn.Conv2d
            and module.groups == module.in_channels == module.out_channels
            and module.kernel_size[1] > NARROW
            and module.padding == tuple(size // 2 for size in module.kernel_size)
            and all(size % 2 for size in module.kernel_size)
            and module.stride == module.dilation == (1, 1)
            and module.padding_mode == "zeros"
            and module.bias is None
        )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, h, w) -> the same."""
        quick = x.device.type == "cpu" and not torch.is_autocast_enabled("cpu")
        if quick and torch.is_grad_enabled() and self.weight.requires_grad:
            out: Tensor = _Wide.apply(x, self.weight)  # type: ignore[no-untyped-call]
            return out
        return super().forward(x)


class _Wide(torch.autograd.Function):
    """Computes it, its gradients, and theirs."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, kernel: Tensor) -> Tensor:
        return _filtered(x, kernel)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, Tensor | None]:
        x, kernel = ctx.saved_tensors
        of_x = of_kernel = None
        if ctx.needs_input_grad[0]:
            of_x = _filtered(slope, kernel.flip((2, 3)))
        if ctx.needs_input_grad[1]:
            of_kernel = _kernel_slope(x, kernel, slope)
        return of_x, of_kernel

    @staticmethod
    def jvp(ctx: Any, x_moves: Tensor | None, kernel_moves: Tensor | None) -> Tensor:
        x, kernel = ctx.saved_tensors
        moved = torch.zeros_like(x)
        if x_moves is not None:
            moved = moved + _filtered(x_moves, kernel)
        if kernel_moves is not None:
            moved = moved + _filtered(x, kernel_moves)
        return moved


def _filtered(x: Tensor, kernel: Tensor) -> Tensor:
    return conv2d(x, kernel, padding=_middle(kernel), groups=kernel.shape[0])


def _middle(kernel: Tensor) -> tuple[int, int]:
    down, across = kernel.shape[2:]
    return down // 2, across // 2


def _kernel_slope(x: Tensor, kernel: Tensor, slope: Tensor) -> Tensor:
    """The gradient of a kernel, some columns at a time."""
    channels, _, high, wide = kernel.shape
    down, across = _middle(kernel)
    frame = 0
    if high > x.shape[2] or wide > x.shape[3]:  # slow too, unless the image has its frame
        x, frame, down = pad(x, (across, across, down, down)), across, 0
    parts = []
    for begin in range(0, wide, NARROW):
        columns = min(NARROW, wide - begin)
        left = across - begin
        seen = pad(x, (left - frame, columns - 1 - left - frame))
        part = conv2d_weight(  # type: ignore[no-untyped-call]
            seen, (channels, 1, high, columns), slope, padding=(down, 0), groups=channels
        )
        parts.append(part)
    return torch.cat(parts, dim=3)
