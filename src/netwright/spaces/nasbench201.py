"""The cell space of NAS-Bench-201 (Dong and Yang, ICLR 2020): 5 operations, 6 edges, 15,625 cells.

A cell's published name is its arch string, such as
`|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|`: a group of edges
for each node after the input, `operation~node it comes from` in each.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from netwright.core.config import Config, Value
from netwright.core.errors import ConfigError
from netwright.core.task import Task
from netwright.spaces.cell import EdgeCell
from netwright.spaces.nets import Graph, NetSpace

if TYPE_CHECKING:
    from torch import nn

    from netwright.nn.mixed_operation import Options

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
RESIDUAL = (
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|"
    "skip_connect~2|"
)
_EDGE = re.compile(r"(\w+)~(\d+)")


class NASBench201(EdgeCell, NetSpace):
    """Four nodes, every pair joined by one of five operations.

    Args:
        channels: Width of the first stage.
        cells: Cells a stage.
    """

    def __init__(self, channels: int = 16, cells: int = 5) -> None:
        super().__init__(4, OPERATIONS)
        self.channels, self.cells = channels, cells

    def defaults(self) -> dict[str, Value]:
        """The residual block among the cells, as the paper names it."""
        return dict(self._read(RESIDUAL))

    def build(self, config: Config, task: Task) -> nn.Module:
        """The published net around a cell (torch is loaded here, not before)."""
        from netwright.nn.nasbench201 import edge_cell

        operations = {edge: str(config[name]) for edge, name in self.edges.items()}
        return self._around(partial(edge_cell, operations), task)

    def relax(self, task: Task, options: Options) -> nn.Module:
        """The same net around cells of mixed operations."""
        from netwright.nn.nasbench201 import EdgeCellNet

        def cell(channels: int) -> nn.Module:
            edges = {
                (j, i): options.edge(name, self.operations, channels, node=str(j))
                for (j, i), name in self.edges.items()
            }
            return EdgeCellNet(edges, self.nodes)

        return self._around(cell, task)

    def _around(self, cell: Callable[[int], nn.Module], task: Task) -> nn.Module:
        from netwright.nn.nasbench201 import EdgeCellNetwork

        inputs = task.input_shape[0]
        return EdgeCellNetwork(cell, inputs, task.outputs, self.channels, self.cells)

    def graphs(self, config: Config) -> list[Graph]:
        """The cell."""
        nodes = ("input", *(f"node {j}" for j in range(1, self.nodes - 1)), "output")
        edges = tuple((nodes[i], nodes[j], str(config[n])) for (j, i), n in self.edges.items())
        return [Graph("cell", nodes, edges)]

    def to_text(self, config: Config) -> str:
        """The published arch string of a cell."""
        groups = [
            "".join(f"|{config[self.edges[j, i]]}~{i}" for i in range(j)) + "|"
            for j in range(1, self.nodes)
        ]
        return "+".join(groups)

    def from_text(self, text: str) -> Config:
        """The cell of an arch string.

        Raises:
            ConfigError: It is not one.
        """
        config = self._read(text)
        if set(config) != set(self.edges.values()) or self.to_text(config) != text:
            raise ConfigError(
                "A NAS-Bench-201 cell is written |op~0|+|op~0|op~1|+|op~0|op~1|op~2|. "
                f"Got {text!r}."
            )
        return self.complete(config)

    @staticmethod
    def _read(text: str) -> Config:
        return Config(
            {
                f"{j}<-{i}": operation
                for j, group in enumerate(text.split("+"), start=1)
                for operation, i in _EDGE.findall(group)
            }
        )
