"""Nets of cells whose nodes take two inputs, as in NASNet (Zoph et al., CVPR 2018) and DARTS.

As published: a 3x3 convolution for CIFAR, or three strided ones for ImageNet, then cells, each fed
by the two before it; the cells a third and two thirds of the way in halve the map and double the
width; then the mean over the map and a linear layer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d

from netwright.nn.drop_path import drop_path
from netwright.nn.genotype import Genotype
from netwright.nn.operations import FactorizedReduce, ReLUConvBN, make
from netwright.nn.weight_bank import share_as

STEM_MULTIPLIER = 3


@dataclass(frozen=True)
class Place:
    """Where a cell stands in its net.

    Attributes:
        before: Channels of the output of the cell before the last.
        last: Channels of the output of the last cell.
        channels: Width of every node.
        reduces: Whether the map is halved.
        reduced: Whether the last cell halved it, so that its two inputs differ in size.
    """

    before: int
    last: int
    channels: int
    reduces: bool = False
    reduced: bool = False

    def stride(self, source: int) -> int:
        """Of an operation on a node; a cell that reduces halves its two inputs."""
        return 2 if self.reduces and source < 2 else 1


class NodeCell(nn.Module):
    """A cell: every node is the sum of what edges bring from earlier ones.

    Args:
        edges: (node, where from, what happens on the way), nodes in their order, from 2.
        concat: The nodes that are delivered, side by side.
        place: Where it stands.
    """

    def __init__(
        self, edges: Sequence[tuple[int, int, nn.Module]], concat: tuple[int, ...], place: Place
    ) -> None:
        super().__init__()
        self.edges = tuple((node, source) for node, source, _ in edges)
        self.concat = concat
        shrink = FactorizedReduce(place.before, place.channels)
        self.before = shrink if place.reduced else ReLUConvBN(place.before, place.channels, 1)
        self.last = ReLUConvBN(place.last, place.channels, 1)
        self.operations = nn.ModuleList(operation for _, _, operation in edges)

    def forward(self, before: Tensor, last: Tensor, dropped: float = 0.0) -> Tensor:
        """Both (batch, own channels, h, w) -> (batch, len(concat) * channels, h', w')."""
        values = {0: self.before(before), 1: self.last(last)}
        for operation, (node, source) in zip(self.operations, self.edges, strict=True):
            out = operation(values[source])
            if self.training and not isinstance(operation, nn.Identity):
                out = drop_path(out, dropped)
            values[node] = values[node] + out if node in values else out
        return torch.cat([values[node] for node in self.concat], dim=1)


def node_cell(genotype: Genotype, place: Place) -> NodeCell:
    """The cell of a design: every node has two edges."""
    genes, concat = genotype.cell(place.reduces)
    edges = []
    for number, (name, source) in enumerate(genes):
        node = 2 + number // 2
        operation = make(name, place.channels, place.channels, place.stride(source))
        edges.append((node, source, share_as(operation, f"{node}<-{source} {name}")))
    return NodeCell(edges, concat, place)


class AuxiliaryHead(nn.Module):
    """A second head in the middle of the net, whose loss helps the first cells to learn."""

    def __init__(self, channels: int, outputs: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(channels, 128, 1, bias=False),
            nn.BatchNorm2d(128),
            nn.ReLU(),
            nn.Conv2d(128, 768, 2, bias=False),
            nn.BatchNorm2d(768),
            nn.ReLU(),
        )
        self.head = nn.Linear(768, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, h, w) -> (batch, outputs)."""
        x = adaptive_avg_pool2d(torch.relu(x), 8)  # the published size; others are brought to it
        x = avg_pool2d(x, 5, 3)  # (batch, channels, 2, 2)
        out: Tensor = self.head(self.features(x).flatten(1))
        return out


def _stems(inputs: int, channels: int, large: bool) -> tuple[nn.Module, nn.Module, int]:
    """What feeds the first cell: the one, what makes the other of it, and how wide both are."""
    if not large:
        width = STEM_MULTIPLIER * channels
        return _convolution(inputs, width, 1), nn.Identity(), width
    half = _convolution(inputs, channels // 2, 2)
    first = nn.Sequential(*half, nn.ReLU(), *_convolution(channels // 2, channels, 2))
    return first, nn.Sequential(nn.ReLU(), *_convolution(channels, channels, 2)), channels


def _convolution(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs))


class NodeCellNetwork(nn.Module):
    """The whole net.

    Attributes:
        drop_path: Probability that an operation is left out while training; whoever trains may
            raise it from epoch to epoch.

    Args:
        make_cell: Makes the cell of a place.
        inputs: Channels of the images.
        outputs: Classes.
        channels: Width of a node in the first cells.
        cells: How many, at least three.
        auxiliary: Whether there is a second head, which answers while training only.
        large: Whether the pictures are as large as ImageNet's and are made eight times smaller
            first.
    """

    def __init__(
        self,
        make_cell: Callable[[Place], NodeCell],
        inputs: int,
        outputs: int,
        channels: int = 36,
        cells: int = 20,
        auxiliary: bool = False,
        large: bool = False,
    ) -> None:
        super().__init__()
        self.drop_path = 0.0
        self.first_stem, self.second_stem, last = _stems(inputs, channels, large)
        self.cells = nn.ModuleList()
        self.auxiliary: AuxiliaryHead | None = None
        self.auxiliary_place = 2 * cells // 3
        halving = cells // 3, 2 * cells // 3
        before, reduced = last, large
        for place in range(cells):
            reduces = place in halving
            channels *= 2 if reduces else 1
            cell = make_cell(Place(before, last, channels, reduces, reduced))
            self.cells.append(cell)
            before, last, reduced = last, len(cell.concat) * channels, reduces
            if auxiliary and place == self.auxiliary_place:
                self.auxiliary = AuxiliaryHead(last, outputs)
        self.head = nn.Linear(last, outputs)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """(batch, inputs, h, w) -> (batch, outputs); while training, what both heads say."""
        before = self.first_stem(x)
        last = self.second_stem(before)
        second: Tensor | None = None
        for place, cell in enumerate(self.cells):
            before, last = last, cell(before, last, self.drop_path)
            if self.training and self.auxiliary is not None and place == self.auxiliary_place:
                second = self.auxiliary(last)
        out: Tensor = self.head(last.mean(dim=(2, 3)))
        return out if second is None else (out, second)
