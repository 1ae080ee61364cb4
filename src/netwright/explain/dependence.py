"""Partial dependence (Friedman 2001): the mean prediction as one column takes each value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netwright.core.learner import Model

MAX_ROWS = 200
POINTS = 20


@dataclass(frozen=True)
class Dependence:
    """One curve a class (regression: one curve).

    Attributes:
        column: The column.
        values: Where it was set: numbers, or names of categories.
        curves: (classes or 1, values) mean predictions.
    """

    column: str
    values: list[float] | list[str]
    curves: list[list[float]]


def partial_dependence(
    model: Model, features: pd.DataFrame, column: str, seed: int = 0
) -> Dependence | None:
    """Sets a column to each of its quantiles (or frequent categories) in all rows.

    Returns:
        None for text and dates, which have no axis to draw.
    """
    series = features[column]
    rows = min(MAX_ROWS, len(features))
    sample = features.iloc[np.random.default_rng(seed).choice(len(features), rows, False)]
    values: list[float] | list[str]
    if isinstance(series.dtype, pd.CategoricalDtype):
        counts = series.value_counts()
        values = [str(name) for name in counts.index[counts > 0][:POINTS]]
    elif pd.api.types.is_float_dtype(series.dtype):
        present = series.dropna()
        if len(present) == 0:
            return None
        values = np.unique(np.quantile(present, np.linspace(0.02, 0.98, POINTS))).tolist()
    else:
        return None
    means = [_mean_prediction(model, sample, column, value) for value in values]
    return Dependence(column, values, np.column_stack(means).tolist())


def _mean_prediction(
    model: Model, sample: pd.DataFrame, column: str, value: float | str
) -> NDArray[np.float64]:
    changed = sample.copy(deep=False)
    if isinstance(sample[column].dtype, pd.CategoricalDtype):
        categories = sample[column].cat.categories
        constant = pd.Categorical([value] * len(sample), categories=categories)
        changed[column] = pd.Series(constant, index=sample.index)
    else:
        changed[column] = np.full(len(sample), value)
    predicted = model.predict(changed)
    return np.atleast_1d(predicted.mean(axis=0))
