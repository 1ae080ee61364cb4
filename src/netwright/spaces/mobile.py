"""The space of once-for-all (Cai et al., ICLR 2020): stages of MobileNetV3 that stretch.

Every stage decides how many blocks it has, every block its kernel and how far it expands; a net may
decide on a resolution too. Widths, strides, squeeze and excitation and activations belong to the
stage. With the published stages
there are ((3 * 3)^2 + (3 * 3)^3 + (3 * 3)^4)^5, about 2 * 10^19, designs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from netwright.core.config import Config, Value
from netwright.core.domains import Chooser, Ordered
from netwright.core.errors import ConfigError
from netwright.core.task import Task
from netwright.spaces.nets import Graph, NetSpace

if TYPE_CHECKING:
    from torch import nn

    from netwright.nn.mobile import MobilePlan

DEPTHS = (2, 3, 4)
KERNELS = (3, 5, 7)
EXPANSIONS = (3, 4, 6)
LAST_EXPANSION = 6
RESOLUTION = "resolution"


class MobileStage(NamedTuple):
    """What all blocks of a stage share; the first one has the stride."""

    width: int
    stride: int
    squeeze: bool
    activation: str


SMALL = (
    MobileStage(16, 2, False, "relu"),
    MobileStage(24, 2, True, "relu"),
    MobileStage(40, 1, True, "hard_swish"),
    MobileStage(64, 2, True, "hard_swish"),
)
"""For pictures of about 32 pixels."""
PUBLISHED = (
    MobileStage(24, 2, False, "relu"),
    MobileStage(40, 2, True, "relu"),
    MobileStage(80, 2, False, "hard_swish"),
    MobileStage(112, 1, True, "hard_swish"),
    MobileStage(160, 2, True, "hard_swish"),
)
"""For ImageNet, with `stem_stride=2` and `mix=1280`."""


class Mobile(NetSpace):
    """Elastic depth, kernel and expansion in every stage.

    Args:
        stages: In order.
        stem: Width of the first convolution and of the block after it.
        stem_stride: Of the first convolution.
        mix: Width of the hidden layer of the head, 0 for none.
        depths: How many blocks a stage may have.
        kernels: Sizes of kernels.
        expansions: How many times wider a block is inside.
        resolutions: Shares of a picture's sides that a net may look at; one is no decision.
    """

    def __init__(
        self,
        stages: Sequence[MobileStage] = SMALL,
        stem: int = 16,
        stem_stride: int = 1,
        mix: int = 0,
        depths: Sequence[int] = DEPTHS,
        kernels: Sequence[int] = KERNELS,
        expansions: Sequence[int] = EXPANSIONS,
        resolutions: Sequence[float] = (1.0,),
    ) -> None:
        if not stages or min(depths, default=0) < 1 or any(kernel % 2 == 0 for kernel in kernels):
            raise ConfigError(
                "A mobile net has a stage, a block a stage and odd kernels. Got "
                f"{len(stages)} stages, depths={tuple(depths)}, kernels={tuple(kernels)}."
            )
        if not resolutions or not all(0 < share <= 1 for share in resolutions):
            raise ConfigError(
                "A resolution is a share of the picture's sides, above 0 and at most 1. Got "
                f"{','.join(map(str, resolutions)) or 'none'}."
            )
        self.stages = tuple(stages)
        self.stem, self.stem_stride, self.mix = stem, stem_stride, mix
        self.depths, self.kernels = Ordered(sorted(depths)), Ordered(sorted(kernels))
        self.expansions = Ordered(sorted(expansions))
        self.resolutions = Ordered(sorted(map(float, resolutions)))

    def configure(self, choose: Chooser) -> Config:
        """Asks for every stage's depth, for every block's kernel and expansion, and for how much of
        the picture's resolution is used."""
        chosen: dict[str, Value] = {}
        if len(self.resolutions) > 1:
            chosen[RESOLUTION] = choose.suggest_categorical(RESOLUTION, self.resolutions)
        for stage in range(1, len(self.stages) + 1):
            name = f"stage{stage}.depth"
            depth = chosen[name] = choose.suggest_categorical(name, self.depths)
            for block in range(1, depth + 1):
                for part, values in (("kernel", self.kernels), ("expansion", self.expansions)):
                    name = f"stage{stage}.block{block}.{part}"
                    chosen[name] = choose.suggest_categorical(name, values)
        return Config(chosen)

    def defaults(self) -> dict[str, Value]:
        """The whole resolution."""
        return {RESOLUTION: self.resolutions[-1]}

    def size(self) -> int:
        """Stages multiply; in each, blocks multiply and depths add."""
        block = len(self.kernels) * len(self.expansions)
        stage = sum(block ** int(depth or 0) for depth in self.depths)
        return int(len(self.resolutions) * stage ** len(self.stages))

    def _blocks(self, config: Config) -> Iterator[tuple[int, int, int, int]]:
        """Stage, block, kernel and expansion of every block in turn, counted from 1."""
        for stage in range(1, len(self.stages) + 1):
            for block in range(1, int(config[f"stage{stage}.depth"] or 0) + 1):
                name = f"stage{stage}.block{block}"
                kernel, expansion = config[f"{name}.kernel"], config[f"{name}.expansion"]
                yield stage, block, int(kernel or 0), int(expansion or 0)

    def plan(self, config: Config) -> MobilePlan:
        """The net of a design, block by block."""
        from netwright.nn.mobile import MobileBlock, MobilePlan, divisible

        blocks = [MobileBlock(self.stem, self.stem)]
        for place, number, kernel, expansion in self._blocks(config):
            stage = self.stages[place - 1]
            hidden = divisible(blocks[-1].outputs * expansion)
            squeeze = divisible(hidden / 4) if stage.squeeze else 0
            stride = stage.stride if number == 1 else 1
            shape = (stage.width, hidden, kernel, stride, squeeze, stage.activation)
            blocks.append(MobileBlock(*shape, name=f"stage{place} block{number}"))
        last = divisible(LAST_EXPANSION * self.stages[-1].width)
        return MobilePlan(self.stem, tuple(blocks), last, self.mix, self.stem_stride)

    def build(self, config: Config, task: Task) -> nn.Module:
        """The net of a design (torch is loaded here, not before)."""
        from netwright.nn.mobile import MobileNetwork

        inputs, height, width = task.input_shape
        share = float(config.get(RESOLUTION, self.resolutions[-1]) or 1)
        seen = (max(1, round(share * height)), max(1, round(share * width)))
        smaller = seen if share < 1 else None
        return MobileNetwork(self.plan(config), inputs, task.outputs, smaller)

    def graphs(self, config: Config) -> list[Graph]:
        """Every stage as a chain of its blocks."""
        drawn = []
        for place, stage in enumerate(self.stages, start=1):
            done = [
                f"{kernel}x{kernel}, expand {expansion}"
                for own, _, kernel, expansion in self._blocks(config)
                if own == place
            ]
            nodes = ("input", *(f"block {number}" for number in range(1, len(done))), "output")
            edges = tuple(zip(nodes, nodes[1:], done, strict=False))
            drawn.append(Graph(f"stage {place}, {stage.width} wide", nodes, edges))
        if len(self.resolutions) > 1:
            seen = f"{drawn[0].name}, of pictures at {config[RESOLUTION]:g} of their sides"
            drawn[0] = replace(drawn[0], name=seen)
        return drawn
