"""Linear and logistic regression with an elastic net penalty (Zou & Hastie 2005)."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.space import Categorical, Float, Parameters, Space
from netwright.core.task import Task
from netwright.export.graph import Graph
from netwright.learners.tabular import Algorithm, Fitted, Rows, TabularLearner


class LinearFitted(Fitted):
    """Coefficients (outputs, features) and intercepts; prediction is one product."""

    parallel: ClassVar[bool] = True
    sparse: ClassVar[bool] = True

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        self.arrays = arrays

    def predict(self, values: Any) -> NDArray[np.float64]:
        """Softmax over classes, or the line itself."""
        coefficients, intercept = self.arrays["coefficients"], self.arrays["intercept"]
        raw = np.asarray(values @ coefficients.T.astype(np.float64)) + intercept
        if len(intercept) == 1 and self.arrays["classes"][0] == 1:
            return np.asarray(raw[:, 0])
        if raw.shape[1] == 1:
            raw = np.hstack([np.zeros_like(raw), raw])
        raw -= raw.max(axis=1, keepdims=True)
        shares = np.exp(raw)
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))

    def onnx(self, graph: Graph, values: str) -> str:
        """One product."""
        coefficients, intercept = self.arrays["coefficients"], self.arrays["intercept"]
        classes = self.arrays["classes"][0]
        if classes == 2:  # of which the first is at zero
            coefficients, intercept = (
                np.stack([0 * x[0], x[0]]) for x in (coefficients, intercept)
            )
        product = graph.add("MatMul", graph.cast(values, np.float64), coefficients.T)
        raw = graph.add("Add", product, intercept)
        return raw if classes == 1 else graph.add("Softmax", raw, axis=1)

    def save(self, folder: Path) -> None:
        """Writes the arrays."""
        arrays = {name: np.ascontiguousarray(value) for name, value in self.arrays.items()}
        save_file(arrays, folder / "linear.safetensors")

    @classmethod
    def load(cls, folder: Path) -> LinearFitted:
        """Reads the arrays."""
        return cls(load_file(folder / "linear.safetensors"))


class Linear(Algorithm):
    """Hard to beat on little data and on text."""

    name: ClassVar[str] = "linear"
    fitted: ClassVar[type[Fitted]] = LinearFitted
    numbers: ClassVar[tuple[str, ...]] = ("quantile", "standard")
    categories: ClassVar[tuple[str, ...]] = ("one_hot", "target")
    text: ClassVar[tuple[str, ...]] = ("tfidf", "svd")

    def space(self, task: Task) -> Space:
        """Strength of the penalty, and how much of it is L1."""
        return Parameters(
            {
                "penalty": Categorical(("l2", "elastic_net")),
                "C": Float(1e-3, 1e3, log=True, default=1.0),
                "l1_ratio": Float(0.05, 1.0, default=0.3),
            },
            when={"l1_ratio": ("penalty", "elastic_net")},
        )

    def fit(self, train: Rows, valid: Rows | None, config: Config, context: Context) -> Fitted:
        """Fits; iterations are bounded, and unfinished convergence is good enough."""
        ratio = 0.0 if config["penalty"] == "l2" else float(config["l1_ratio"] or 0.0)
        strength = float(config["C"] or 1.0)
        fit = _fit_line if train.outputs == 1 else _fit_logistic
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scikit-learn announces unfinished convergence
            coefficients, intercept = fit(train, strength, ratio, context.seed)
        return LinearFitted(
            {
                "coefficients": coefficients.astype(np.float64),
                "intercept": intercept.astype(np.float64),
                "classes": np.array([train.outputs], dtype=np.int64),
            }
        )


Fit = tuple[NDArray[Any], NDArray[Any]]


def _fit_logistic(train: Rows, strength: float, ratio: float, seed: int) -> Fit:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(
        C=strength,
        l1_ratio=ratio,
        solver="lbfgs" if ratio == 0 else "saga",
        max_iter=300 if ratio == 0 else 60,
        random_state=seed % 2**31,
    )
    model.fit(train.values, train.target, sample_weight=train.weight)
    return model.coef_, model.intercept_


def _fit_line(train: Rows, strength: float, ratio: float, seed: int) -> Fit:
    """Ridge or elastic net; the target is standardised, so that C means the same everywhere."""
    from sklearn.linear_model import ElasticNet, Ridge

    rows = len(train.target)
    model: Any
    if ratio == 0:
        model = Ridge(alpha=1.0 / strength, random_state=seed % 2**31)
    else:
        model = ElasticNet(
            alpha=1.0 / (strength * rows) ** 0.5 / 10,
            l1_ratio=ratio,
            max_iter=500,
            random_state=seed % 2**31,
        )
    model.fit(train.values, train.target, sample_weight=train.weight)
    return np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)


def learner() -> TabularLearner:
    """The learner `linear`."""
    return TabularLearner(Linear())
