"""netwright as scikit-learn estimators: they clone, pipeline, cross-validate and grid-search."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, _check_y, check_is_fitted, validate_data

from netwright.api import fit, load
from netwright.core.errors import UserError
from netwright.predictor import Predictor


class _Estimator(BaseEstimator):
    """What both estimators share.

    Args:
        time: Wall time of `fit`, such as `"60s"`.
        trials: Number of trials; without `time` nothing consults the clock.
        metric: Name of the metric that decides.
        level: How much is automatic.
        learners: Learners to choose from.
        engine: `processes` or `inline`.
        out: Run folder to keep; by default a temporary one that is removed after fitting.
        random_state: Seed, or a generator that draws one.
    """

    def __init__(
        self,
        *,
        time: str | float | None = None,
        trials: int | None = None,
        metric: str | None = None,
        level: str = "full",
        learners: tuple[str, ...] | None = None,
        engine: str = "processes",
        out: str | None = None,
        random_state: Any = None,
    ) -> None:
        self.time = time
        self.trials = trials
        self.metric = metric
        self.level = level
        self.learners = learners
        self.engine = engine
        self.out = out
        self.random_state = random_state

    _named: bool = False
    """Whether the training columns had names."""

    def _frame(self, X: Any, reset: bool) -> pd.DataFrame:
        """A frame as netwright reads it; arrays get the columns x0, x1, ..."""
        if isinstance(X, pd.DataFrame) and (reset or self._named):
            validate_data(self, X, reset=reset, skip_check_array=True)
            self._named = True
            return X.rename(columns=str).reset_index(drop=True)
        least = 2 if reset else 1
        values = validate_data(
            self,
            X,
            reset=reset,
            dtype=None,
            ensure_all_finite="allow-nan",
            ensure_min_samples=least,
        )
        if values.dtype.kind == "c":
            raise ValueError("Complex data not supported; pass real and imaginary parts.")
        return pd.DataFrame(values, columns=[f"x{i}" for i in range(values.shape[1])])

    def _fit(self, X: Any, y: Any, sample_weight: Any, kind: str | None) -> None:
        self._named = False
        frame = self._frame(X, reset=True)
        target = np.asarray(y)
        if len(target) != len(frame):
            raise ValueError(f"X has {len(frame)} rows and y has {len(target)}; make them agree.")
        columns = list(frame.columns)
        label = _unused("target", columns)
        frame = frame.assign(**{label: target})
        weight = None
        if sample_weight is not None:
            weight = _unused("sample weight", columns)
            frame[weight] = _check_sample_weight(sample_weight, frame[[label]].to_numpy())
        where = Path(self.out) if self.out else Path(tempfile.mkdtemp(prefix="netwright-"))
        seed = 0 if self.random_state is None else self.random_state
        if not isinstance(seed, (int, np.integer)):
            seed = check_random_state(seed).randint(2**31 - 1)
        schema = {} if self._named else _numbers(frame[columns])
        predictor = self._run(
            frame,
            label,
            budget=self.time,
            trials=self.trials,
            out=where,
            overwrite=True,
            kind=kind,
            metric=self.metric,
            level=self.level,
            learners=self.learners,
            engine=self.engine,
            weight=weight,
            seed=int(seed),
            schema=schema or None,
            explain=self.out is not None,  # nobody sees the pages of a folder that goes away
        )
        self.predictor_ = predictor
        if self.out is None:
            kept = Path(tempfile.mkdtemp(prefix="netwright-predictor-"))
            predictor.save(kept)
            self.predictor_ = load(kept)
            _ = self.predictor_.model  # opened, so that the folder may go
            shutil.rmtree(kept, ignore_errors=True)
            shutil.rmtree(where, ignore_errors=True)

    @staticmethod
    def _run(*words: Any, **options: Any) -> Predictor:
        """Fits, with a person's mistakes told the way scikit-learn tells them."""
        try:
            return fit(*words, **options)
        except UserError as error:
            raise ValueError(str(error)) from error

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.non_deterministic = self.time is not None
        return tags


def _unused(name: str, taken: list[str]) -> str:
    """A column's name that no other column has."""
    while name in taken:
        name += "_"
    return name


def _numbers(frame: pd.DataFrame) -> dict[str, str]:
    """Columns of a numeric array are numbers, even where each value is a different integer."""
    kinds = zip(frame.columns, frame.dtypes, strict=True)
    return {name: "number" for name, kind in kinds if pd.api.types.is_numeric_dtype(kind)}


class NetwrightClassifier(ClassifierMixin, _Estimator):
    """Designs a classifier; see `netwright.fit`."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NetwrightClassifier:
        """Fits rows (n, features) and labels (n,)."""
        if y is None:
            raise ValueError("This classifier requires y to be passed, but the target y is None.")
        labels = _check_y(y)
        check_classification_targets(labels)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        self._fit(X, codes, sample_weight, "multiclass")
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Labels (n,)."""
        check_is_fitted(self)
        codes = self.predictor_.predict(self._frame(X, reset=False))
        return np.asarray(self.classes_[codes.to_numpy(dtype=np.int64)])

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities (n, classes), in the order of `classes_`."""
        check_is_fitted(self)
        found = self.predictor_.predict_proba(self._frame(X, reset=False))
        known = [int(code) for code in found.columns]
        shares = np.zeros((len(found), len(self.classes_)))
        shares[:, known] = found.to_numpy()
        return shares


class NetwrightRegressor(RegressorMixin, _Estimator):
    """Designs a regressor; see `netwright.fit`."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NetwrightRegressor:
        """Fits rows (n, features) and numbers (n,)."""
        if y is None:
            raise ValueError("This regressor requires y to be passed, but the target y is None.")
        self._fit(X, _check_y(y, y_numeric=True), sample_weight, "regression")
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Numbers (n,)."""
        check_is_fitted(self)
        return self.predictor_.predict(self._frame(X, reset=False)).to_numpy()
