"""What few-shot learning hands over: a backbone that waits for a few examples."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netwright.core.context import Context
from netwright.core.errors import ConfigError
from netwright.core.learner import Model
from netwright.core.task import Task
from netwright.data.tasksets import TaskSet, Terms
from netwright.learners.built import Built
from netwright.learners.image import NetModel, stacked, with_pixels
from netwright.learners.trust import check_trusted
from netwright.paradigms.fewshot.approach import Approach

if TYPE_CHECKING:
    from netwright.paradigms.fewshot.method import Method

WEIGHTS = "method.safetensors"
NORMAL_95 = 1.96
"""Deviations either way that hold 95 % of a normal distribution."""


@dataclass(frozen=True)
class Judgement:
    """How well new tasks are learned.

    Attributes:
        metric: `accuracy`, or `rmse` where targets are numbers.
        score: Its mean over episodes; of numbers the root of the mean squared error over all, in
            the target's unit.
        interval95: Half the width of its 95 % interval, by the normal distribution.
        episodes: How many.
        protocol: How they were learned and judged, in words.
    """

    metric: str
    score: float
    interval95: float
    episodes: int
    protocol: str

    def to_json(self) -> dict[str, Any]:
        """A flat JSON-able dict, the score under its metric's name."""
        facts = asdict(self)
        return {facts.pop("metric"): facts.pop("score"), **facts}


class FewshotModel(Model):
    """A method with its learned weights.

    Args:
        method: Trained, on the CPU.
        built: What its backbone was built from.
        approach: How it learned.
        tuned: What training found out.
    """

    def __init__(
        self,
        method: Method,
        built: Built,
        approach: Approach,
        tuned: Mapping[str, float] | None = None,
    ) -> None:
        self.method = method.eval()
        self.built = built
        self.approach = approach
        self.tuned = dict(tuned or {})

    def predict(self, table: Any) -> NDArray[np.float64]:
        """Refuses.

        Raises:
            ConfigError: It has to adapt first.
        """
        raise ConfigError(
            "A few-shot model has no classes of its own; adapt it to a few examples of yours, and "
            "predict with what that gives."
        )

    def adapt(self, support: Task) -> NetModel:
        """The net for one task, an ordinary one from here on.

        Args:
            support: With its rows, a few of each class, all of which are learned from.

        Raises:
            ConfigError: The pictures are of another shape, or the method was made for another
                number of classes.
        """
        import torch

        from netwright.nn.attention import Attention

        self._check(support)
        (column,) = (column.name for column in support.schema.used)
        rows = stacked(support.data.features[column])
        net = self.method.adapted(rows, torch.from_numpy(self._labels(support)))
        last = net.get_submodule(self.method.head)
        # Statistics are frozen by now; groups, which have none, stay.
        built = replace(
            self.built,
            column=column,
            heads=(replace(self.built.heads[0], width=support.outputs),),
            norm="group" if self.approach.norm == "group" else "",
            attention=last.facts() if isinstance(last, Attention) else {},
        )
        return NetModel(net, built)

    def _labels(self, support: Task) -> NDArray[Any]:
        """Classes, or numbers as the method knows them."""
        if support.classes:
            return np.array(support.data.target, dtype=np.int64)
        (head,) = self.built.heads
        scaled = (np.asarray(support.data.target) - head.mean) / head.spread
        return scaled.astype(np.float32)

    def _check(self, support: Task) -> None:
        if support.input_shape != self.built.shape:
            raise ConfigError(
                f"This model learned from pictures of {self.built.shape}, (channels, height, "
                f"width). Got {support.input_shape}; name the shape in a schema file."
            )
        self._check_ways(support.outputs)

    def _check_ways(self, ways: int) -> None:
        if not self.method.compares and ways != self.built.outputs:
            raise ConfigError(
                f"{self.approach.method!r} learned to tell {self.built.outputs} classes apart and "
                f"cannot take {ways}; train with that many ways, or use protonet."
            )

    def judge(
        self,
        tasks: TaskSet,
        terms: Terms | None = None,
        episodes: int = 600,
        context: Context | None = None,
    ) -> Judgement:
        """Learns new tasks, and tells how well.

        Args:
            tasks: Of classes it has never seen.
            terms: Of the episodes; those of training if None.
            episodes: How many; under a deadline as many as fit.
            context: Its seed decides which.

        Raises:
            DataError: Such episodes cannot be drawn.
            ConfigError: The method was made for another number of ways.
        """
        import torch

        from netwright.nn.layout import pixels_last
        from netwright.paradigms.fewshot.episodes import Episodes
        from netwright.paradigms.fewshot.method import scored

        terms, context = terms or self.approach.terms, context or Context()
        self._check_ways(terms.ways)
        tasks.check(terms)
        method = deepcopy(self.method)
        if method.compares:
            method = pixels_last(method)
        drawn = Episodes(tasks, terms, episodes, context.seed)
        each: list[float] = []  # of every episode
        with torch.no_grad():
            while len(each) < episodes and not (each and context.expired()):
                part = drawn.take(slice(len(each), len(each) + drawn.at_once))
                metric, scores = scored(method(*part.inputs), part.target)
                each += scores.tolist()
        spread = np.std(each, ddof=1) if len(each) > 1 else np.nan
        score, interval = float(np.mean(each)), float(NORMAL_95 * spread / len(each) ** 0.5)
        if metric == "mse":
            (head,) = self.built.heads
            root = math.sqrt(score)  # whose slope is one over twice itself
            metric, score = "rmse", head.spread * root
            interval *= head.spread / (2 * root) if root else 0.0
        told = (str(replace(self.approach, terms=terms)), tasks.extent)
        protocol = "; ".join(filter(None, told))
        return Judgement(metric, score, interval, len(each), protocol)

    def save(self, folder: Path) -> None:
        """Writes the weights and the words."""
        from safetensors.torch import save_file

        state = {name: tensor.contiguous() for name, tensor in self.method.state_dict().items()}
        save_file(state, folder / WEIGHTS)
        facts = {
            "format": "fewshot",
            "built": asdict(self.built),
            "approach": self.approach.to_json(),
            "tuned": self.tuned,
        }
        (folder / "model.json").write_text(json.dumps(facts))

    @classmethod
    def load(cls, folder: Path) -> FewshotModel:
        """Builds the backbone and the method, and fills in the weights."""
        from safetensors.torch import load_file

        facts = json.loads((folder / "model.json").read_text())
        built, approach = Built.from_json(facts["built"]), Approach.from_json(facts["approach"])
        check_trusted(approach.method)
        method = approach.make(with_pixels(built.net(), built.shape))
        method.load_state_dict(load_file(folder / WEIGHTS))
        return cls(method, built, approach, facts["tuned"])
