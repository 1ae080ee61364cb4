"""Tiny nets in double precision, small enough to check by hand."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

SIDE, CLASSES = 4, 3


def batch(count: int = 6, channels: int = 2, seed: int = 0) -> tuple[Tensor, Tensor]:
    """(count, channels, 4, 4) doubles and (count,) class numbers."""
    random = torch.Generator().manual_seed(seed)
    images = torch.randn(count, channels, SIDE, SIDE, dtype=torch.double, generator=random)
    return images, torch.randint(CLASSES, (count,), generator=random)


def convolutional(
    activation: nn.Module | None = None, norm: bool = True, seed: int = 0
) -> nn.Sequential:
    """Two convolutions and a linear layer."""
    torch.manual_seed(seed)
    bend = activation or nn.ReLU()
    return nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1, bias=False),
        nn.BatchNorm2d(3) if norm else nn.Identity(),
        bend,
        nn.Conv2d(3, 4, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(4) if norm else nn.Identity(),
        bend,
        nn.Flatten(),
        nn.Linear(16, CLASSES),
    ).double()


def weights_of(net: nn.Module) -> list[Tensor]:
    """Of convolutions and linear layers."""
    return [m.weight for m in net.modules() if isinstance(m, nn.Conv2d | nn.Linear)]


def gradients_by_hand(net: nn.Module, images: Tensor, targets: Tensor) -> list[Tensor]:
    """The loss's gradient of each weight, by `backward` in training mode."""
    net.train().zero_grad()
    cross_entropy(net(images), targets).backward()
    found = [weight.grad.clone() for weight in weights_of(net) if weight.grad is not None]
    net.zero_grad()
    return found
