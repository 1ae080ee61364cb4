"""Benchmark tables: every row is a design that somebody has trained already.

A table answers in microseconds what would cost hours, so strategies are compared on it over many
seeds. A design is one text column that a named space reads (an arch string), or several columns,
each a parameter. Isomorphic cells stay apart: every row is a design of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.evaluator import Evaluator
from netwright.core.result import Result
from netwright.core.space import Space
from netwright.evaluators.columns import Columns


@dataclass(frozen=True)
class DesignTable:
    """Designs and what is known of each.

    Attributes:
        space: Where the designs live; `Tabulated` when the table holds only some of them.
        columns: What each column means.
        configs: n designs, each once.
        values: Column to (n,) numbers; NaN only in cheap scores.
    """

    space: Space
    columns: Columns
    configs: tuple[Config, ...]
    values: Mapping[str, NDArray[np.float64]]

    def __len__(self) -> int:
        return len(self.configs)

    @cached_property
    def _places(self) -> dict[Config, int]:
        return {config: place for place, config in enumerate(self.configs)}

    def place(self, config: Config) -> int | None:
        """The row of a design, None when the table does not hold it."""
        return self._places.get(config)

    def nearest(self, config: Config) -> int:
        """The row of a design, or the one of the design that is most like it: fewest choices
        apart, numbers by their place in their range; the first of equals."""
        place = self._places.get(config)
        if place is not None:
            return place
        own = self.space.encode([config])[0]
        return int(np.abs(self._codes - own).sum(axis=1).argmin())

    @cached_property
    def _codes(self) -> NDArray[np.float32]:
        return self.space.encode(self.configs).astype(np.float32)

    @property
    def validation(self) -> NDArray[np.float64]:
        """(n,), in natural sign."""
        return self.values[self.columns.validation]

    @property
    def test(self) -> NDArray[np.float64]:
        """(n,), in natural sign."""
        return self.values[self.columns.judged_by]

    @cached_property
    def costs(self) -> NDArray[np.float64]:
        """(n,) seconds of a full training; one each when no column says."""
        name = self.columns.cost
        return self.values[name] if name else np.ones(len(self))

    @cached_property
    def violations(self) -> dict[str, NDArray[np.float64]]:
        """Limit to (n,), above zero where it is broken."""
        return {
            str(limit): limit.violation(self.values[limit.column]) for limit in self.columns.limits
        }

    @cached_property
    def feasible(self) -> NDArray[np.bool_]:
        """(n,), true where every limit is kept."""
        kept = [values <= 0 for values in self.violations.values()]
        return np.logical_and.reduce([np.ones(len(self), dtype=bool), *kept])

    @cached_property
    def losses(self) -> NDArray[np.float64]:
        """(n, objectives), smaller is better."""
        signs = [-1.0 if d == "maximize" else 1.0 for _, d in self.columns.objectives]
        named = [self.values[name] for name, _ in self.columns.objectives]
        return np.column_stack(named) * signs

    @cached_property
    def optimum(self) -> int:
        """The row of the best validation that keeps every limit."""
        return int(np.where(self.feasible, self.losses[:, 0], np.inf).argmin())

    def cheap(self, config: Config) -> dict[str, float]:
        """The cheap scores of a design, higher is better; NaN where none is known."""
        place = self.place(config)
        found = {}
        for name in self.columns.cheap:
            column = name.removeprefix("-")
            value = float("nan") if place is None else float(self.values[column][place])
            found[name] = -value if name.startswith("-") else value
        return found


class TableEvaluator(Evaluator):
    """Looks a design up; one that the table does not hold is taken for its nearest one.

    Args:
        table: Where.
        cost_scale: The share of a full training that a query pays.
    """

    def __init__(self, table: DesignTable, cost_scale: float = 1.0) -> None:
        self.table = table
        self.cost_scale = cost_scale

    def evaluate(self, config: Config, context: Context) -> Result:
        """What the table says, at the table's cost."""
        table = self.table
        place = table.nearest(config)
        return Result(
            scores={name: float(table.values[name][place]) for name in table.columns.needed},
            cost=float(table.costs[place]) * self.cost_scale,
            constraints={name: float(v[place]) for name, v in table.violations.items()},
        )
