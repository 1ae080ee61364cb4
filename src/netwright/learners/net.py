"""A neural net for tables whose architecture is part of the search."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from netwright.core.combining import Joined, Within
from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.space import Categorical, Float, Int, Parameters, Space
from netwright.core.task import Task
from netwright.export.graph import Graph
from netwright.learners.tabular import Algorithm, Fitted, Rows, TabularLearner
from netwright.spaces.mlp import TabularNetSpace

MAX_EPOCHS = 60
ARCHITECTURE = "architecture"
"""Prefix of the architecture's own choices."""


class NetFitted(Fitted):
    """A trained net and what is needed to build it again."""

    parallel: ClassVar[bool] = True

    def __init__(self, net: Any, facts: dict[str, Any]) -> None:
        self.net = net
        self.facts = facts
        self.tuned = {"epochs": facts["epochs"]}

    def predict(self, values: Any) -> NDArray[np.float64]:
        """Softmax, or the target's own scale."""
        import torch

        inputs = _tensors(values, self.facts["plain"], self.facts["coded"])
        parts = []
        with torch.no_grad():
            for start in range(0, len(inputs[0]), 4096):
                parts.append(self.net(*(part[start : start + 4096] for part in inputs)))
            out = torch.cat(parts).double()
            if self.facts["outputs"] == 1:
                return self._unscaled(np.asarray(out[:, 0]))
            return np.asarray(torch.softmax(out, dim=1))

    def _unscaled(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Nets saved before their learner scaled targets did so themselves."""
        return numbers * self.facts.get("spread", 1.0) + self.facts.get("mean", 0.0)

    def onnx(self, graph: Graph, values: str) -> str:
        """The net as PyTorch writes it, between its inputs and what is made of its outputs."""
        import torch

        from netwright.export.onnx import net_model

        plain, coded = (np.array(self.facts[one], dtype=np.int64) for one in ("plain", "coded"))
        codes = graph.add("Gather", values, coded, axis=1)
        codes = graph.add("Where", graph.add("IsNaN", codes), np.float32(-1), codes)
        inputs = {
            "numbers": graph.add("Gather", values, plain, axis=1),
            "codes": graph.add("Add", graph.cast(codes, np.int64), 1),
        }
        examples = {
            "numbers": torch.zeros(2, len(plain)),
            "codes": torch.zeros(2, len(coded), dtype=torch.int64),
        }
        out = graph.cast(graph.include(net_model(self.net, examples), inputs), np.float64)
        if self.facts["outputs"] > 1:
            return graph.add("Softmax", out, axis=1)
        scaled = graph.add("Mul", out, self.facts.get("spread", 1.0))
        return graph.add("Add", scaled, self.facts.get("mean", 0.0))

    def save(self, folder: Path) -> None:
        """Writes the weights and the architecture."""
        from safetensors.torch import save_file

        state = {name: tensor.contiguous() for name, tensor in self.net.state_dict().items()}
        save_file(state, folder / "net.safetensors")
        (folder / "net.json").write_text(json.dumps(self.facts))

    @classmethod
    def load(cls, folder: Path) -> NetFitted:
        """Builds the architecture and fills in the weights."""
        from safetensors.torch import load_file

        facts = json.loads((folder / "net.json").read_text())
        net = _build(facts)
        net.load_state_dict(load_file(folder / "net.safetensors"))
        net.eval()
        return cls(net, facts)


class Net(Algorithm):
    """MLP or ResNet over scaled numbers and embedded categories."""

    name: ClassVar[str] = "net"
    fitted: ClassVar[type[Fitted]] = NetFitted
    numbers: ClassVar[tuple[str, ...]] = ("quantile", "standard")
    categories: ClassVar[tuple[str, ...]] = ("codes", "target")

    def space(self, task: Task) -> Space:
        """How to train, and what to train."""
        training = Parameters(
            {
                "lr": Float(1e-4, 1e-2, log=True, default=1e-3),
                "batch_size": Int(32, 512, log=True, default=256),
                "optimiser": Categorical(("adamw", "adam", "sgd")),
                "weight_decay": Float(1e-6, 1e-1, log=True, default=1e-3),
            }
        )
        return Joined(training, Within(ARCHITECTURE, TabularNetSpace(task)))

    def fit(self, train: Rows, valid: Rows | None, config: Config, context: Context) -> Fitted:
        """Builds and trains."""
        import torch

        from netwright.nn import training

        torch.set_num_threads(context.threads)
        torch.manual_seed(context.seed)
        facts = _facts(train, config)
        device = training.pick_device(context.device)
        net = _build(facts).to(device)
        rows = len(train.target)
        batch = min(int(config["batch_size"] or 1), max(16, rows // 8))
        recipe = training.Recipe(
            epochs=int(config.get("epochs", MAX_EPOCHS) or MAX_EPOCHS),
            batch_size=batch,
            optimiser=str(config["optimiser"]),
            lr=float(config["lr"] or 1e-3) * (10.0 if config["optimiser"] == "sgd" else 1.0),
            weight_decay=float(config["weight_decay"] or 0.0),
        )
        regression = train.outputs == 1
        loss = training.regression_loss if regression else training.classification_loss
        watched = None if valid is None else _batchable(valid, facts, device)
        trained = training.train(
            net, _batchable(train, facts, device), watched, loss, recipe, context
        )
        return NetFitted(net.to("cpu"), {**facts, "epochs": trained.epochs})


def _facts(train: Rows, config: Config) -> dict[str, Any]:
    """All that is needed to build the net again."""
    coded = sorted(train.matrix.cardinalities)
    return {
        "architecture": config.within(ARCHITECTURE).to_json(),
        "plain": [i for i in range(train.matrix.shape[1]) if i not in train.matrix.cardinalities],
        "coded": coded,
        "sizes": [train.matrix.cardinalities[i] for i in coded],
        "outputs": train.outputs,
        "epochs": 0,
    }


def _build(facts: dict[str, Any]) -> Any:
    architecture = Config(facts["architecture"])
    return TabularNetSpace.build(
        architecture, len(facts["plain"]), facts["sizes"], facts["outputs"]
    )


def _tensors(values: Any, plain: list[int], coded: list[int]) -> list[Any]:
    """(rows, plain) numbers and (rows, coded) codes, 0 for missing or unknown."""
    import torch

    dense = values.toarray() if hasattr(values, "toarray") else values
    codes = np.nan_to_num(dense[:, coded], nan=-1).astype(np.int64) + 1
    return [torch.from_numpy(np.ascontiguousarray(dense[:, plain])), torch.from_numpy(codes)]


def _batchable(rows: Rows, facts: dict[str, Any], device: str) -> Any:
    import torch

    from netwright.nn.training import Batchable

    inputs = _tensors(rows.values, facts["plain"], facts["coded"])
    if facts["outputs"] == 1:
        target = torch.from_numpy(np.asarray(rows.target, dtype=np.float32))
    else:
        target = torch.from_numpy(np.array(rows.target, dtype=np.int64))  # a memory map is not ours
    weight = None
    if rows.weight is not None:
        weight = torch.from_numpy(np.array(rows.weight, dtype=np.float32)).to(device)
    return Batchable([part.to(device) for part in inputs], target.to(device), weight)


def learner() -> TabularLearner:
    """The learner `net`."""
    return TabularLearner(Net())
