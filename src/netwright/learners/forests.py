"""Random forests (Breiman 2001) and extremely randomised trees (Geurts et al. 2006).

scikit-learn grows them; they are kept as plain arrays, so that a saved forest is data and opens
without the seconds that a general object reader takes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.errors import ArtifactError
from netwright.core.space import Categorical, Float, Int, Parameters, Space
from netwright.core.task import Task
from netwright.export.graph import Graph
from netwright.export.trees import Tree, sum_of_trees, sum_of_vectors
from netwright.learners.tabular import Algorithm, Fitted, Rows, TabularLearner

BATCH = 20
"""Trees grown between two looks at the clock."""


class ForestFitted(Fitted):
    """Trees, whose predictions are averaged in order."""

    parallel: ClassVar[bool] = True

    def __init__(self, trees: list[Any], features: int, outputs: int) -> None:
        self.trees = trees
        self.features = features
        self.outputs = outputs
        self.tuned = {"n_estimators": len(trees)}

    def predict(self, values: Any) -> NDArray[np.float64]:
        """Mean over trees."""
        dense = values.toarray() if hasattr(values, "toarray") else values
        dense = np.ascontiguousarray(dense, dtype=np.float32)
        total = np.zeros((len(dense), self.outputs))
        for tree in self.trees:
            total += tree.predict(dense).reshape(len(dense), self.outputs)
        total /= len(self.trees)
        return total[:, 0] if self.outputs == 1 else total

    def onnx(self, graph: Graph, values: str) -> str:
        """The same trees; two classes need the second's share only."""
        count = float(len(self.trees))
        if self.outputs > 2:
            vectors = sum_of_vectors(graph, values, [_plain(tree) for tree in self.trees])
            return graph.add("Div", vectors, count)
        trees = [_plain(tree, self.outputs - 1) for tree in self.trees]
        mean = graph.add("Div", sum_of_trees(graph, values, trees), count)
        return mean if self.outputs == 1 else graph.with_rest(mean)

    def save(self, folder: Path) -> None:
        """Writes every tree's nodes one after another."""
        states = [tree.__getstate__() for tree in self.trees]
        nodes = np.concatenate([state["nodes"] for state in states])
        arrays = {
            f"node.{name}": np.ascontiguousarray(nodes[name]) for name in nodes.dtype.names or ()
        }
        arrays["values"] = np.concatenate([state["values"] for state in states])
        arrays["depth"] = np.array([state["max_depth"] for state in states], dtype=np.int64)
        arrays["count"] = np.array([state["node_count"] for state in states], dtype=np.int64)
        arrays["shape"] = np.array([self.features, self.outputs], dtype=np.int64)
        save_file(arrays, folder / "forest.safetensors")

    @classmethod
    def load(cls, folder: Path) -> ForestFitted:
        """Reads the nodes, checks that they make trees, and builds them.

        Raises:
            ArtifactError: A node points outside its tree.
        """
        arrays = load_file(folder / "forest.safetensors")
        features, outputs = map(int, arrays["shape"])
        ends = np.cumsum(arrays["count"])
        trees = []
        for end, count, depth in zip(ends, arrays["count"], arrays["depth"], strict=True):
            part = slice(int(end - count), int(end))
            trees.append(_tree(arrays, part, int(depth), features, outputs))
        return cls(trees, features, outputs)


def _tree(
    arrays: dict[str, NDArray[Any]], part: slice, depth: int, features: int, outputs: int
) -> Any:
    from sklearn.tree._tree import NODE_DTYPE, Tree

    count = part.stop - part.start
    nodes = np.zeros(count, dtype=NODE_DTYPE)
    for name in NODE_DTYPE.names:
        nodes[name] = arrays[f"node.{name}"][part]
    inner = nodes["left_child"] >= 0
    place = np.arange(count)[inner]
    # Children come after their parent: a walk ends, and never leaves the arrays.
    for side in ("left_child", "right_child"):
        child = nodes[side][inner]
        if ((child <= place) | (child >= count)).any():
            raise ArtifactError("The saved forest is damaged: a node points outside its tree.")
    tested = nodes["feature"][inner]
    if ((tested < 0) | (tested >= features)).any():
        raise ArtifactError("The saved forest is damaged: a node tests an absent feature.")
    tree = Tree(features, np.array([outputs], dtype=np.intp), 1)
    tree.__setstate__(
        {
            "max_depth": depth,
            "node_count": count,
            "nodes": nodes,
            "values": np.ascontiguousarray(arrays["values"][part]),
        }
    )
    return tree


def _plain(tree: Any, output: int | None = None) -> Tree:
    """A tree as ONNX takes it, with all outputs or one."""
    state = tree.__getstate__()
    nodes, values = state["nodes"], state["values"][:, 0]  # (nodes, outputs)
    return Tree.of_nodes(
        nodes["left_child"],
        nodes["right_child"],
        values if output is None else values[:, output],
        feature=nodes["feature"],
        threshold=nodes["threshold"],
        missing_left=nodes["missing_go_to_left"],
    )


class Forest(Algorithm):
    """Averages many deep trees."""

    fitted: ClassVar[type[Fitted]] = ForestFitted

    def __init__(self, name: str, estimator: str) -> None:
        self.name = name  # type: ignore[misc]
        self.estimator = estimator

    def space(self, task: Task) -> Space:
        """Size of leaves, share of features, criterion."""
        criteria = ("squared_error",) if task.kind == "regression" else ("gini", "entropy")
        return Parameters(
            {
                "n_estimators": Int(50, 500, log=True, default=200),
                "min_samples_leaf": Int(1, 50, log=True, default=1 if task.outputs == 1 else 3),
                "max_features": Float(0.1, 1.0, default=0.5 if task.outputs == 1 else 0.3),
                "criterion": Categorical(criteria),
            }
        )

    def fit(self, train: Rows, valid: Rows | None, config: Config, context: Context) -> Fitted:
        """Grows trees in batches until there are enough or the deadline passes."""
        import sklearn.ensemble

        kind = "Regressor" if train.outputs == 1 else "Classifier"
        wanted = int(config["n_estimators"] or 1)
        forest = getattr(sklearn.ensemble, self.estimator + kind)(
            n_estimators=min(BATCH, wanted),
            min_samples_leaf=config["min_samples_leaf"],
            max_features=config["max_features"],
            criterion=config["criterion"],
            n_jobs=context.threads,
            random_state=context.seed % 2**31,
            warm_start=True,
        )
        values = train.values.toarray() if hasattr(train.values, "toarray") else train.values
        while True:
            forest.fit(values, train.target, sample_weight=train.weight)
            if len(forest.estimators_) >= wanted or context.expired():
                break
            forest.n_estimators = min(wanted, len(forest.estimators_) + BATCH)
        trees = [estimator.tree_ for estimator in forest.estimators_]
        return ForestFitted(trees, train.matrix.shape[1], train.outputs)


def random_forest() -> TabularLearner:
    """The learner `random_forest`."""
    return TabularLearner(Forest("random_forest", "RandomForest"))


def extra_trees() -> TabularLearner:
    """The learner `extra_trees`."""
    return TabularLearner(Forest("extra_trees", "ExtraTrees"))
