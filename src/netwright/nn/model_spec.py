"""Cells of NAS-Bench-101 (Ying et al., ICML 2019) as matrices: what is valid, and which are alike.

Vertices carry operations and edges carry maps; vertex 0 is the input and the last one the output.
A cell has at most seven vertices and nine edges once everything that lies on no way from the input
to the output is pruned. Nothing here needs torch.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import md5
from itertools import combinations

from netwright.core.errors import ConfigError, unknown_name

OPERATIONS = ("conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3")
INPUT, OUTPUT = "input", "output"
MOST_VERTICES, MOST_EDGES = 7, 9

_WRITTEN = re.compile(r"ModelSpec\(matrix=(\[.*\]), ops=(\[.*\])\)")


@dataclass(frozen=True)
class ModelSpec:
    """A cell.

    Attributes:
        matrix: Upper triangular; `matrix[i][j]` is 1 where there is an edge from i to j.
        ops: What every vertex does, `input` first and `output` last.
    """

    matrix: tuple[tuple[int, ...], ...]
    ops: tuple[str, ...]

    def __post_init__(self) -> None:
        size = len(self.ops)
        triangular = len(self.matrix) == size and all(
            len(row) == size and not any(row[: i + 1]) and set(row) <= {0, 1}
            for i, row in enumerate(self.matrix)
        )
        if size < 2 or not triangular or (self.ops[0], self.ops[-1]) != (INPUT, OUTPUT):
            raise ConfigError(
                "A NAS-Bench-101 cell is an upper triangular matrix of zeros and ones and an "
                f"operation a vertex, from 'input' to 'output'. Got {self}."
            )
        for name in self.ops[1:-1]:
            if name not in OPERATIONS:
                raise unknown_name("operation", name, OPERATIONS)

    @classmethod
    def of(cls, edges: set[tuple[int, int]], ops: tuple[str, ...]) -> ModelSpec:
        """The cell with some edges (from, to)."""
        vertices = range(len(ops))
        return cls(tuple(tuple(int((i, j) in edges) for j in vertices) for i in vertices), ops)

    @classmethod
    def parse(cls, text: str) -> ModelSpec:
        """Reads what `str` wrote, which is how the benchmark's own code says it.

        Raises:
            ConfigError: It is not one.
        """
        found = _WRITTEN.fullmatch(text.strip())
        try:
            if found is None:
                raise ValueError("not of this form")
            matrix, ops = (ast.literal_eval(part) for part in found.groups())
            return cls(tuple(tuple(map(int, row)) for row in matrix), tuple(map(str, ops)))
        except (ValueError, TypeError, SyntaxError) as error:
            raise ConfigError(
                "A NAS-Bench-101 cell is written ModelSpec(matrix=[[0, 1], [0, 0]], "
                f"ops=['input', 'output']). Got {text[:80]!r}."
            ) from error

    def __str__(self) -> str:
        return f"ModelSpec(matrix={[list(row) for row in self.matrix]}, ops={list(self.ops)})"

    @cached_property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """(from, to)."""
        return tuple((i, j) for i, j in combinations(range(len(self.ops)), 2) if self.matrix[i][j])

    def pruned(self) -> ModelSpec | None:
        """Without the vertices that lie on no way from input to output; None without any way."""
        last = len(self.ops) - 1
        reached, useful = {0}, {last}
        for i, j in sorted(self.edges):
            if i in reached:
                reached.add(j)
        for i, j in sorted(self.edges, reverse=True):
            if j in useful:
                useful.add(i)
        if last not in reached:
            return None
        kept = sorted(reached & useful)
        matrix = tuple(tuple(self.matrix[i][j] for j in kept) for i in kept)
        return ModelSpec(matrix, tuple(self.ops[i] for i in kept))

    @property
    def valid(self) -> bool:
        """Whether the benchmark would take it."""
        cell = self.pruned()
        if cell is None:
            return False
        return len(cell.ops) <= MOST_VERTICES and len(cell.edges) <= MOST_EDGES

    def fingerprint(self) -> str:
        """The published hash of a pruned cell: isomorphic cells have the same, others another.

        Every vertex starts with its degrees and its label, and then takes in its neighbours, as
        often as there are vertices.
        """
        vertices = range(len(self.ops))
        into = [[i for i in vertices if self.matrix[i][j]] for j in vertices]
        out = [[j for j in vertices if self.matrix[i][j]] for i in vertices]
        labels = [-1, *(OPERATIONS.index(name) for name in self.ops[1:-1]), -2]
        hashes = [_digest(str((len(out[v]), len(into[v]), labels[v]))) for v in vertices]
        for _ in vertices:
            hashes = [
                _digest(
                    "".join(sorted(hashes[i] for i in into[v]))
                    + "|"
                    + "".join(sorted(hashes[j] for j in out[v]))
                    + "|"
                    + hashes[v]
                )
                for v in vertices
            ]
        return _digest(str(sorted(hashes)))


def _digest(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
