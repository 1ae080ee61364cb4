"""Small real tasks and spaces: quick, seeded, and with every kind of column and condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netwright.core.combining import Branch, Repeated
from netwright.core.config import Config
from netwright.core.space import Categorical, Chooser, Float, Int, Ordinal, Parameters, Space
from netwright.core.target import Kind
from netwright.core.task import Column, Schema, Task

COLOURS = ("red", "green", "blue", "grey")
WORDS = ("apple", "river", "stone", "cloud", "paper", "tiger", "lemon", "glass")


@dataclass(frozen=True)
class ToyTable:
    """Rows as learners see them; the shape of `netwright.data.table.Table` without its files."""

    features: pd.DataFrame
    target: NDArray[Any] | None = None
    weight: NDArray[np.float64] | None = None
    group: NDArray[np.int64] | None = None
    time: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.features)

    def rows(self, index: NDArray[np.int64]) -> ToyTable:
        """Some of the rows."""
        weight = None if self.weight is None else self.weight[index]
        target = None if self.target is None else self.target[index]
        return ToyTable(self.features.iloc[index].reset_index(drop=True), target, weight)


def toy_task(kind: Kind = "binary", rows: int = 160, seed: int = 0, rich: bool = True) -> Task:
    """A task whose target depends on a number, a category and a text.

    Args:
        kind: Kind of task.
        rows: How many.
        seed: Decides them.
        rich: Whether there are also missing values, a date and a text.
    """
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.normal(size=rows), "noise": rng.normal(size=rows)})
    columns = [Column("x", "number"), Column("noise", "number", optional=rich)]
    codes = rng.integers(0, len(COLOURS), rows)
    frame["colour"] = pd.Categorical.from_codes(codes, pd.Index(COLOURS))
    columns.append(Column("colour", "category", categories=COLOURS))
    signal = 1.5 * frame["x"].to_numpy() + (codes == 1) - (codes == 2)
    if rich:
        frame.loc[rng.random(rows) < 0.1, "noise"] = np.nan
        days = rng.integers(0, 900, rows).astype("timedelta64[D]")
        frame["day"] = np.datetime64("2021-01-01", "us") + days
        picked = rng.integers(0, len(WORDS), (rows, 4))
        frame["note"] = [" ".join(WORDS[i] for i in row) for row in picked]
        frame["note"] = frame["note"].astype(object)
        columns += [Column("day", "date"), Column("note", "text")]
        signal = signal + (picked == 0).any(axis=1)
    target: NDArray[Any] = signal + 0.3 * rng.normal(size=rows)
    classes: tuple[Any, ...] = ()
    if kind != "regression":
        parts = 2 if kind == "binary" else 3
        edges = np.quantile(target, np.linspace(0, 1, parts + 1)[1:-1])
        target = np.searchsorted(edges, target).astype(np.int64)
        classes = ("no", "yes") if kind == "binary" else ("a", "b", "c")
    metric = "rmse" if kind == "regression" else "log_loss"
    data = ToyTable(frame, target)
    return Task("toy", kind, "y", Schema(tuple(columns)), metric, classes, data=data)


class RepeatedBlocks(Space):
    """A number of layers, and a width for each: later questions depend on an earlier number."""

    def configure(self, choose: Chooser) -> Config:
        """Asks for the depth, then for every width."""
        depth = choose.suggest_int("depth", 1, 3)
        widths = {
            f"width{i}": choose.suggest_int(f"width{i}", 4, 64, log=True) for i in range(depth)
        }
        return Config({"depth": depth, **widths})


def toy_spaces() -> dict[str, Space]:
    """One of each shape: plain, conditional, repeated, discrete."""
    return {
        "plain": Parameters({"x": Float(-2, 2), "n": Int(1, 9), "lr": Float(1e-4, 1, log=True)}),
        "conditional": toy_space(),
        "repeated": RepeatedBlocks(),
        "discrete": Parameters(
            {
                "a": Categorical(("p", "q", "r")),
                "b": Categorical((0, 1)),
                "c": Int(0, 6, step=2),
                "d": Ordinal((0.1, 0.3, 1.0)),
            }
        ),
        "blocks": Repeated("layers", Parameters({"width": Ordinal((8, 16, 32))}), 0, 3),
    }


def toy_space() -> Space:
    """Two sub-spaces, one of which has a condition of its own."""
    right = Parameters(
        {"mode": Categorical(("slow", "fast")), "gear": Int(1, 5), "turbo": Float(0, 1)},
        when={"turbo": ("mode", "fast")},
    )
    return Branch("side", {"left": Parameters({"x": Float(-1, 1)}), "right": right})


def toy_loss(config: Config) -> float:
    """A number for any configuration of `toy_spaces`; smaller is better."""
    total = 0.0
    for name, value in sorted(config.items()):
        if isinstance(value, (int, float)):
            total += (float(value) - 0.3) ** 2 / (1 + abs(float(value)))
        else:
            total += len(str(value)) * 0.1 + len(name) * 0.01
    return total
