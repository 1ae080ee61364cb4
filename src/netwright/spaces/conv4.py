"""Four blocks, the hand design of few-shot papers, thinner or wider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netwright.core.config import Config, Value
from netwright.core.domains import Chooser
from netwright.core.task import Task
from netwright.spaces.nets import Graph, NetSpace

if TYPE_CHECKING:
    from torch import nn

FILTERS = (4, 8, 12, 16, 24, 32, 48, 64, 96, 128)
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
