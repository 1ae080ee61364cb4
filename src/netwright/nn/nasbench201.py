"""The net around a NAS-Bench-201 cell, as published (Dong and Yang, ICLR 2020, figure 1).

Three stages of five cells, 16, 32 and 64 channels wide, residual blocks of stride two between
them; before them a 3x3 convolution, behind them the mean over the map and a linear layer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from netwright.nn.operations import ReLUConvBN, make
from netwright.nn.weight_bank import share_as


class EdgeCellNet(nn.Module):
    """A cell: node j is the sum of what the edges from all nodes before it deliver.

    Args:
        edges: (j, i) to what happens from node i to node j; where nothing does, there is no edge.
        nodes: How many, the input among them.
    """

    def __init__(self, edges: Mapping[tuple[int, int], nn.Module], nodes: int) -> None:
        super().__init__()
        self.edges, self.nodes = tuple(edges), nodes
        self.operations = nn.ModuleDict({f"{j}<-{i}": made for (j, i), made in edges.items()})

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, h, w) -> the same."""
        values: list[Tensor | None] = [x] + [None] * (self.nodes - 1)
        for j, i in self.edges:
            before = values[i]
            if before is None:
                continue
            delivered = self.operations[f"{j}<-{i}"](before)
            known = values[j]
            values[j] = delivered if known is None else known + delivered
        last = values[-1]
        return torch.zeros_like(x) if last is None else last


def edge_cell(operations: Mapping[tuple[int, int], str], channels: int) -> EdgeCellNet:
    """The cell of a design.

    Args:
        operations: (j, i) to the operation on the edge from node i to node j.
        channels: Width of every node.
    """
    edges = {
        (j, i): share_as(make(name, channels, channels), f"{j}<-{i} {name}")
        for (j, i), name in operations.items()
        if name != "none"
    }
    return EdgeCellNet(edges, 1 + max(j for j, _ in operations))


class Reduction(nn.Module):
    """The residual block between stages: half the map, twice the channels."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            ReLUConvBN(inputs, outputs, 3, 2), ReLUConvBN(outputs, outputs, 3)
        )
        self.shortcut = nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, h, w) -> (batch, outputs, ceil(h / 2), ceil(w / 2))."""
        halved = avg_pool2d(x, 2, 2, ceil_mode=True)
        out: Tensor = self.body(x) + self.shortcut(halved)
        return out


class EdgeCellNetwork(nn.Module):
    """The whole net.

    Args:
        make_cell: Makes a cell of some channels.
        inputs: Channels of the images.
        outputs: Classes.
        channels: Width of the first stage.
        cells: Cells a stage.
    """

    def __init__(
        self,
        make_cell: Callable[[int], nn.Module],
        inputs: int,
        outputs: int,
        channels: int = 16,
        cells: int = 5,
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(inputs, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        )
        parts: list[nn.Module] = []
        for width in (channels, 2 * channels, 4 * channels):
            if width > channels:
                parts.append(Reduction(width // 2, width))
            parts += [make_cell(width) for _ in range(cells)]
        self.stages = nn.Sequential(*parts)
        self.last = nn.Sequential(nn.BatchNorm2d(4 * channels), nn.ReLU())
        self.head = nn.Linear(4 * channels, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, h, w) -> (batch, outputs)."""
        features = self.last(self.stages(self.stem(x)))  # (batch, 4 channels, h / 4, w / 4)
        out: Tensor = self.head(features.mean(dim=(2, 3)))
        return out
