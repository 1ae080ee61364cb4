"""Nets of inverted residuals: MobileNetV3 (Howard et al., ICCV 2019) and its relatives.

A block expands its channels, filters each alone, may weigh them by squeeze and excitation (Hu et
al., CVPR 2018), and projects them back. The four steps stay apart, so that a supernet can slice
the weights of each.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn.functional import interpolate

from netwright.nn.blocks import ACTIVATIONS, SqueezeExcite
from netwright.nn.weight_bank import share_as


@dataclass(frozen=True)
class MobileBlock:
    """One inverted residual.

    Attributes:
        outputs: Channels that come out.
        hidden: Channels in between; as many as come in: nothing is expanded.
        kernel: Of the depthwise convolution.
        stride: Of the depthwise convolution.
        squeeze: Width of squeeze and excitation, 0 for none.
        activation: `relu`, `hard_swish` or `silu`.
        name: Under which nets of other depths share its weights; empty for where it stands.
    """

    outputs: int
    hidden: int
    kernel: int = 3
    stride: int = 1
    squeeze: int = 0
    activation: str = "relu"
    name: str = ""


@dataclass(frozen=True)
class MobilePlan:
    """A whole net.

    Attributes:
        stem: Width of the first convolution.
        blocks: In order.
        last: Width of the 1x1 convolution after the blocks.
        mix: Width of the hidden linear layer of the head, 0 for none.
        stem_stride: Of the first convolution; 2 for pictures as large as ImageNet's.
        activation: Outside of the blocks.
        dropout: Share of the features dropped before the last layer.
    """

    stem: int
    blocks: tuple[MobileBlock, ...]
    last: int
    mix: int = 0
    stem_stride: int = 1
    activation: str = "hard_swish"
    dropout: float = 0.0


def divisible(width: float, by: int = 8) -> int:
    """The nearest multiple, but never more than a tenth below, as the papers' code rounds."""
    rounded = max(by, int(width + by / 2) // by * by)
    return rounded if rounded >= 0.9 * width else rounded + by


def convolution(
    inputs: int, outputs: int, kernel: int, stride: int, activation: str, groups: int = 1
) -> nn.Sequential:
    """Convolution, batch normalisation, activation."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        ACTIVATIONS[activation](),
    )


NORM = ("weight", "bias")
"""Of a batch normalisation."""


class InvertedResidual(nn.Module):
    """Expand, depthwise, squeeze, project; added to its input where the shapes agree."""

    def __init__(self, inputs: int, block: MobileBlock) -> None:
        super().__init__()
        hidden, activation = block.hidden, block.activation
        self.expand: nn.Module = nn.Identity()
        if hidden != inputs:
            self.expand = convolution(inputs, hidden, 1, 1, activation)
        self.depthwise = convolution(
            hidden, hidden, block.kernel, block.stride, activation, groups=hidden
        )
        self.squeeze: nn.Module = nn.Identity()
        if block.squeeze:
            self.squeeze = SqueezeExcite(hidden, block.squeeze, activation)
        self.project = nn.Sequential(
            nn.Conv2d(hidden, block.outputs, 1, bias=False), nn.BatchNorm2d(block.outputs)
        )
        self.residual = block.stride == 1 and inputs == block.outputs

    def inner_channels(self) -> dict[str, int]:
        """Where its inner channels stand: weights and their dimension, the one that takes them in
        last; none where they are those of the input."""
        if isinstance(self.expand, nn.Identity):
            return {}
        norms = [f"{part}.1.{name}" for part in ("expand", "depthwise") for name in NORM]
        places = dict.fromkeys(["expand.0.weight", "depthwise.0.weight", *norms], 0)
        if isinstance(self.squeeze, SqueezeExcite):
            places |= {"squeeze.reduce.weight": 1}
            places |= dict.fromkeys(["squeeze.expand.weight", "squeeze.expand.bias"], 0)
        return {**places, "project.0.weight": 1}

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, h, w) -> (batch, outputs, ceil(h / stride), ceil(w / stride))."""
        out: Tensor = self.project(self.squeeze(self.depthwise(self.expand(x))))
        return x + out if self.residual else out


class MobileNetwork(nn.Module):
    """The net of a plan.

    Args:
        plan: What it is made of.
        inputs: Channels of the images.
        outputs: Classes.
        seen: Height and width that pictures are brought to at first; None for as they are.
    """

    def __init__(
        self, plan: MobilePlan, inputs: int, outputs: int, seen: tuple[int, int] | None = None
    ) -> None:
        super().__init__()
        self.seen = seen
        self.stem = convolution(inputs, plan.stem, 3, plan.stem_stride, plan.activation)
        widths = [plan.stem, *(block.outputs for block in plan.blocks)]
        self.blocks = nn.Sequential(
            *(
                share_as(InvertedResidual(width, block), block.name)
                for width, block in zip(widths, plan.blocks, strict=False)
            )
        )
        self.last = convolution(widths[-1], plan.last, 1, 1, plan.activation)
        mix: list[nn.Module] = []
        if plan.mix:
            mix = [nn.Linear(plan.last, plan.mix), ACTIVATIONS[plan.activation]()]
        self.head = nn.Sequential(
            *mix, nn.Dropout(plan.dropout), nn.Linear(plan.mix or plan.last, outputs)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, h, w) -> (batch, outputs)."""
        if self.seen is not None:
            x = interpolate(x, self.seen, mode="bilinear", align_corners=False)
        features = self.last(self.blocks(self.stem(x)))  # (batch, last, h', w')
        out: Tensor = self.head(features.mean(dim=(2, 3)))
        return out
