"""Designs as a device sees them: which operations there are, and which of them really run.

A runtime that compiles a graph drops what its output does not depend on, one that obeys Python
runs everything; so both pictures are given, and whoever learns from them finds out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netwright.core.config import Config
from netwright.core.space import Space

if TYPE_CHECKING:
    Edges = Sequence[tuple[str, str, str]]

NOTHING = "none"
FREE = ("none", "skip_connect")
"""Operations that take no step in time."""


class Features:
    """Turns designs of one space into blocks of numbers.

    Args:
        space: Theirs; where it draws its designs (`graphs`), the drawings are read too.
        configs: The designs that decide which columns there are, and their scale.
    """

    def __init__(self, space: Space, configs: Sequence[Config]) -> None:
        self.space = space
        counted = [described(self.space, config) for config in configs]
        self.columns = [
            sorted({name for row in counted for name in row[block]})
            for block in range(len(counted[0]))
        ]
        blocks = self._raw(configs)
        self.means = [block.mean(axis=0) for block in blocks]
        self.scales = [block.std(axis=0) for block in blocks]

    def blocks(self, configs: Sequence[Config]) -> list[NDArray[np.float64]]:
        """The choices; then operations counted, those that run, and those that run counted.

        Returns:
            Arrays (n, width) of columns with mean zero and variance one over the first designs;
            columns that were constant there are left out, and so are blocks without columns.
        """
        scaled = [
            (block - mean)[:, scale > 1e-9] / scale[scale > 1e-9]
            for block, mean, scale in zip(self._raw(configs), self.means, self.scales, strict=True)
        ]
        return [block for block in scaled if block.shape[1]]

    def _raw(self, configs: Sequence[Config]) -> list[NDArray[np.float64]]:
        counted = [described(self.space, config) for config in configs]
        drawn = [
            np.array([[row[block].get(name, 0) for name in names] for row in counted], float)
            for block, names in enumerate(self.columns)
        ]
        return [self.space.encode(configs), *drawn]


@lru_cache(maxsize=50_000)
def described(space: Space, config: Config) -> tuple[Mapping[str, float], ...]:
    """What is counted in the drawings of a design.

    Returns:
        Column to number, for all operations, those that run at their places, and those that run.
    """
    every: Counter[str] = Counter()
    places: Counter[str] = Counter()
    running: Counter[str] = Counter()
    draw: Any = getattr(space, "graphs", lambda config: [])
    for graph in draw(config):
        edges = [edge for edge in graph.edges if edge[2] != NOTHING]
        runs = used(edges, graph.nodes[0], graph.nodes[-1])
        every.update(what for _, _, what in edges)
        places.update(f"{graph.name}: {i} -> {j}: {what}" for i, j, what in runs)
        running.update(what for _, _, what in runs)
        running[f"depth of {graph.name}"] += depth(runs, graph.nodes)
    return every, places, running


def used(edges: Edges, source: str, output: str) -> list[tuple[str, str, str]]:
    """The edges (from, to, operation) that the output depends on.

    None where it does not depend on the source: a constant is computed once, before all else.
    """
    wanted, rest, kept = {output}, list(edges), []
    while found := [edge for edge in rest if edge[1] in wanted]:
        rest = [edge for edge in rest if edge[1] not in wanted]
        kept += found
        wanted |= {edge[0] for edge in found}
    return kept if source in wanted else []


def depth(edges: Edges, nodes: Iterable[str]) -> int:
    """The most operations one after another, those that cost nothing left out.

    Args:
        edges: (from, to, operation).
        nodes: In the order data flows.
    """
    reached: dict[str, int] = {}
    for node in nodes:
        ways = [reached[i] + (what not in FREE) for i, j, what in edges if j == node]
        reached[node] = max(ways, default=0)
    return max(reached.values(), default=0)
