"""netwright: bring data, a target, a metric and a budget; it designs the model.

    import netwright

    predictor = netwright.fit("train.csv", target="price", budget="60s", out="runs/house")
    predictor.predict("test.csv")

Importing this loads no torch, scikit-learn, pandas or optuna; each name is loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netwright.api import fit, load, resume, retrain, search, transfer
    from netwright.core.budget import Budget
    from netwright.core.combining import Branch, Joined
    from netwright.core.config import Config
    from netwright.core.context import Context
    from netwright.core.errors import NetwrightError, UserError
    from netwright.core.evaluator import Evaluator
    from netwright.core.learner import Learner, Model
    from netwright.core.result import Result
    from netwright.core.space import Categorical, Float, Int, Ordinal, Parameters, Space
    from netwright.core.study import Study
    from netwright.core.task import Task
    from netwright.predictor import Predictor
    from netwright.recipes.deploying import deploy
    from netwright.recipes.tune import tune
    from netwright.sklearn_api import NetwrightClassifier, NetwrightRegressor

_HOME = {
    "fit": "netwright.api",
    "load": "netwright.api",
    "resume": "netwright.api",
    "retrain": "netwright.api",
    "search": "netwright.api",
    "transfer": "netwright.api",
    "deploy": "netwright.recipes.deploying",
    "tune": "netwright.recipes.tune",
    "Budget": "netwright.core.budget",
    "Config": "netwright.core.config",
    "Context": "netwright.core.context",
    "NetwrightError": "netwright.core.errors",
    "UserError": "netwright.core.errors",
    "Evaluator": "netwright.core.evaluator",
    "Learner": "netwright.core.learner",
    "Model": "netwright.core.learner",
    "Result": "netwright.core.result",
    "Branch": "netwright.core.combining",
    "Joined": "netwright.core.combining",
    "Categorical": "netwright.core.space",
    "Float": "netwright.core.space",
    "Int": "netwright.core.space",
    "Ordinal": "netwright.core.space",
    "Parameters": "netwright.core.space",
    "Space": "netwright.core.space",
    "Study": "netwright.core.study",
    "Task": "netwright.core.task",
    "Predictor": "netwright.predictor",
    "NetwrightClassifier": "netwright.sklearn_api",
    "NetwrightRegressor": "netwright.sklearn_api",
}

__all__ = [  # noqa: RUF022 - in the order of the table above
    "fit",
    "load",
    "resume",
    "retrain",
    "search",
    "transfer",
    "deploy",
    "tune",
    "Budget",
    "Config",
    "Context",
    "NetwrightError",
    "UserError",
    "Evaluator",
    "Learner",
    "Model",
    "Result",
    "Branch",
    "Joined",
    "Categorical",
    "Float",
    "Int",
    "Ordinal",
    "Parameters",
    "Space",
    "Study",
    "Task",
    "Predictor",
    "NetwrightClassifier",
    "NetwrightRegressor",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("netwright")
    if name == "fewshot":
        return import_module("netwright.fewshot")
    if name not in _HOME:
        raise AttributeError(f"module 'netwright' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__", "fewshot"])
