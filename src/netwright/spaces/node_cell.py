"""Spaces of normal and reduction cells: every node takes two inputs and sums what it makes of them.

A cell's node takes an unordered pair of different earlier nodes, the cell's own two inputs among
them, and does an operation to each; so node i, counted from 0, has C(i + 2, 2) * operations^2
choices. Nodes are named as in DARTS: inputs are 0 and 1, nodes start at 2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING

from netwright.core.config import Config, Value
from netwright.core.domains import Chooser
from netwright.core.errors import ConfigError
from netwright.core.task import Task
from netwright.nn.genotype import Genes, Genotype
from netwright.spaces.cell import NONE
from netwright.spaces.nets import Graph, NetSpace

if TYPE_CHECKING:
    from torch import nn

    from netwright.nn.mixed_operation import Options

OPERATIONS = (
    "conv_1x1",
    "conv_3x3",
    "conv_5x5",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
)
"""What `cell` chooses from unless told otherwise."""
CELLS = ("normal", "reduce")


def survey_count(operations: int, nodes: int) -> int:
    """Pairs of cells as He, Zhao and Chu's survey counts them: (M^B (B + 2)!)^4.

    It tells the two inputs of a node apart, so it is larger than `NodeCells.size`.
    """
    return int((operations**nodes * math.factorial(nodes + 2)) ** 4)


class NodeCells(NetSpace):
    """A normal and a reduction cell, repeated into a net.

    Args:
        nodes: How many a cell has, its two inputs not counted.
        operations: What may be done to an input, by their names in `netwright.nn.operations`.
        channels: Width of a node in the first cells.
        cells: Cells in the net, two of which reduce.
        auxiliary: Whether a second head helps the training.
        large: Whether pictures are made eight times smaller first, as for ImageNet.
    """

    def __init__(
        self,
        nodes: int = 4,
        operations: Sequence[str] = OPERATIONS,
        channels: int = 8,
        cells: int = 5,
        auxiliary: bool = False,
        large: bool = False,
    ) -> None:
        if nodes < 1 or cells < 3 or channels < 2 or not operations:
            raise ConfigError(
                "Cells need a node, an operation, two channels and a net of three cells. Got "
                f"nodes={nodes}, operations={list(operations)}, channels={channels}, cells={cells}."
            )
        self.nodes = range(2, 2 + nodes)
        self.operations = tuple(operations)
        self.channels, self.cells = channels, cells
        self.auxiliary, self.large = auxiliary, large

    def configure(self, choose: Chooser) -> Config:
        """Asks for every node's pair of inputs and what is done to each."""
        chosen: dict[str, Value] = {}
        for name, node in [(f"{c}.node{n}", n) for c in CELLS for n in self.nodes]:
            pairs = [f"{i}+{j}" for i, j in combinations(range(node), 2)]
            chosen[f"{name}.inputs"] = choose.suggest_categorical(f"{name}.inputs", pairs)
            for operation in (f"{name}.op1", f"{name}.op2"):
                chosen[operation] = choose.suggest_categorical(operation, list(self.operations))
        return Config(chosen)

    def cell_size(self) -> int:
        """How many designs one cell has."""
        return math.prod(math.comb(node, 2) * len(self.operations) ** 2 for node in self.nodes)

    def size(self) -> int:
        """Every normal cell with every reduction cell."""
        return self.cell_size() ** len(CELLS)

    def canonical(self, config: Config) -> Hashable:
        """What both cells compute, whatever their nodes are numbered."""
        return tuple(self._form(self._genes(config, cell)) for cell in CELLS)

    @staticmethod
    def _form(genes: Genes) -> tuple[str, ...]:
        forms = ["0", "1"]
        for place in range(0, len(genes), 2):
            pair = genes[place : place + 2]
            terms = sorted(f"{name}({forms[source]})" for name, source in pair if name != NONE)
            forms.append("+".join(terms))
        return tuple(sorted(forms[2:]))

    def _genes(self, config: Config, cell: str) -> Genes:
        genes: list[tuple[str, int]] = []
        for node in self.nodes:
            name = f"{cell}.node{node}"
            sources = str(config[f"{name}.inputs"]).split("+")
            for place, source in enumerate(sources, start=1):
                genes.append((str(config[f"{name}.op{place}"]), int(source)))
        return tuple(genes)

    def genotype(self, config: Config) -> Genotype:
        """A design as DARTS writes it; all nodes are delivered."""
        normal, reduce = (self._genes(config, cell) for cell in CELLS)
        return Genotype(normal, tuple(self.nodes), reduce, tuple(self.nodes))

    def build(self, config: Config, task: Task) -> nn.Module:
        """The published net around the two cells (torch is loaded here, not before)."""
        from netwright.nn.node_cell import node_cell

        return self._around(partial(node_cell, self.genotype(config)), task)

    def relax(self, task: Task, options: Options) -> nn.Module:
        """The same net around cells whose nodes take every earlier one by every operation.

        Also by `none`, which no design has: an input that counts little is shown by it.
        """
        from netwright.nn.node_cell import NodeCell, Place

        operations = [NONE, *(name for name in self.operations if name != NONE)]
        pairs = [(node, source) for node in self.nodes for source in range(node)]

        def cell(place: Place) -> NodeCell:
            kind = CELLS[place.reduces]
            edges = []
            for node, source in pairs:
                name, stride = f"{kind}.{node}<-{source}", place.stride(source)
                at = f"{kind}.{node}"
                made = options.edge(name, operations, place.channels, stride, node=at)
                edges.append((node, source, made))
            return NodeCell(edges, tuple(self.nodes), place)

        return self._around(cell, task)

    def strongest(self, strengths: Mapping[str, Mapping[str, float]]) -> Config:
        """Every node keeps the two inputs with the strongest operations, `none` not counted."""
        chosen: dict[str, Value] = {}
        for cell, node in [(cell, node) for cell in CELLS for node in self.nodes]:
            best: dict[int, tuple[float, str]] = {}
            for source in range(node):
                of = strengths[f"{cell}.{node}<-{source}"]
                best[source] = max((value, name) for name, value in of.items() if name != NONE)
            pair = sorted(sorted(best, key=lambda source: -best[source][0])[:2])
            name = f"{cell}.node{node}"
            chosen[f"{name}.inputs"] = "+".join(map(str, pair))
            chosen |= {f"{name}.op{n}": best[source][1] for n, source in enumerate(pair, start=1)}
        return self.complete(chosen)

    def _around(self, cell: Callable[..., nn.Module], task: Task) -> nn.Module:
        from netwright.nn.node_cell import NodeCellNetwork

        return NodeCellNetwork(
            cell,  # type: ignore[arg-type]
            task.input_shape[0],
            task.outputs,
            self.channels,
            self.cells,
            self.auxiliary,
            self.large,
        )

    def graphs(self, config: Config) -> list[Graph]:
        """Both cells."""
        names = ["input 0", "input 1", *(f"node {node}" for node in self.nodes)]
        drawn = []
        for cell in CELLS:
            edges = [
                (names[source], names[2 + place // 2], operation)
                for place, (operation, source) in enumerate(self._genes(config, cell))
            ]
            edges += [(name, "output", "concat") for name in names[2:]]
            drawn.append(Graph(f"{cell} cell", (*names, "output"), tuple(edges)))
        return drawn

    def to_text(self, config: Config) -> str:
        """The published genotype."""
        return str(self.genotype(config))

    def from_text(self, text: str) -> Config:
        """The design of a genotype; a node's two inputs may stand in either order.

        Raises:
            ConfigError: It is none, or none of this space.
        """
        genotype = Genotype.parse(text)
        everything = tuple(self.nodes)
        if {genotype.normal_concat, genotype.reduce_concat} != {everything} or not (
            len(genotype.normal) == len(genotype.reduce) == 2 * len(self.nodes)
        ):
            raise ConfigError(
                f"Cells of this space have {len(self.nodes)} nodes and deliver nodes "
                f"{list(everything)}. Got {text[:80]!r}."
            )
        chosen: dict[str, Value] = {}
        for cell, genes in zip(CELLS, (genotype.normal, genotype.reduce), strict=True):
            for place, node in enumerate(self.nodes):
                pair = sorted(genes[2 * place : 2 * place + 2], key=lambda gene: gene[1])
                name = f"{cell}.node{node}"
                chosen[f"{name}.inputs"] = "+".join(str(source) for _, source in pair)
                chosen |= {f"{name}.op{n}": gene[0] for n, gene in enumerate(pair, start=1)}
        return self.complete(chosen)
