"""EfficientNet (Tan and Le, ICML 2019): one base net, made wider, deeper and sharper together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from netwright.nn.mobile import MobileBlock, MobilePlan, divisible

SQUEEZE = 0.25  # of the channels that come into a block


class Stage(NamedTuple):
    """Equal blocks in a row; the first one has the stride."""

    expansion: int
    width: int
    depth: int
    kernel: int
    stride: int


@dataclass(frozen=True)
class Base:
    """What is scaled: a stem, stages, and the last convolution."""

    stem: int
    stages: tuple[Stage, ...]
    last: int
    stem_stride: int = 2


B0 = Base(
    32,
    (
        Stage(1, 16, 1, 3, 1),
        Stage(6, 24, 2, 3, 2),
        Stage(6, 40, 2, 5, 2),
        Stage(6, 80, 3, 3, 2),
        Stage(6, 112, 3, 5, 1),
        Stage(6, 192, 4, 5, 2),
        Stage(6, 320, 1, 3, 1),
    ),
    1280,
)


@dataclass(frozen=True)
class EfficientNet:
    """A base net scaled in three directions.

    Attributes:
        width: Channels are multiplied by this, then rounded to eights.
        depth: Blocks of a stage are multiplied by this, then rounded up.
        resolution: Side of the images it is meant for, in pixels; the net takes any.
        dropout: Share of the features dropped before the last layer.
        base: What is scaled.
    """

    width: float = 1.0
    depth: float = 1.0
    resolution: int = 224
    dropout: float = 0.2
    base: Base = B0

    def plan(self) -> MobilePlan:
        """The net, block by block."""
        stem = divisible(self.width * self.base.stem)
        blocks: list[MobileBlock] = []
        before = stem
        for stage in self.base.stages:
            width = divisible(self.width * stage.width)
            for block in range(math.ceil(self.depth * stage.depth)):
                hidden, squeeze = before * stage.expansion, max(1, int(SQUEEZE * before))
                stride = stage.stride if block == 0 else 1
                blocks.append(MobileBlock(width, hidden, stage.kernel, stride, squeeze, "silu"))
                before = width
        return MobilePlan(
            stem,
            tuple(blocks),
            divisible(self.width * self.base.last),
            stem_stride=self.base.stem_stride,
            activation="silu",
            dropout=self.dropout,
        )


PUBLISHED = (
    EfficientNet(1.0, 1.0, 224, 0.2),
    EfficientNet(1.0, 1.1, 240, 0.2),
    EfficientNet(1.1, 1.2, 260, 0.3),
    EfficientNet(1.2, 1.4, 300, 0.3),
    EfficientNet(1.4, 1.8, 380, 0.4),
    EfficientNet(1.6, 2.2, 456, 0.4),
    EfficientNet(1.8, 2.6, 528, 0.5),
    EfficientNet(2.0, 3.1, 600, 0.5),
)
"""B0 to B7."""
