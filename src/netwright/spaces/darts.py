"""The search space of DARTS (Liu, Simonyan and Yang, ICLR 2019): four nodes, eight operations.

While searching by gradients every edge mixes all eight; a design keeps the two strongest inputs of
every node and never `none`, which leaves seven operations and about 10^18 designs.
"""

from __future__ import annotations

from netwright.spaces.cell import NONE
from netwright.spaces.node_cell import NodeCells

PRIMITIVES = (
    "none",
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
"""What an edge of the supernet mixes."""


class DARTS(NodeCells):
    """Designs of DARTS.

    Published for CIFAR-10 with 36 channels and 20 cells, for ImageNet with 48 channels and 14 cells
    for large pictures; both with the second head.

    Args:
        channels: Width of a node in the first cells.
        cells: Cells in the net, two of which reduce.
        auxiliary: Whether a second head helps the training.
        large: Whether pictures are made eight times smaller first, as for ImageNet.
    """

    def __init__(
        self, channels: int = 8, cells: int = 5, auxiliary: bool = False, large: bool = False
    ) -> None:
        operations = [name for name in PRIMITIVES if name != NONE]
        super().__init__(4, operations, channels, cells, auxiliary, large)
