"""Predictors of pictures as one net: nets, and weighted means of nets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from netwright.core.errors import ConfigError
from netwright.core.learner import Model
from netwright.nn.joint import Answering


@dataclass(frozen=True)
class Exportable:
    """A predictor as one net.

    Attributes:
        net: (batch, *shape) -> probabilities (batch, classes), or numbers (batch, 1); of several
            targets side by side.
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


def exportable(model: Model) -> Exportable:
    """Makes one net of a predictor's model.

    Args:
        model: As `Predictor.model`: a net (it has `net`, `shape` and `built.heads`), or an
            ensemble of such.

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
    nets = [Answering(member.net, member.built.heads) for member in members]
    return Exportable(Mean(nets, weights, temperature).eval(), tuple(members[0].shape))


def _is_net(member: Any) -> bool:
    return isinstance(getattr(member, "net", None), nn.Module) and hasattr(member, "shape")


def _name(member: Any) -> str:
    return str(getattr(member, "name", type(member).__name__))
