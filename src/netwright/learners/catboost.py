"""Boosting with ordered target statistics for categories (CatBoost: Prokhorenkova 2018)."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.errors import ConfigError
from netwright.core.space import Float, Int, Parameters, Space
from netwright.core.task import Task
from netwright.export.graph import Graph
from netwright.export.trees import Tree, sum_of_trees, sum_of_vectors
from netwright.learners.tabular import Algorithm, Fitted, Rows, TabularLearner

MAX_ROUNDS = 3000
PATIENCE = 50
OBJECTIVES = {1: "RMSE", 2: "Logloss"}


class CatBoostFitted(Fitted):
    """A CatBoost model and which features are categories."""

    parallel: ClassVar[bool] = True

    def __init__(self, model: Any, coded: list[int], outputs: int) -> None:
        self.model = model
        self.coded = coded
        self.outputs = outputs
        self.tuned = {"rounds": model.tree_count_}

    def predict(self, values: Any) -> NDArray[np.float64]:
        """Predicts with one thread."""
        kind = "RawFormulaVal" if self.outputs == 1 else "Probability"
        pool = _frame(values, self.coded)
        return np.asarray(self.model.predict(pool, prediction_type=kind, thread_count=1))

    def onnx(self, graph: Graph, values: str) -> str:
        """The same trees, added up from where they start.

        Raises:
            ConfigError: It codes categories itself, in ways that ONNX has no words for.
        """
        if self.coded:
            raise ConfigError(
                "This predictor cannot be written as ONNX: a model of it, 'catboost', codes "
                "categories itself; fit again without catboost, or keep the run's folder."
            )
        with TemporaryDirectory() as folder:
            self.model.save_model(f"{folder}/model.json", format="json")
            learned = json.loads(Path(folder, "model.json").read_text())
        scale, start = learned["scale_and_bias"]
        features = learned["features_info"]["float_features"]
        trees = [_tree(one, features, len(start), scale) for one in learned["oblivious_trees"]]
        add = sum_of_trees if len(start) == 1 else sum_of_vectors
        scores = graph.add("Add", add(graph, values, trees), np.array(start, dtype=float))
        return graph.boosted(scores, self.outputs)

    def save(self, folder: Path) -> None:
        """Writes the library's own binary format."""
        self.model.save_model(str(folder / "catboost.cbm"))
        facts = {"coded": self.coded, "outputs": self.outputs}
        (folder / "catboost.json").write_text(json.dumps(facts))

    @classmethod
    def load(cls, folder: Path) -> CatBoostFitted:
        """Reads the library's own binary format."""
        import catboost

        facts = json.loads((folder / "catboost.json").read_text())
        model = catboost.CatBoost()
        model.load_model(str(folder / "catboost.cbm"))
        return cls(model, facts["coded"], facts["outputs"])


def _tree(saved: dict[str, Any], features: list[Any], outputs: int, scale: float) -> Tree:
    """A tree whose levels ask one question each, as a tree of 2 ** levels - 1 nodes.

    The number of a leaf has a bit for each level's answer, the first level's the lowest; here the
    last level is asked first, so that leaves come in order.
    """
    leaves = scale * np.array(saved["leaf_values"], dtype=np.float64).reshape(-1, outputs)
    leaves = leaves if outputs > 1 else leaves[:, 0]
    splits = saved.get("splits") or []
    if not splits:
        return Tree.constant(leaves)
    level = np.repeat(np.arange(len(splits)), 2 ** np.arange(len(splits)))
    asked = [splits[-1 - depth] for depth in level]
    about = [features[split["float_feature_index"]] for split in asked]
    nodes = np.arange(len(level))
    below = len(nodes)
    left, right = 2 * nodes + 1, 2 * nodes + 2
    return Tree(
        feature=np.array([feature["flat_feature_index"] for feature in about]),
        threshold=np.array([split["border"] for split in asked], dtype=np.float32).astype(float),
        left=np.where(left < below, left, ~(left - below)),
        right=np.where(right < below, right, ~(right - below)),
        missing_left=np.array([one["nan_value_treatment"] != "AsTrue" for one in about]),
        leaves=leaves,
    )


class CatBoost(Algorithm):
    """Best where categories carry the signal.

    Its own treatment of categories (`codes`) takes five times as long as cross-fitted target means
    and is hardly better, so the latter come first.
    """

    name: ClassVar[str] = "catboost"
    fitted: ClassVar[type[Fitted]] = CatBoostFitted
    categories: ClassVar[tuple[str, ...]] = ("target", "codes")

    def space(self, task: Task) -> Space:
        """The parameters that matter."""
        return Parameters(
            {
                "learning_rate": Float(0.02, 0.2, log=True, default=0.08),
                "depth": Int(3, 9, default=6),
                "l2_leaf_reg": Float(0.5, 30.0, log=True, default=3.0),
                "random_strength": Float(0.1, 10.0, log=True, default=1.0),
                "rsm": Float(0.4, 1.0, default=1.0),
                "one_hot_max_size": Int(2, 25, log=True, default=4),
            }
        )

    def fit(self, train: Rows, valid: Rows | None, config: Config, context: Context) -> Fitted:
        """Boosts until validation rows stop improving, the deadline, or the rounds told."""
        import catboost

        coded = sorted(train.matrix.cardinalities)
        names = ("learning_rate", "depth", "l2_leaf_reg", "random_strength", "rsm")
        model = catboost.CatBoost(
            {
                "loss_function": OBJECTIVES.get(train.outputs, "MultiClass"),
                "iterations": int(config.get("rounds", MAX_ROUNDS) or MAX_ROUNDS),
                **{name: config[name] for name in (*names, "one_hot_max_size")},
                "thread_count": context.threads,
                "random_seed": context.seed % 2**31,
                "allow_writing_files": False,
                "logging_level": "Silent",
                "max_ctr_complexity": 2,
            }
        )
        pool = _pool(train, coded)
        watched = None if valid is None else _pool(valid, coded)
        model.fit(
            pool,
            eval_set=watched,
            use_best_model=watched is not None,
            early_stopping_rounds=PATIENCE if watched is not None else None,
            callbacks=[_Deadline(context)] if context.deadline is not None else None,
        )
        return CatBoostFitted(model, coded, train.outputs)


class _Deadline:
    def __init__(self, context: Context) -> None:
        self.context = context

    def after_iteration(self, info: Any) -> bool:
        """CatBoost goes on while this is true."""
        return not (info.iteration % 5 == 0 and self.context.expired())


def _pool(rows: Rows, coded: list[int]) -> Any:
    import catboost

    return catboost.Pool(
        _frame(rows.values, coded), label=rows.target, weight=rows.weight, cat_features=coded
    )


def _frame(values: Any, coded: list[int]) -> Any:
    """Categories must be integers, so dense values become a frame; -1 is missing or unknown."""
    if not coded:
        return values
    frame = pd.DataFrame(values)
    for position in coded:
        frame[position] = frame[position].fillna(-1).astype(np.int32)
    return frame


def learner() -> TabularLearner:
    """The learner `catboost`."""
    return TabularLearner(CatBoost())
