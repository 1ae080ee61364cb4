"""What a proxy works on: a copy of the net, a batch, and what several proxies ask for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy

from netwright.core.errors import DataError
from netwright.nn.layout import pixels_last
from netwright.paradigms.nas.proxies import get_proxy
from netwright.paradigms.nas.proxies.rectifiers import Watching

Net = Callable[[Tensor], Any]
"""(batch, channels, h, w) -> (batch, outputs), or a tuple that begins with it."""


@dataclass(frozen=True)
class Forward:
    """A batch's way through a net; derivatives can be taken of it.

    Attributes:
        images: The batch.
        predicted: (batch, outputs).
        layers: Convolutions and linear layers, in the order they were used.
        outputs: What each of them made, (batch, channels, ...).
        rectified: What each ReLU made.
    """

    images: Tensor
    predicted: Tensor
    layers: list[nn.Conv2d | nn.Linear]
    outputs: list[Tensor]
    rectified: list[Tensor]


@dataclass(frozen=True)
class Flow:
    """The way back.

    Attributes:
        gradients: Of the loss, one a weight of the probe; zeros where it does not matter.
        slopes: The loss's gradient with respect to each output of `Forward`, of its shape.
    """

    gradients: list[Tensor]
    slopes: list[Tensor]


class Probe:
    """An untrained net under scrutiny.

    Args:
        net: Is copied; the copy is in training mode, as nets are when they learn their first batch.
        images: (batch, channels, h, w) floats, at least two.
        targets: (batch,) class numbers.
        seed: Everything random derives from it.

    Raises:
        DataError: Images and targets are not such a batch.
    """

    def __init__(self, net: nn.Module, images: Tensor, targets: Tensor, seed: int) -> None:
        _check(images, targets)
        self.net = pixels_last(deepcopy(net).train().requires_grad_(True))
        some = next(self.net.parameters(), images)
        self.images = images.to(some, memory_format=torch.channels_last)
        self.targets = targets.to(some.device)
        self.seed = seed

    def layers(self) -> list[nn.Conv2d | nn.Linear]:
        """Convolutions and linear layers, in the order they were made."""
        return [layer for layer in self.net.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]

    @cached_property
    def weights(self) -> list[Tensor]:
        """Of every convolution and linear layer, without biases."""
        return list(weights_of(self.net).values())

    @cached_property
    def forward(self) -> Forward:
        """What goes forward; once for all who ask."""
        made: list[tuple[Any, Tensor]] = []
        rectified: list[Tensor] = []
        hooks = [
            layer.register_forward_hook(lambda layer, _, out: made.append((layer, out)))
            for layer in self.layers()
        ]
        images = self.images.clone().requires_grad_(True)
        torch.manual_seed(self.seed)  # whoever asks first, dropout drops the same
        with Watching(rectified.append):
            predicted = predictions(self.net, images)
        for hook in hooks:
            hook.remove()
        layers, outputs = [layer for layer, _ in made], [out for _, out in made]
        return Forward(images, predicted, layers, outputs, rectified)

    @cached_property
    def flow(self) -> Flow:
        """What comes back of the loss; once for all who ask."""
        forward = self.forward
        loss = loss_from(forward.predicted, self.targets)
        found = gradients_of(loss, [*self.weights, *forward.outputs], keep=True)
        return Flow(found[: len(self.weights)], found[len(self.weights) :])

    def generator(self) -> Generator:
        """A fresh source of random numbers."""
        return torch.Generator(self.images.device).manual_seed(self.seed)

    def normal(self, count: int, generator: Generator) -> Tensor:
        """(count, channels, h, w): images of nothing but noise."""
        shape = (count, *self.images.shape[1:])
        noise = torch.randn(shape, generator=generator, device=self.images.device)
        return noise.to(self.images, memory_format=torch.channels_last)


class Proxy:
    """A measure of a probe, as a score of a net; NaN where the measure is not a finite number."""

    def __init__(self, measure: Callable[[Probe], float | Tensor]) -> None:
        self.measure = measure
        self.__doc__ = measure.__doc__

    def __call__(self, net: nn.Module, images: Tensor, targets: Tensor, seed: int = 0) -> float:
        """The score of a net, see `Probe` for what the arguments are."""
        return self.of(Probe(net, images, targets, seed))

    def of(self, probe: Probe) -> float:
        """The score of what a probe holds."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(probe.seed)
            score = float(self.measure(probe))
        return score if math.isfinite(score) else math.nan


def scores(
    proxies: Sequence[str], net: nn.Module, images: Tensor, targets: Tensor, seed: int = 0
) -> dict[str, float]:
    """Several scores of one net, for less than each alone: what they share is found once.

    Args:
        proxies: Names, or `package:function` for a person's own.
        net: Is left as it is.
        images: (batch, channels, h, w) floats.
        targets: (batch,) class numbers.
        seed: Everything random derives from it.

    Raises:
        UnknownName: No such proxy.
        DataError: Images and targets are not a batch that the net takes.
    """
    known: Mapping[str, Any] = {name: get_proxy(name) for name in proxies}
    probe = Probe(net, images, targets, seed)
    return {
        name: proxy.of(probe)
        if isinstance(proxy, Proxy)
        else float(proxy(net, images, targets, seed))
        for name, proxy in known.items()
    }


def weights_of(net: nn.Module) -> dict[str, Tensor]:
    """The weights of convolutions and linear layers, by their names in the net."""
    return {
        f"{name}.weight".lstrip("."): layer.weight
        for name, layer in net.named_modules()
        if isinstance(layer, nn.Conv2d | nn.Linear)
    }


def loss_of(net: Net, images: Tensor, targets: Tensor) -> Tensor:
    """Mean cross-entropy of a batch, a scalar.

    Raises:
        DataError: A target is no class of the net's.
    """
    return loss_from(predictions(net, images), targets)


def loss_from(out: Tensor, targets: Tensor) -> Tensor:
    """Mean cross-entropy of predictions (batch, outputs).

    Raises:
        DataError: See `loss_of`.
    """
    if int(targets.max()) >= out.shape[1]:
        raise DataError(
            f"Targets are class numbers below {out.shape[1]}, the outputs of the net. "
            f"Got {int(targets.max())}."
        )
    return cross_entropy(out, targets)


def predictions(net: Net, images: Tensor) -> Tensor:
    """(batch, outputs), without what auxiliary heads say."""
    out = net(images)
    return out[0] if isinstance(out, tuple) else out


def gradients_of(value: Tensor, sources: Sequence[Tensor], keep: bool = False) -> list[Tensor]:
    """Derivatives of a scalar, one a source; zeros where it does not depend on one.

    Args:
        value: The scalar.
        sources: What it is derived by.
        keep: Whether others will go the same way back.
    """
    if not value.requires_grad:
        return [torch.zeros_like(source) for source in sources]
    found = torch.autograd.grad(
        value, sources, retain_graph=keep, allow_unused=True, materialize_grads=True
    )
    return list(found)


def _check(images: Tensor, targets: Tensor) -> None:
    if images.ndim != 4 or not images.is_floating_point() or len(images) < 2:
        raise DataError(
            "Proxies need at least two images as floats (batch, channels, height, width). "
            f"Got {tuple(images.shape)} of {images.dtype}."
        )
    if targets.shape != images.shape[:1] or targets.dtype != torch.int64 or targets.min() < 0:
        raise DataError(
            f"Proxies need the class number (int64) of each of the {len(images)} images. "
            f"Got {tuple(targets.shape)} of {targets.dtype}."
        )
