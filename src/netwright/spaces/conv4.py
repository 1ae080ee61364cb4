"""The hand designs of few-shot papers, thinner or wider: four blocks, or linear layers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from netwright.core.config import Config, Value
from netwright.core.domains import Chooser
from netwright.core.task import Task
from netwright.spaces.nets import Graph, NetSpace

if TYPE_CHECKING:
    from torch import nn

FILTERS = (4, 8, 12, 16, 24, 32, 48, 64, 96, 128)
WIDTHS = (32, 64, 128, 256, 512)
BLOCKS = 4


class FourBlocks(NetSpace):
    """`nn.conv4.Conv4` with some number of filters; 64 as published."""

    def configure(self, choose: Chooser) -> Config:
        """Asks how many."""
        return Config({"filters": choose.suggest_categorical("filters", list(FILTERS))})

    def defaults(self) -> dict[str, Value]:
        """As published."""
        return {"filters": 64}

    def build(self, config: Config, task: Task) -> nn.Module:
        """The net of a design."""
        from netwright.nn.conv4 import Conv4

        channels, height, width = task.input_shape
        return Conv4(channels, (height, width), task.outputs, int(config["filters"] or 64))

    def graphs(self, config: Config) -> list[Graph]:
        """The chain of blocks."""
        nodes = ("image", *(f"block {place + 1}" for place in range(BLOCKS)), "classes")
        steps = [f"{config['filters']} filters, halves"] * BLOCKS + ["linear"]
        edges = tuple(zip(nodes[:-1], nodes[1:], steps, strict=True))
        return [Graph("net", nodes, edges)]


class ConnectedLayers(NetSpace):
    """`nn.conv4.Connected`: a layer of some width, one of half, two of a quarter; 256 in MAML."""

    def configure(self, choose: Chooser) -> Config:
        """Asks how wide the first layer is."""
        return Config({"width": choose.suggest_categorical("width", list(WIDTHS))})

    def defaults(self) -> dict[str, Value]:
        """As published."""
        return {"width": 256}

    def build(self, config: Config, task: Task) -> nn.Module:
        """The net of a design."""
        from netwright.nn.conv4 import Connected

        first = int(config["width"] or 256)
        widths = (first, first // 2, first // 4, first // 4)
        return Connected(math.prod(task.input_shape), task.outputs, widths)
