"""The cell space of NAS-Bench-101 (Ying et al., ICML 2019): 423,624 different cells.

The benchmark draws matrices until one is valid; here every answer is. Each vertex first takes one
earlier vertex, so that something always flows, and then some more edges are added one by one, each
only if the pruned cell still has at most nine. Every cell of the benchmark can be reached, most in
several ways: `canonical` tells which designs are the same cell.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from itertools import combinations
from typing import TYPE_CHECKING

from netwright.core.config import Config, Value
from netwright.core.domains import Chooser
from netwright.core.errors import ConfigError
from netwright.core.task import Task
from netwright.nn.model_spec import INPUT, MOST_EDGES, MOST_VERTICES, OPERATIONS, OUTPUT, ModelSpec
from netwright.spaces.nets import Graph, NetSpace

if TYPE_CHECKING:
    from torch import nn


class NASBench101(NetSpace):
    """Operations on the vertices of a directed acyclic graph.

    Args:
        channels: Width of the first stack; 128 as published.
        cells: Cells a stack; 3 as published.
        vertices: At most how many, from 3 to 7.
    """

    def __init__(self, channels: int = 16, cells: int = 2, vertices: int = MOST_VERTICES) -> None:
        if not 3 <= vertices <= MOST_VERTICES or channels < MOST_VERTICES or cells < 1:
            raise ConfigError(
                f"Cells of NAS-Bench-101 have 3 to 7 vertices, 7 channels or more and stand in "
                f"stacks of one or more. Got vertices={vertices}, channels={channels}, "
                f"cells={cells}."
            )
        self.channels, self.cells, self.vertices = channels, cells, vertices
        pairs = combinations(range(vertices), 2)
        self.edges = {f"{i}>{j}": (i, j) for i, j in pairs}
        extra = max(
            min(MOST_EDGES, math.comb(size, 2)) - (size - 1) for size in range(2, vertices + 1)
        )
        self.extra = [f"extra{number}" for number in range(1, extra + 1)]

    def configure(self, choose: Chooser) -> Config:
        """Asks what every vertex does and takes first, and which edges are added."""
        chosen: dict[str, Value] = {}
        for vertex in range(1, self.vertices - 1):
            name = f"vertex{vertex}.operation"
            chosen[name] = choose.suggest_categorical(name, list(OPERATIONS))
        for vertex in range(2, self.vertices):
            name = f"vertex{vertex}.from"
            chosen[name] = choose.suggest_categorical(name, list(range(vertex)))
        for name in self.extra:
            chosen[name] = choose.suggest_categorical(name, list(self.edges))
        return Config(chosen)

    def size(self) -> int:
        """Answers, not different cells."""
        operations = len(OPERATIONS) ** (self.vertices - 2)
        return int(
            operations * math.factorial(self.vertices - 1) * len(self.edges) ** len(self.extra)
        )

    def spec(self, config: Config) -> ModelSpec:
        """The pruned cell of a design."""
        inner = (str(config[f"vertex{v}.operation"]) for v in range(1, self.vertices - 1))
        ops = (INPUT, *inner, OUTPUT)
        edges = {(0, 1)}
        edges |= {(int(config[f"vertex{v}.from"] or 0), v) for v in range(2, self.vertices)}
        spec = ModelSpec.of(edges, ops)
        for name in self.extra:
            more = ModelSpec.of(edges | {self.edges[str(config[name])]}, ops)
            if more.valid:
                spec, edges = more, set(more.edges)
        pruned = spec.pruned()
        assert pruned is not None, "every vertex takes an earlier one"
        return pruned

    def canonical(self, config: Config) -> Hashable:
        """The published hash."""
        return self.spec(config).fingerprint()

    def build(self, config: Config, task: Task) -> nn.Module:
        """The published net around a cell (torch is loaded here, not before)."""
        from netwright.nn.nasbench101 import MatrixCellNetwork

        return MatrixCellNetwork(
            self.spec(config), task.input_shape[0], task.outputs, self.channels, self.cells
        )

    def graphs(self, config: Config) -> list[Graph]:
        """The cell, without what was pruned."""
        spec = self.spec(config)
        inner = (f"{v} {name}" for v, name in enumerate(spec.ops[1:-1], start=1))
        nodes = (INPUT, *inner, OUTPUT)
        return [Graph("cell", nodes, tuple((nodes[i], nodes[j], "") for i, j in spec.edges))]

    def to_text(self, config: Config) -> str:
        """The pruned cell as the benchmark's code writes it."""
        return str(self.spec(config))

    def from_text(self, text: str) -> Config:
        """A design of a cell, valid or with parts that will be pruned.

        Raises:
            ConfigError: It is no cell, or has too many vertices or edges, or no way through.
        """
        parsed = ModelSpec.parse(text)
        spec = parsed.pruned()
        if spec is None or not parsed.valid or len(spec.ops) > self.vertices:
            raise ConfigError(
                f"A cell has a way from input to output, at most {self.vertices} vertices and "
                f"{MOST_EDGES} edges. Got {text[:80]!r}."
            )
        end, last = len(spec.ops) - 1, self.vertices - 1  # unused vertices stand before the output
        edges = [(i, last if j == end else j) for i, j in spec.edges]
        first = {j: i for i, j in reversed(edges)}
        names = [f"{i}>{j}" for i, j in edges if first[j] != i]
        chosen: dict[str, Value] = {f"vertex{v}.from": first.get(v, 0) for v in range(2, last + 1)}
        for vertex in range(1, last):
            operation = spec.ops[vertex] if vertex < end else OPERATIONS[0]
            chosen[f"vertex{vertex}.operation"] = operation
        padded = names + ["0>1"] * (len(self.extra) - len(names))  # an edge that is there anyway
        return self.complete({**chosen, **dict(zip(self.extra, padded, strict=True))})
