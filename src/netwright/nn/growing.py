"""A convolutional net that can grow: stages of blocks, whose every map is above zero.

A block is relu(scale * x + norm(conv(x))), the first term only where it has a skip. Since ReLU
comes last, a block that hands on just what it gets fits in anywhere (see `netwright.nn.morphing`).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from netwright.nn.plans import BlockPlan, StagePlan


class Block(nn.Module):
    """Convolution, normalisation, perhaps a skip, ReLU.

    Args:
        inputs: Channels that go in.
        outputs: Channels that come out, the same with a skip.
        plan: Kernel and skip.
        stride: Of the convolution.
    """

    def __init__(self, inputs: int, outputs: int, plan: BlockPlan, stride: int = 1) -> None:
        super().__init__()
        padding = plan.kernel // 2
        self.conv = nn.Conv2d(inputs, outputs, plan.kernel, stride, padding, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.scale = nn.Parameter(torch.ones(outputs)) if plan.skip else None

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, h, w) -> (batch, outputs, ceil(h / stride), ceil(w / stride))."""
        out = self.norm(self.conv(x))
        if self.scale is not None:
            out = out + self.scale[:, None, None] * x
        return torch.relu(out)


class GrowingNet(nn.Module):
    """The whole net.

    Args:
        plan: Its stages.
        inputs: Channels of the images.
        outputs: Classes.
    """

    def __init__(self, plan: tuple[StagePlan, ...], inputs: int, outputs: int) -> None:
        super().__init__()
        self.plan, self.inputs, self.outputs = plan, inputs, outputs
        stages, width = [], inputs
        for place, stage in enumerate(plan):
            stride = 1 if place == 0 else 2
            opener = Block(width, stage.width, BlockPlan(stage.kernel), stride)
            width = stage.width
            stages.append(
                nn.Sequential(opener, *(Block(width, width, block) for block in stage.blocks))
            )
        self.stages = nn.Sequential(*stages)
        self.head = nn.Linear(width, outputs)

    def blocks(self, stage: int) -> list[Block]:
        """The blocks of a stage, the one that opens it first."""
        return [block for block in self.stages[stage].modules() if isinstance(block, Block)]

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, h, w) -> (batch, outputs)."""
        out: Tensor = self.head(self.stages(x).mean(dim=(2, 3)))
        return out
