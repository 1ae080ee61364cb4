"""Dates as numbers: how long ago, and where in the year, the week and the day."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netwright.features.encoder import Encoder, State, Target

PARTS = ("days", "year", "month", "day", "day_of_week", "day_of_year", "hour", "minute")
CYCLES = {"month": 12, "day_of_week": 7, "hour": 24}


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

    def fit_transform(self, frame: pd.DataFrame, target: Target) -> NDArray[np.float32]:
        """Finds out which parts vary."""
        parts = self._all(frame)
        self.kept = [name for name, values in parts.items() if np.nanstd(values) > 0]
        return self._stack(parts, len(frame))

    def transform(self, frame: pd.DataFrame) -> NDArray[np.float32]:
        """The same parts of other rows."""
        return self._stack(self._all(frame), len(frame))

    def names(self) -> list[str]:
        """`column.part`."""
        return self.kept

    def _stack(self, parts: dict[str, NDArray[Any]], rows: int) -> NDArray[np.float32]:
        kept = [parts[name] for name in self.kept]
        return np.column_stack(kept).astype(np.float32) if kept else np.empty((rows, 0), np.float32)

    def _all(self, frame: pd.DataFrame) -> dict[str, NDArray[Any]]:
        found: dict[str, NDArray[Any]] = {}
        for column in self.columns:
            stamps = frame[column].dt
            days = (frame[column] - pd.Timestamp(1970, 1, 1)) / pd.Timedelta(days=1)
            found[f"{column}.days"] = days.to_numpy()
            for part in PARTS[1:]:
                values = getattr(stamps, part).to_numpy(dtype=np.float64, na_value=np.nan)
                found[f"{column}.{part}"] = values
                if self.cycles and part in CYCLES:
                    angle = 2 * np.pi * values / CYCLES[part]
                    found[f"{column}.{part}.sin"] = np.sin(angle)
                    found[f"{column}.{part}.cos"] = np.cos(angle)
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
