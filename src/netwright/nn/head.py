"""What of a net's last layer belongs to one target; needs no torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Head:
    """Some outputs of a net, side by side, that predict one target.

    Attributes:
        width: The number of classes, or 1 for a number.
        mean, spread: Of a number; the net knows it standardised.
    """

    width: int
    mean: float = 0.0
    spread: float = 1.0


def head_of(width: int, column: NDArray[np.generic]) -> Head:
    """The head of a target with some width, its values (rows,) NaN where they are missing."""
    known = column[~np.isnan(column)]
    if width > 1 or len(known) == 0:
        return Head(width)
    return Head(width, float(np.mean(known)), float(np.std(known)) or 1.0)
