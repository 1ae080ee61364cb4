"""Cells whose operations sit on the edges of a directed acyclic graph, as in NAS-Bench-201.

Node 0 is the input, every node j gets an edge from each node i < j, and the value of a node is the
sum of what its edges deliver. Edges are named `j<-i`, as in `{"1<-0": "skip_connect"}`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from netwright.core.config import Config
from netwright.core.domains import Chooser
from netwright.core.encoding import Encoder
from netwright.core.errors import ConfigError
from netwright.core.space import Space

if TYPE_CHECKING:
    import numpy as np

NONE = "none"
SKIP = "skip_connect"


class EdgeCell(Space):
    """One operation on every edge of a complete directed acyclic graph.

    Args:
        nodes: How many, the input among them.
        operations: What an edge may do; `none` delivers nothing, `skip_connect` passes on.
    """

    def __init__(self, nodes: int, operations: Sequence[str]) -> None:
        if nodes < 2 or not operations:
            raise ConfigError(
                f"A cell needs two nodes and an operation. Got {nodes} and {len(operations)}."
            )
        self.nodes = nodes
        self.operations = tuple(operations)
        self.edges = {(j, i): f"{j}<-{i}" for j in range(1, nodes) for i in range(j)}

    def configure(self, choose: Chooser) -> Config:
        """Asks for every edge's operation."""
        operations = list(self.operations)
        return Config({n: choose.suggest_categorical(n, operations) for n in self.edges.values()})

    def size(self) -> int:
        """Operations to the power of edges."""
        return int(len(self.operations) ** len(self.edges))

    def canonical(self, config: Config) -> Hashable:
        """What the cell computes, as nested sums: equal for isomorphic cells.

        Edges that deliver nothing are left out, skips are contracted, and neither the order of a
        sum matters nor where its brackets stand.
        """
        sums: list[list[str]] = [["x"]]
        for j in range(1, self.nodes):
            terms: list[str] = []
            for i in range(j):
                operation = str(config[self.edges[j, i]])
                if operation == SKIP:
                    terms += sums[i]
                elif operation != NONE and sums[i]:
                    terms.append(f"{operation}({'+'.join(sums[i])})")
            sums.append(sorted(terms))
        return "+".join(sums[-1])

    def paths(self) -> list[tuple[int, ...]]:
        """Every way from the input to the output, as the nodes it visits."""
        inner = range(1, self.nodes - 1)
        return [
            (0, *middle, self.nodes - 1)
            for length in range(self.nodes - 1)
            for middle in combinations(inner, length)
        ]

    def encode(self, configs: Sequence[Config], how: str = "one_hot") -> np.ndarray:
        """Cells as numbers.

        Args:
            configs: n cells.
            how: `one_hot` or `adjacency`, indicators of each edge's operation; `path`, one
                indicator for each sequence of operations that a path through the cell may have
                (BANANAS; White, Neiswanger and Savani, 2021), so that isomorphic cells are close.

        Returns:
            (n, width) of zeros and ones.
        """
        if how == "path":
            return self._encode_paths(configs)
        if how == "adjacency":
            how = "one_hot"
        return super().encode(configs, how)

    def _encode_paths(self, configs: Sequence[Config]) -> np.ndarray:
        """Sequences are numbered in base (operations that do something), shortest first."""
        import numpy as np

        real = [op for op in self.operations if op != NONE]
        codes = Encoder(self.domains()).codes(configs).astype(int)  # (n, edges)
        digit = np.array([real.index(op) if op != NONE else -1 for op in self.operations])[codes]
        column = {name: place for place, name in enumerate(self.edges.values())}
        lengths = [len(real) ** length for length in range(1, self.nodes)]
        starts = dict(zip(range(1, self.nodes), np.cumsum([0, *lengths]), strict=False))
        encoded = np.zeros((len(configs), sum(lengths)))
        for path in self.paths():
            edges = [column[self.edges[j, i]] for i, j in pairwise(path)]
            steps = digit[:, edges]
            place = starts[len(edges)] + steps @ (len(real) ** np.arange(len(edges)))
            alive = (steps >= 0).all(axis=1)
            encoded[alive, place[alive]] = 1
        return encoded
