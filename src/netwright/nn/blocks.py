"""Blocks that nets are made of."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "selu": nn.SELU,
    "hard_swish": nn.Hardswish,
}
NORMS = ("none", "batch", "layer")


def make_norm(name: str, width: int) -> nn.Module:
    """A normalisation over features."""
    if name == "batch":
        return nn.BatchNorm1d(width)
    return nn.LayerNorm(width) if name == "layer" else nn.Identity()


class DenseBlock(nn.Module):
    """Linear, normalise, activate, drop; added to its input when `residual` and widths agree."""

    def __init__(
        self, inputs: int, width: int, activation: str, norm: str, dropout: float, residual: bool
    ) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(inputs, width),
            make_norm(norm, width),
            ACTIVATIONS[activation](),
            nn.Dropout(dropout),
        )
        self.residual = residual and inputs == width

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs) -> (batch, width)."""
        out: Tensor = self.body(x)
        return x + out if self.residual else out


class ResNetBlock(nn.Module):
    """Pre-activation residual block for tables (Gorishniy et al. 2021, section 3.2)."""

    def __init__(self, width: int, activation: str, norm: str, dropout: float) -> None:
        super().__init__()
        hidden = 2 * width
        self.body = nn.Sequential(
            make_norm(norm, width),
            nn.Linear(width, hidden),
            ACTIVATIONS[activation](),
            nn.Dropout(dropout),
            nn.Linear(hidden, width),
            nn.Dropout(dropout),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, width) -> (batch, width)."""
        out: Tensor = self.body(x)
        return x + out


class PeriodicEmbedding(nn.Module):
    """Each number as sines and cosines of learned frequencies, then a small linear map of its own
    and ReLU (Gorishniy et al. 2022, 'PLR').

    Args:
        features: How many numbers.
        width: Output width of each.
        frequencies: Learned frequencies of each.
        sigma: Spread of the initial frequencies.
    """

    def __init__(self, features: int, width: int, frequencies: int = 16, sigma: float = 0.1):
        super().__init__()
        self.frequencies = nn.Parameter(torch.randn(features, frequencies) * sigma)
        bound = 1 / math.sqrt(2 * frequencies)
        self.weight = nn.Parameter(
            torch.empty(features, 2 * frequencies, width).uniform_(-bound, bound)
        )
        self.bias = nn.Parameter(torch.zeros(features, width))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, features) -> (batch, features * width)."""
        angle = 2 * math.pi * self.frequencies * x[..., None]  # (batch, features, frequencies)
        waves = torch.cat([torch.cos(angle), torch.sin(angle)], dim=-1)
        out = torch.einsum("bfk,fkw->bfw", waves, self.weight) + self.bias
        return torch.relu(out).flatten(1)


class CategoryEmbedding(nn.Module):
    """One learned vector a category; code 0 is 'missing or unknown'.

    Args:
        sizes: Categories of each column.
        width: Most width of a vector; small columns get less.
    """

    def __init__(self, sizes: list[int], width: int) -> None:
        super().__init__()
        widths = [min(width, (size + 2) // 2 + 1) for size in sizes]
        self.tables = nn.ModuleList(
            nn.Embedding(size + 1, own) for size, own in zip(sizes, widths, strict=True)
        )
        self.width = sum(widths)

    def forward(self, codes: Tensor) -> Tensor:
        """(batch, columns) whole numbers -> (batch, total width)."""
        return torch.cat([table(codes[:, i]) for i, table in enumerate(self.tables)], dim=1)


class SqueezeExcite(nn.Module):
    """Weighs every channel by what all channels are on average (Hu, Shen and Sun, CVPR 2018)."""

    def __init__(self, channels: int, hidden: int, activation: str) -> None:
        super().__init__()
        smooth = activation == "silu"  # EfficientNet's; MobileNetV3 keeps to cheap functions
        self.reduce = nn.Conv2d(channels, hidden, 1)
        self.activation = nn.SiLU() if smooth else nn.ReLU()
        self.expand = nn.Conv2d(hidden, channels, 1)
        self.gate = nn.Sigmoid() if smooth else nn.Hardsigmoid()

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, h, w) -> the same."""
        mean = x.mean(dim=(2, 3), keepdim=True)  # (batch, channels, 1, 1)
        out: Tensor = x * self.gate(self.expand(self.activation(self.reduce(mean))))
        return out
