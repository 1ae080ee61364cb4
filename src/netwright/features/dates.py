"""Dates as numbers: how long ago, and where in the year, the week and the day."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netwright.features.encoder import Encoder, State, Target

PARTS = ("days", "year", "month", "day", "day_of_week", "day_of_year", "hour", "minute")
CYCLES = {"month": 12, "day_of_week": 7, "hour": 24}
DAY = 86_400.0
"""Seconds."""


class DateParts(Encoder):
    """Days since 1970 and calendar parts, of which only those that vary are kept.

    Args:
        columns: Date columns.
        cycles: Add sine and cosine of month, weekday and hour, for learners that think in lines.
    """

    def __init__(self, columns: list[str], cycles: bool = False) -> None:
        self.columns = columns
        self.cycles = cycles
        self.kept: list[str] = []

    def fit_transform(self, frame: pd.DataFrame, target: Target) -> NDArray[np.float64]:
        """Finds out which parts vary."""
        parts = self._all(frame)
        self.kept = [name for name, values in parts.items() if np.nanstd(values) > 0]
        return self._stack(parts, len(frame))

    def transform(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """The same parts of other rows."""
        return self._stack(self._all(frame, self.kept), len(frame))

    def names(self) -> list[str]:
        """`column.part`."""
        return self.kept

    def _stack(self, parts: dict[str, NDArray[Any]], rows: int) -> NDArray[np.float64]:
        kept = [parts[name] for name in self.kept]
        return np.column_stack(kept) if kept else np.empty((rows, 0))

    def _all(
        self, frame: pd.DataFrame, wanted: Collection[str] | None = None
    ) -> dict[str, NDArray[np.float64]]:
        """Each part that is wanted, or all of them, by its name."""
        found: dict[str, Any] = {}
        for column in self.columns:
            stamps = frame[column]
            days = (stamps - pd.Timestamp(1970, 1, 1)).dt.total_seconds() / DAY
            found[f"{column}.days"] = days.to_numpy()
            for part in PARTS[1:]:
                names = _names(column, part, self.cycles)
                if wanted is not None and not any(name in wanted for name in names):
                    continue
                values = getattr(stamps.dt, part).to_numpy(dtype=np.float64, na_value=np.nan)
                angle = 2 * np.pi * values / CYCLES.get(part, 1)
                made = (values, np.sin(angle), np.cos(angle)) if len(names) > 1 else (values,)
                found |= dict(zip(names, made, strict=True))
        return {name: np.asarray(values, dtype=np.float64) for name, values in found.items()}

    def state(self) -> State:
        """Columns and the parts kept."""
        return {"columns": self.columns, "cycles": self.cycles, "kept": self.kept}, {}

    @classmethod
    def from_state(cls, facts: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> DateParts:
        """Restores."""
        made = cls(facts["columns"], facts["cycles"])
        made.kept = facts["kept"]
        return made


def _names(column: str, part: str, cycles: bool) -> tuple[str, ...]:
    """What a part of a column's dates is called, and the sine and cosine that go with it."""
    name = f"{column}.{part}"
    return (name, f"{name}.sin", f"{name}.cos") if cycles and part in CYCLES else (name,)
