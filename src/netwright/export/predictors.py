"""Predictors of pictures as one net: nets, and weighted means of nets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from netwright.core.errors import ConfigError
from netwright.core.learner import Model
from netwright.core.task import Task


@dataclass(frozen=True)
class Exportable:
    """A predictor as one net.

    Attributes:
        net: (batch, *shape) -> probabilities (batch, classes), or numbers (batch, 1).
        shape: Of one input.
    """

    net: nn.Module
    shape: tuple[int, ...]


class Mean(nn.Module):
    """The weighted mean of what nets predict, as an ensemble of them makes it.

    Args:
        nets: Each (batch, ...) -> (batch, outputs).
        weights: One a net.
        temperature: Divides the logarithms of the mean's probabilities.
    """

    def __init__(
        self, nets: Sequence[nn.Module], weights: Sequence[float], temperature: float
    ) -> None:
        super().__init__()
        self.nets = nn.ModuleList(nets)
        self.weights = tuple(weights)
        self.temperature = temperature

    def forward(self, x: Tensor) -> Tensor:
        """(batch, ...) -> (batch, outputs)."""
        parts = zip(self.weights, self.nets, strict=True)
        mean: Tensor = sum((weight * net(x) for weight, net in parts), torch.zeros(1))
        if self.temperature == 1.0:
            return mean
        powered = mean.clamp_min(1e-12) ** (1 / self.temperature)
        return powered / powered.sum(dim=1, keepdim=True)


class Scaled(nn.Module):
    """A net of regression, brought back to the target's own scale."""

    def __init__(self, net: nn.Module, mean: float, spread: float) -> None:
        super().__init__()
        self.net, self.mean, self.spread = net, mean, spread

    def forward(self, x: Tensor) -> Tensor:
        """(batch, ...) -> (batch, 1)."""
        out: Tensor = self.net(x) * self.spread + self.mean
        return out


def exportable(model: Model, task: Task) -> Exportable:
    """Makes one net of a predictor's model.

    Args:
        model: As `Predictor.model`: a net (it has `net` and `shape`), or an ensemble of such.
        task: What it predicts.

    Raises:
        ConfigError: A part of it is not a net; says which.
    """
    members: list[Any] = getattr(model, "members", [model])
    others = sorted({_name(member) for member in members if not _is_net(member)})
    if others:
        raise ConfigError(
            f"This predictor cannot be made one net: it has parts ({', '.join(others)}) that are "
            "no nets of pictures; keep its folder instead."
        )
    weights = getattr(model, "weights", [1.0])
    temperature = getattr(model, "temperature", 1.0)
    nets = [_final(member, task) for member in members]
    return Exportable(Mean(nets, weights, temperature).eval(), tuple(members[0].shape))


def _is_net(member: Any) -> bool:
    return isinstance(getattr(member, "net", None), nn.Module) and hasattr(member, "shape")


def _name(member: Any) -> str:
    return str(getattr(member, "name", type(member).__name__))


def _final(member: Any, task: Task) -> nn.Module:
    """A member's net, up to what the member predicts."""
    if task.classes:
        return nn.Sequential(member.net, nn.Softmax(dim=1))
    built = member.built
    return Scaled(member.net, built.mean, built.spread)
