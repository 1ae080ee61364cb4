"""The contract of everything that turns typed columns into numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Values: TypeAlias = Any
"""(rows, features) float32 (dates: float64): a numpy array, or a scipy CSR matrix (which has no
types)."""
State = tuple[dict[str, Any], dict[str, NDArray[Any]]]
"""What an encoder learned: JSON-able facts and arrays."""


@dataclass(frozen=True)
class Matrix:
    """Numbers for a learner.

    Attributes:
        values: (rows, features) float32, dense or sparse rows; missing numbers are NaN.
        names: What each feature is called.
        cardinalities: Feature position to number of categories, where a feature is a code
            (0 .. n-1, or NaN when missing or unknown).
    """

    values: Values
    names: list[str] = field(default_factory=list)
    cardinalities: dict[int, int] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and features."""
        return int(self.values.shape[0]), int(self.values.shape[1])


@dataclass(frozen=True)
class Target:
    """What encoders may know of the target: codes or numbers, how many outputs there are, and what
    each row weighs (None for all alike)."""

    values: NDArray[Any]
    outputs: int
    seed: int = 0
    weight: NDArray[np.float64] | None = None


class Encoder(ABC):
    """Turns some columns into numbers. Learns from training rows only."""

    @abstractmethod
    def fit_transform(self, frame: pd.DataFrame, target: Target) -> Values:
        """Learns, and encodes the training rows without letting a row see its own target."""

    @abstractmethod
    def transform(self, frame: pd.DataFrame) -> Values:
        """Encodes other rows."""

    @abstractmethod
    def names(self) -> list[str]:
        """Names of the features it makes."""

    @abstractmethod
    def state(self) -> State:
        """What it learned, to be given back to `from_state`."""

    @classmethod
    @abstractmethod
    def from_state(cls, facts: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Encoder:
        """The encoder that had this state."""
