"""What the columns of a table of designs mean."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netwright.core.errors import ConfigError, DataError, unknown_name
from netwright.data.values import BLANKS, is_textual

_LIMIT = re.compile(r"^\s*(?P<column>.+?)\s*(?P<side><=|>=)\s*(?P<bound>\S+)\s*$")


@dataclass(frozen=True)
class Limit:
    """A column that must stay on one side of a bound.

    Attributes:
        column: What is limited.
        side: `<=` or `>=`.
        bound: In the column's unit; the bound itself is allowed.
    """

    column: str
    side: str
    bound: float

    @classmethod
    def parse(cls, text: str) -> Limit:
        """Reads `COLUMN<=NUMBER` or `COLUMN>=NUMBER`.

        Raises:
            ConfigError: It is written differently.
        """
        found = _LIMIT.match(text)
        bound = _number(found["bound"]) if found else float("nan")
        if found is None or not np.isfinite(bound):
            raise ConfigError(f"A limit is written 'COLUMN<=NUMBER' or '>='. Got {text!r}.")
        return cls(found["column"], found["side"], bound)

    def __str__(self) -> str:
        return f"{self.column}{self.side}{self.bound:g}"

    def violation(self, values: NDArray[Any]) -> NDArray[Any]:
        """How far each value is beyond the bound; zero or less is allowed."""
        return values - self.bound if self.side == "<=" else self.bound - values


@dataclass(frozen=True)
class Columns:
    """Which column says what about a design.

    Attributes:
        validation: What a search sees and makes good.
        test: What the found design is judged by; the validation itself when None.
        cost: Seconds of a full training.
        minimise: Further objectives, all to be made small.
        limits: What a design must keep.
        cheap: Scores that cost nothing, higher is better; `-NAME` where lower is.
        direction: Whether validation and test are made large (accuracies) or small (losses).
    """

    validation: str
    test: str | None = None
    cost: str | None = None
    minimise: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    cheap: tuple[str, ...] = ()
    direction: str = "maximize"

    def __post_init__(self) -> None:
        if self.direction not in ("maximize", "minimize"):
            raise ConfigError(
                f"A direction is 'maximize' or 'minimize'. Got {self.direction!r} instead."
            )
        objectives = [self.validation, *self.minimise]
        if len(set(objectives)) < len(objectives):
            raise ConfigError(f"Every objective needs a column of its own. Got {objectives}.")

    @property
    def judged_by(self) -> str:
        """The column of the final judgement."""
        return self.test or self.validation

    @property
    def objectives(self) -> list[tuple[str, str]]:
        """Name and direction of each objective, the validation first."""
        return [(self.validation, self.direction), *((name, "minimize") for name in self.minimise)]

    @property
    def needed(self) -> list[str]:
        """Columns in which every row must have a number."""
        limited = [limit.column for limit in self.limits]
        named = [self.validation, self.judged_by, *self.minimise, *limited]
        return list(dict.fromkeys([*named, *([self.cost] if self.cost else [])]))


def known_column(frame: pd.DataFrame, name: str) -> str:
    """The name, if the table has such a column.

    Raises:
        UnknownName: It has not; the message lists the near ones.
    """
    if name not in frame.columns:
        raise unknown_name("column", name, frame.columns)
    return name


def numbers(frame: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """Columns as real numbers, NaN where empty or infinite.

    Raises:
        UnknownName: No such column.
        DataError: A column holds something that is not a number.
    """
    return pd.DataFrame({name: _numeric(frame[known_column(frame, name)]) for name in names})


def without_blanks(column: pd.Series[Any]) -> pd.Series[Any]:
    """The column with every spelling of 'nothing here' missing."""
    return column.mask(column.isin(BLANKS)) if is_textual(column) else column


def _numeric(column: pd.Series[Any]) -> pd.Series[Any]:
    column = without_blanks(column)
    read = pd.to_numeric(column, errors="coerce").astype(float)
    wrong = column[read.isna() & column.notna()]
    if len(wrong):
        raise DataError(
            f"Column {column.name!r} must hold numbers; row {wrong.index[0]} "
            f"holds {wrong.iloc[0]!r}."
        )
    return read.where(np.isfinite(read))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
