"""Gradient boosted trees grown leaf by leaf (LightGBM: Ke et al. 2017)."""

from __future__ import annotations

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
MANY_ROWS, BLOCK = 2000, 10
"""Rows from which on trees are asked in blocks of so many."""
OBJECTIVES = {1: ("regression", "l2"), 2: ("binary", "binary_logloss")}


class LightGBMFitted(Fitted):
    """A booster."""

    parallel: ClassVar[bool] = True

    def __init__(self, booster: Any, outputs: int) -> None:
        self.booster = booster
        self.outputs = outputs
        self.tuned = {"rounds": booster.current_iteration()}

    def predict(self, values: Any) -> NDArray[np.float64]:
        """One thread: small batches are the common case, and the parent must not fan out."""
        if values.shape[0] < MANY_ROWS:
            raw = np.asarray(self.booster.predict(values, num_threads=1))
        else:
            raw = self._in_blocks(values)
        return np.column_stack([1 - raw, raw]) if self.outputs == 2 else raw

    def _in_blocks(self, values: Any) -> NDArray[np.float64]:
        """A few rounds over all rows, then the next few: their trees stay in the cache, where all
        trees over one row after another do not."""
        from scipy.special import expit, softmax

        rounds = self.booster.current_iteration()
        step = max(1, BLOCK // self.booster.num_model_per_iteration())
        total = sum(
            np.asarray(
                self.booster.predict(
                    values, start_iteration=at, num_iteration=step, raw_score=True, num_threads=1
                )
            )
            for at in range(0, rounds, step)
        )
        scores = np.asarray(total, dtype=np.float64)
        if self.outputs == 2:
            return np.asarray(expit(scores))
        return np.asarray(softmax(scores, axis=1)) if self.outputs > 2 else scores

    def onnx(self, graph: Graph, values: str) -> str:
        """The same trees, added up."""
        text = self.booster.model_to_string().split("\nend of trees")[0]
        trees = [_tree(block) for block in text.split("\nTree=")[1:]]
        scores = sum_of_trees(graph, values, trees, self.outputs if self.outputs > 2 else 1)
        return graph.boosted(scores, self.outputs)

    def save(self, folder: Path) -> None:
        """Writes the library's own text format."""
        self.booster.save_model(str(folder / "lightgbm.txt"))

    @classmethod
    def load(cls, folder: Path) -> LightGBMFitted:
        """Reads the library's own text format."""
        import lightgbm

        booster = lightgbm.Booster(model_file=str(folder / "lightgbm.txt"))
        per_round = booster.num_model_per_iteration()
        if per_round > 1:
            return cls(booster, per_round)
        text = (folder / "lightgbm.txt").read_text()
        return cls(booster, 2 if "\nobjective=binary" in text else 1)


CATEGORICAL, MISSING_LEFT, MISSING_IS_NAN = 1, 2, 8
"""Bits of a node's kind in the library's own text format."""


def _tree(block: str) -> Tree:
    """A tree of that format as ONNX takes it."""
    said = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)

    def numbers(key: str, kind: type = np.int64) -> NDArray[Any]:
        return np.array(said[key].split(), dtype=kind)

    leaves = numbers("leaf_value", np.float64)
    if said["num_leaves"] == "1":
        return Tree.constant(leaves)
    kind, threshold = numbers("decision_type"), numbers("threshold", np.float64)
    categorical = (kind & CATEGORICAL).astype(bool)
    # Where training rows had no missing values, one counts as zero.
    as_zero = (kind & MISSING_IS_NAN) == 0
    missing_left = np.where(as_zero, threshold >= 0, (kind & MISSING_LEFT).astype(bool))
    return Tree(
        feature=numbers("split_feature"),
        threshold=threshold,
        left=numbers("left_child"),
        right=numbers("right_child"),
        missing_left=missing_left & ~categorical,
        leaves=leaves,
        members={
            int(node): _members(numbers("cat_boundaries"), numbers("cat_threshold"), int(which))
            for node, which in zip(np.flatnonzero(categorical), threshold[categorical], strict=True)
        },
    )


def _members(
    boundaries: NDArray[np.int64], words: NDArray[np.int64], which: int
) -> NDArray[np.int64]:
    """The codes in one of a tree's sets, which are kept as bits of 32-bit words."""
    own = words[boundaries[which] : boundaries[which + 1]].astype("<u4")
    return np.flatnonzero(np.unpackbits(own.view(np.uint8), bitorder="little"))


class LightGBM(Algorithm):
    """Strong on most tables, and fast."""

    name: ClassVar[str] = "lightgbm"
    fitted: ClassVar[type[Fitted]] = LightGBMFitted
    categories: ClassVar[tuple[str, ...]] = ("codes", "target", "one_hot")

    def space(self, task: Task) -> Space:
        """The parameters that matter, around the library's defaults."""
        return Parameters(
            {
                "learning_rate": Float(0.01, 0.3, log=True, default=0.05),
                "num_leaves": Int(4, 256, log=True, default=31),
                "min_child_samples": Int(2, 200, log=True, default=20),
                "feature_fraction": Float(0.3, 1.0, default=0.6),
                "bagging_fraction": Float(0.5, 1.0, default=0.9),
                "lambda_l2": Float(1e-3, 30.0, log=True, default=1e-3),
                "lambda_l1": Float(1e-3, 10.0, log=True, default=1e-3),
                "cat_smooth": Float(1.0, 100.0, log=True, default=10.0),
                "extra_trees": Int(0, 1, default=0),
            }
        )

    def fit(self, train: Rows, valid: Rows | None, config: Config, context: Context) -> Fitted:
        """Boosts until validation rows stop improving, the deadline, or the rounds told."""
        import lightgbm

        params = _params(train, config, context)
        coded: Any = list(train.matrix.cardinalities) or "auto"
        data = lightgbm.Dataset(
            train.values,
            train.target,
            weight=train.weight,
            categorical_feature=coded,
            params={"verbose": -1},
        )
        callbacks: list[Any] = [_stop_at_deadline(context)]
        watched = []
        if valid is not None:
            watched = [data.create_valid(valid.values, valid.target, weight=valid.weight)]
            callbacks.append(lightgbm.early_stopping(PATIENCE, verbose=False))
        rounds = int(config.get("rounds", MAX_ROUNDS) or MAX_ROUNDS)
        booster = lightgbm.train(params, data, rounds, valid_sets=watched, callbacks=callbacks)
        best = booster.best_iteration or booster.current_iteration()
        slim = lightgbm.Booster(model_str=booster.model_to_string(num_iteration=best))
        return LightGBMFitted(slim, train.outputs)


def _params(train: Rows, config: Config, context: Context) -> dict[str, Any]:
    objective, metric = OBJECTIVES.get(train.outputs, ("multiclass", "multi_logloss"))
    known = ("learning_rate", "num_leaves", "feature_fraction", "bagging_fraction", "cat_smooth")
    rows = train.matrix.shape[0]
    return {
        "objective": objective,
        "metric": metric,
        **({"num_class": train.outputs} if train.outputs > 2 else {}),
        **{name: config[name] for name in (*known, "lambda_l1", "lambda_l2")},
        "min_child_samples": min(int(config["min_child_samples"] or 1), max(1, rows // 4)),
        "extra_trees": bool(config["extra_trees"]),
        "bagging_freq": 1,
        "cat_l2": 10.0,
        "max_bin": 255,
        "num_threads": context.threads,
        "seed": context.seed % 2**31,
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }


def _stop_at_deadline(context: Context) -> Any:
    from lightgbm.callback import EarlyStopException

    def callback(env: Any) -> None:
        if env.iteration % 5 == 4 and context.expired():
            raise EarlyStopException(env.iteration, env.evaluation_result_list or [])

    callback.order = 40  # type: ignore[attr-defined]
    return callback


def learner() -> TabularLearner:
    """The learner `lightgbm`."""
    return TabularLearner(LightGBM())
