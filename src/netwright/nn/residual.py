"""Residual nets for pictures (He et al., CVPR 2016), with squeeze-and-excitation where wanted."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from netwright.nn.blocks import ACTIVATIONS, SqueezeExcite
from netwright.nn.weight_bank import share_as


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut."""

    def __init__(
        self, inputs: int, outputs: int, stride: int, activation: str, squeeze: bool
    ) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            ACTIVATIONS[activation](),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
            SqueezeExcite(outputs, max(4, outputs // 8), activation) if squeeze else nn.Identity(),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.AvgPool2d(stride, ceil_mode=True) if stride > 1 else nn.Identity(),
                nn.Conv2d(inputs, outputs, 1, bias=False),
                nn.BatchNorm2d(outputs),
            )
        self.activation = ACTIVATIONS[activation]()

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, h, w) -> (batch, outputs, ceil(h / stride), ceil(w / stride))."""
        out: Tensor = self.activation(self.body(x) + self.shortcut(x))
        return out


class ResidualNet(nn.Module):
    """Stem, stages of residual blocks, mean over the map, linear layer.

    Args:
        inputs: Channels of the pictures.
        outputs: Classes, or 1.
        widths: Channels of each stage; every stage after the first halves the map.
        depths: Blocks of each stage.
        stem_stride: 2 halves the picture at once.
        activation: As in `ACTIVATIONS`.
        squeeze: Whether blocks weigh their channels.
        dropout: Share of features dropped before the linear layer.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        widths: Sequence[int],
        depths: Sequence[int],
        *,
        stem_stride: int = 1,
        activation: str = "relu",
        squeeze: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        parts: list[nn.Module] = [
            nn.Conv2d(inputs, widths[0], 3, stem_stride, 1, bias=False),
            nn.BatchNorm2d(widths[0]),
            ACTIVATIONS[activation](),
        ]
        before = widths[0]
        for stage, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            for block in range(depth):
                stride = 2 if stage and not block else 1
                made = ResidualBlock(before, width, stride, activation, squeeze)
                parts.append(share_as(made, f"stage{stage} block{block}"))
                before = width
        self.features = nn.Sequential(*parts)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(before, outputs))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, h, w) -> (batch, outputs)."""
        out: Tensor = self.head(self.features(x).mean(dim=(2, 3)))
        return out
