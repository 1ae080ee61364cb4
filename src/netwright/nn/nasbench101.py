"""The net around a NAS-Bench-101 cell, as published (Ying et al., ICML 2019, section 2.2).

Three stacks of three cells, 128, 256 and 512 channels wide, a 2x2 max pool between them; before
them a 3x3 convolution, behind them the mean over the map and a linear layer.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from netwright.nn.model_spec import ModelSpec
from netwright.nn.weight_bank import share_as

STACKS = 3


class ConvBNReLU(nn.Sequential):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        )


def vertex_channels(inputs: int, outputs: int, spec: ModelSpec) -> list[int]:
    """The published widths of all vertices of a pruned cell.

    What is joined at the output shares its channels equally, the first ones taking what is left
    over; any other vertex is as wide as the widest it feeds.
    """
    last = len(spec.ops) - 1
    joined = [i for i, j in spec.edges if j == last and i > 0]
    widths = [inputs] + [0] * (last - 1) + [outputs]
    for place, vertex in enumerate(joined):
        widths[vertex] = outputs // len(joined) + (place < outputs % len(joined))
    for vertex in range(last - 1, 0, -1):
        if vertex not in joined:
            widths[vertex] = max(widths[j] for i, j in spec.edges if i == vertex)
    return widths


class MatrixCell(nn.Module):
    """A cell: a vertex adds what comes in, and what reaches the output stands side by side.

    The cell's input is projected to the width of whoever takes it, and added to the output where
    it is joined directly; between other vertices channels that are too many are left out.
    """

    def __init__(self, inputs: int, outputs: int, spec: ModelSpec) -> None:
        super().__init__()
        widths = vertex_channels(inputs, outputs, spec)
        self.last, self.widths = len(spec.ops) - 1, widths
        self.sources = [[i for i, j in spec.edges if j == v] for v in range(len(spec.ops))]
        self.projections = nn.ModuleDict(
            {str(j): ConvBNReLU(inputs, widths[j], 1) for i, j in spec.edges if i == 0}
        )
        self.operations = nn.ModuleList(
            share_as(_operation(name, widths[vertex]), f"{vertex} {name}")
            for vertex, name in enumerate(spec.ops[1:-1], start=1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, h, w) -> (batch, outputs, h, w)."""
        brought = {int(v): projection(x) for v, projection in self.projections.items()}
        values: list[Tensor] = [x]
        for vertex, operation in enumerate(self.operations, start=1):
            terms = [values[i][:, : self.widths[vertex]] for i in self.sources[vertex] if i]
            if vertex in brought:
                terms.append(brought[vertex])
            values.append(operation(sum(terms[1:], start=terms[0])))
        joined = [values[i] for i in self.sources[self.last] if i]
        if not joined:
            return brought[self.last]
        out = torch.cat(joined, dim=1)
        return out + brought[self.last] if self.last in brought else out


def _operation(name: str, width: int) -> nn.Module:
    if name == "maxpool3x3":
        return nn.MaxPool2d(3, 1, 1)
    return ConvBNReLU(width, width, 3 if name == "conv3x3-bn-relu" else 1)


class MatrixCellNetwork(nn.Module):
    """The whole net.

    Args:
        spec: The cell, pruned.
        inputs: Channels of the images.
        outputs: Classes.
        channels: Width of the first stack, at least as many as the cell has vertices.
        cells: Cells a stack.
    """

    def __init__(
        self, spec: ModelSpec, inputs: int, outputs: int, channels: int = 128, cells: int = 3
    ) -> None:
        super().__init__()
        parts: list[nn.Module] = [ConvBNReLU(inputs, channels, 3)]
        before = channels
        for stack in range(STACKS):
            width = channels * 2**stack
            if stack:
                parts.append(nn.MaxPool2d(2, ceil_mode=True))
            for _ in range(cells):
                parts.append(MatrixCell(before, width, spec))
                before = width
        self.body = nn.Sequential(*parts)
        self.head = nn.Linear(before, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, h, w) -> (batch, outputs)."""
        out: Tensor = self.head(self.body(x).mean(dim=(2, 3)))
        return out
