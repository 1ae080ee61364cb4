"""The contract of few-shot methods.

class Mine(Method):
    def forward(self, support, labels, query):
        return ...                                # (tasks, queries, ways)

    def adapted(self, support, labels):
        return ...                                # a net for one task
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss

from netwright.core.errors import ConfigError
from netwright.nn.last_layer import last_layer, without_last
from netwright.nn.normalisation import plain
from netwright.nn.single_path import paths_in


class Method(nn.Module, ABC):
    """Learns to learn.

    Args:
        net: The backbone, whose last layer is linear. A method that compares embeddings takes that
            layer off, and puts another in its place when it adapts.

    Attributes:
        compares: Whether it does.
        needs_queries: Whether it learns from queries; else all rows but one a class are support.
        head: Name of the last layer.
    """

    compares: ClassVar[bool] = False
    needs_queries: ClassVar[bool] = True

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        paths = paths_in(net)
        if paths and not self.compares:
            raise ConfigError(
                "Designs that share weights are learned by methods that compare, such as protonet; "
                "name one of those, or another strategy."
            )
        for path in paths:
            path.change(without_last)
        self.head = "" if paths else last_layer(net)
        self._own_head: list[nn.Module] = []  # in a list: no part of what is trained
        if not paths:
            self._own_head.append(net.get_submodule(self.head))
            net = without_last(net) if self.compares else net
        self.net = net

    @abstractmethod
    def forward(self, support: Tensor, labels: Tensor, query: Tensor) -> Tensor:
        """What the queries of several tasks are.

        Args:
            support: (tasks, supports, ...).
            labels: (tasks, supports) classes from 0, or numbers.
            query: (tasks, queries, ...).

        Returns:
            (tasks, queries, ways) logits, or (tasks, queries, 1) numbers.
        """

    def loss(
        self, outputs: Tensor, target: Tensor, weight: Tensor | None = None, smoothing: float = 0.0
    ) -> Tensor:
        """What training goes down, see `episode_loss`."""
        return episode_loss(outputs, target, weight, smoothing)

    def released(self) -> nn.Module:
        """The backbone as it came, with what it has learned: ordinary batch normalisation, and its
        own last layer, which is as it was where the method took it off. It is changed."""
        net = plain(self.net)
        if self.compares:
            net.set_submodule(self.head, self._own_head[0])
        return net

    @abstractmethod
    def adapted(self, support: Tensor, labels: Tensor) -> nn.Module:
        """The net that a single task's support makes: (batch, ...) -> (batch, ways).

        It is of the backbone's own architecture, with as many outputs as the support has ways, and
        predicts row by row: what it knows of other rows it knows from the support.

        Args:
            support: (supports, ...).
            labels: (supports,) classes from 0, or numbers.
        """


def scored(outputs: Tensor, target: Tensor) -> tuple[str, Tensor]:
    """What people ask of answers: accuracy, or the mean squared error of numbers.

    Args:
        outputs: (tasks, queries, ways) logits, or (tasks, queries, 1) numbers.
        target: (tasks, queries).

    Returns:
        The metric's name, and its value of each task.
    """
    if target.is_floating_point():
        return "mse", (outputs[..., 0] - target).square().double().mean(dim=1)
    return "accuracy", (outputs.argmax(-1) == target).double().mean(dim=1)


def missed(
    outputs: Tensor, target: Tensor, weight: Tensor | None = None, smoothing: float = 0.0
) -> Tensor:
    """The share of queries that are answered wrongly, or the mean squared error of numbers.

    A loss goes up again while answers still get better: distances grow, and with them how sure of
    itself a wrong answer is.
    """
    metric, scores = scored(outputs, target)
    return scores.mean() if metric == "mse" else 1 - scores.mean()


def episode_loss(
    outputs: Tensor, target: Tensor, weight: Tensor | None = None, smoothing: float = 0.0
) -> Tensor:
    """Mean cross-entropy, or squared error of numbers, over all queries of all tasks.

    Args:
        outputs: (..., ways) logits, or (..., 1) numbers.
        target: (...) classes or numbers.
        weight: Not used: every query counts the same.
        smoothing: Share of a class's probability spread evenly.
    """
    if target.is_floating_point():
        return mse_loss(outputs[..., 0], target)
    return cross_entropy(outputs.flatten(0, -2), target.flatten(), label_smoothing=smoothing)
