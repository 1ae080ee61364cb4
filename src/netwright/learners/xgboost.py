"""Gradient boosted trees with a regularised objective (XGBoost: Chen & Guestrin 2016)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.space import Float, Int, Parameters, Space
from netwright.core.task import Task
from netwright.export.graph import Graph
from netwright.export.trees import Tree, sum_of_trees
from netwright.learners.tabular import Algorithm, Fitted, Rows, TabularLearner

MAX_ROUNDS = 5000
PATIENCE = 60
PASSED_ON = (
    "eta",
    "max_depth",
    "min_child_weight",
    "subsample",
    "colsample_bytree",
    "reg_lambda",
    "reg_alpha",
)
"""Choices that are the library's own parameters, by their names there."""
OBJECTIVES = {1: ("reg:squarederror", "rmse"), 2: ("binary:logistic", "logloss")}


class XGBoostFitted(Fitted):
    """A booster."""

    parallel: ClassVar[bool] = True

    def __init__(self, booster: Any, outputs: int) -> None:
        booster.set_param({"nthread": 1})
        self.booster = booster
        self.outputs = outputs
        self.tuned = {"rounds": booster.num_boosted_rounds()}

    def predict(self, values: Any) -> NDArray[np.float64]:
        """Predicts with one thread."""
        raw = np.asarray(self.booster.inplace_predict(values), dtype=np.float64)
        return np.column_stack([1 - raw, raw]) if self.outputs == 2 else raw

    def onnx(self, graph: Graph, values: str) -> str:
        """The same trees, added up from where they start."""
        if values in graph.gaps:
            zero = graph.add("Equal", values, np.float32(0))
            values = graph.add("Where", zero, np.float32("nan"), values)
        learned = json.loads(self.booster.save_raw("json"))["learner"]
        trees = [_tree(one) for one in learned["gradient_booster"]["model"]["trees"]]
        start = np.array(
            json.loads(f"[{learned['learner_model_param']['base_score'].strip('[]')}]")
        )
        if self.outputs == 2:
            start = np.log(start / (1 - start))  # it is kept as a probability
        scores = sum_of_trees(graph, values, trees, self.outputs if self.outputs > 2 else 1, start)
        return graph.boosted(scores, self.outputs)

    def save(self, folder: Path) -> None:
        """Writes the library's own JSON."""
        self.booster.set_attr(netwright_outputs=str(self.outputs))
        self.booster.save_model(str(folder / "xgboost.json"))

    @classmethod
    def load(cls, folder: Path) -> XGBoostFitted:
        """Reads the library's own JSON."""
        import xgboost

        booster = xgboost.Booster({"nthread": 1})
        booster.load_model(str(folder / "xgboost.json"))
        return cls(booster, int(booster.attr("netwright_outputs") or 1))


def _tree(saved: dict[str, Any]) -> Tree:
    """A tree as ONNX takes it; the numbers are single-precision ones."""
    numbers = np.array(saved["split_conditions"], dtype=np.float32)
    return Tree.of_nodes(
        np.array(saved["left_children"]),
        np.array(saved["right_children"]),
        numbers.astype(np.float64),
        feature=np.array(saved["split_indices"]),
        threshold=numbers,
        missing_left=np.array(saved["default_left"]),
        strict=True,
    )


class XGBoost(Algorithm):
    """Close to LightGBM, different enough to help an ensemble."""

    name: ClassVar[str] = "xgboost"
    fitted: ClassVar[type[Fitted]] = XGBoostFitted
    categories: ClassVar[tuple[str, ...]] = ("target", "codes", "one_hot")

    def space(self, task: Task) -> Space:
        """The parameters that matter."""
        return Parameters(
            {
                "eta": Float(0.01, 0.3, log=True, default=0.06),
                "max_depth": Int(3, 10, default=6),
                "min_child_weight": Float(0.5, 50.0, log=True, default=1.0),
                "subsample": Float(0.5, 1.0, default=0.9),
                "colsample_bytree": Float(0.3, 1.0, default=0.8),
                "reg_lambda": Float(1e-2, 30.0, log=True, default=1.0),
                "reg_alpha": Float(1e-3, 10.0, log=True, default=1e-3),
            }
        )

    def fit(self, train: Rows, valid: Rows | None, config: Config, context: Context) -> Fitted:
        """Boosts until validation rows stop improving, the deadline, or the rounds told."""
        import xgboost

        objective, metric = OBJECTIVES.get(train.outputs, ("multi:softprob", "mlogloss"))
        params = {
            "objective": objective,
            "eval_metric": metric,
            **({"num_class": train.outputs} if train.outputs > 2 else {}),
            **{name: config[name] for name in PASSED_ON},
            "tree_method": "hist",
            "nthread": context.threads,
            "seed": context.seed % 2**31,
            "verbosity": 0,
        }
        data = _matrix(train, context)
        callbacks: list[Any] = [_stop_at_deadline(context)]
        watched = []
        if valid is not None:
            watched = [(_matrix(valid, context), "valid")]
            callbacks.append(xgboost.callback.EarlyStopping(rounds=PATIENCE, save_best=True))
        rounds = int(config.get("rounds", MAX_ROUNDS) or MAX_ROUNDS)
        booster = xgboost.train(
            params, data, rounds, evals=watched, callbacks=callbacks, verbose_eval=False
        )
        return XGBoostFitted(booster, train.outputs)


def _matrix(rows: Rows, context: Context) -> Any:
    import xgboost

    return xgboost.DMatrix(
        rows.values, label=rows.target, weight=rows.weight, nthread=context.threads
    )


def _stop_at_deadline(context: Context) -> Any:
    import xgboost

    class Deadline(xgboost.callback.TrainingCallback):
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            return epoch % 5 == 4 and context.expired()

    return Deadline()


def learner() -> TabularLearner:
    """The learner `xgboost`."""
    return TabularLearner(XGBoost())
