"""Parts of dates in ONNX, from seconds since 1970.

Days become years, months and days as in Hinnant, "chrono-compatible low-level date algorithms",
2013 (`civil_from_days`): years that begin in March have their leap day at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from netwright.export.graph import Graph
from netwright.features.dates import CYCLES, DateParts

DAY = 86_400.0
MARCH_0000 = 719_468
"""Days from the first of March of the year 0 to 1970."""
ERA = 146_097
"""Days of 400 years."""
JANUARY = 306
"""The first of January as a day of a year that begins in March, whose first is day 0."""


def date_parts(graph: Graph, encoder: DateParts, columns: Mapping[str, str]) -> str:
    """What the encoder makes of dates.

    Args:
        graph: Grows.
        encoder: Fitted.
        columns: Column to seconds since 1970 (rows, 1), float64; those not finite are missing.

    Returns:
        Float64 parts (rows, parts), NaN where missing.
    """
    told = graph.columns(columns[name] for name in encoder.columns)
    missing = graph.add("Or", graph.add("IsNaN", told), graph.add("IsInf", told))
    seconds = graph.add("Where", missing, 0.0, told)
    gap = graph.add("Where", missing, float("nan"), 0.0)
    parts = _parts(graph, seconds)
    if encoder.cycles:
        parts |= _cycles(graph, parts)
    names = [f"{column}.{part}" for part in parts for column in encoder.columns]
    wide = graph.columns(
        graph.add("Add", graph.cast(part, np.float64), gap) for part in parts.values()
    )
    kept = np.array([names.index(name) for name in encoder.kept], dtype=np.int64)
    return graph.add("Gather", wide, kept, axis=1)


def _parts(graph: Graph, seconds: str) -> dict[str, str]:
    """Each of `features.dates.PARTS`; `days` in doubles, the others whole numbers."""
    days = graph.add("Div", seconds, DAY)
    whole = graph.add("Floor", days)
    rest = graph.add("Sub", seconds, graph.add("Mul", whole, DAY))
    minutes = _Whole(graph, graph.cast(graph.add("Floor", graph.add("Div", rest, 60.0)), np.int64))
    calendar = _calendar(_Whole(graph, graph.cast(whole, np.int64)))
    parts = calendar | {"hour": minutes // 60, "minute": minutes % 60}
    return {"days": days} | {name: part.name for name, part in parts.items()}


def _calendar(days: _Whole) -> dict[str, _Whole]:
    """What whole days since 1970 are in the calendar."""
    z = days + MARCH_0000
    doe = z % ERA  # day of the era
    yoe = (doe - doe // 1460 + doe // 36_524 - doe // 146_096) // 365  # year of the era
    y = z // ERA * 400 + yoe
    doy = z - _first_of_march(y)
    mp = (doy * 5 + 2) // 153  # months since March
    year = y + mp // 10
    return {
        "year": year,
        "month": (mp + 2) % 12 + 1,
        "day": doy - (mp * 153 + 2) // 5 + 1,
        "day_of_week": (days + 3) % 7,  # 1970 began on a Thursday
        "day_of_year": z - _first_of_march(year - 1) - (JANUARY - 1),
    }


def _first_of_march(year: _Whole) -> _Whole:
    """As days since the first of March of the year 0."""
    return year * 365 + year // 4 - year // 100 + year // 400


def _cycles(graph: Graph, parts: Mapping[str, str]) -> dict[str, str]:
    """Sines and cosines of parts that come round, looked up."""
    found = {}
    for part, period in CYCLES.items():
        angles = 2 * np.pi * np.arange(period + 1) / period
        found[f"{part}.sin"] = graph.add("Gather", np.sin(angles), parts[part], axis=0)
        found[f"{part}.cos"] = graph.add("Gather", np.cos(angles), parts[part], axis=0)
    return found


@dataclass(frozen=True)
class _Whole:
    """A tensor of whole numbers that are not negative, to calculate with as in formulas."""

    graph: Graph
    name: str

    def __add__(self, other: _Whole | int) -> _Whole:
        return self._with("Add", other)

    def __sub__(self, other: _Whole | int) -> _Whole:
        return self._with("Sub", other)

    def __mul__(self, other: int) -> _Whole:
        return self._with("Mul", other)

    def __floordiv__(self, other: int) -> _Whole:
        return self._with("Div", other)

    def __mod__(self, other: int) -> _Whole:
        return self._with("Mod", other)

    def _with(self, operation: str, other: _Whole | int) -> _Whole:
        value = other.name if isinstance(other, _Whole) else other
        return _Whole(self.graph, self.graph.add(operation, self.name, value))
