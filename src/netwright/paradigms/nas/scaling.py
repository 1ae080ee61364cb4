"""Compound scaling (Tan and Le, EfficientNet, ICML 2019, section 3.3).

A net grows in depth, width and resolution together: alpha^phi, beta^phi and gamma^phi times those
of a base net, with alpha * beta^2 * gamma^2 about 2, so that phi doubles its multiply-adds phi
times. The three are found once, by a small grid at phi = 1; phi is what one can pay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import ceil, floor, log

from torch import nn

from netwright.core.errors import ConfigError
from netwright.hardware.counting import count_flops

DOUBLING = 2.0
TOLERANCE = 0.1
"""How far alpha * beta^2 * gamma^2 may be from two, and multiply-adds from 2^phi."""


@dataclass(frozen=True)
class Size:
    """Of a net: layers (or cells a stage), channels (of the first stage), side of a picture."""

    layers: int
    channels: int
    side: int


@dataclass(frozen=True)
class Scaling:
    """How fast each side of a net grows, see the module."""

    alpha: float
    beta: float
    gamma: float

    @property
    def growth(self) -> float:
        """By which multiply-adds are multiplied when phi grows by one."""
        return self.alpha * self.beta**2 * self.gamma**2

    def ideal(self, base: Size, phi: float) -> tuple[float, float, float]:
        """Layers, channels and side before they are rounded."""
        return (
            base.layers * self.alpha**phi,
            base.channels * self.beta**phi,
            base.side * self.gamma**phi,
        )


PUBLISHED = Scaling(1.2, 1.1, 1.15)
"""What the paper found for EfficientNet-B0."""


@dataclass(frozen=True)
class Base:
    """A net that can be built in any size.

    Args:
        build: Makes it.
        size: As it was found.
        inputs: Channels of a picture.
        divisor: Channels are multiples of it.
    """

    build: Callable[[Size], nn.Module]
    size: Size
    inputs: int = 3
    divisor: int = 1

    def flops(self, size: Size) -> int:
        """Multiply-adds of a size."""
        return count_flops(self.build(size), (self.inputs, size.side, size.side))

    @cached_property
    def own_flops(self) -> int:
        """Multiply-adds of the net as it was found."""
        return self.flops(self.size)


def grid(step: float = 0.2) -> list[Scaling]:
    """Every scaling on a grid that doubles multiply-adds within 10 %.

    Args:
        step: Of alpha, beta and gamma, which start at 1.
    """
    places = [1 + step * place for place in range(floor(1 / step + 1e-9) + 1)]
    found = [
        Scaling(*(round(factor, 6) for factor in three)) for three in product(places, repeat=3)
    ]
    return [one for one in found if abs(one.growth / DOUBLING - 1) <= TOLERANCE]


def grid_search(base: Base, judge: Callable[[Size], float], step: float = 0.2) -> Scaling:
    """The scaling whose net with twice the multiply-adds is the best.

    Args:
        base: What is scaled.
        judge: How good a size is, more is better; trains it, most likely.
        step: See `grid`.
    """
    judged: dict[Size, float] = {}
    scores: dict[Scaling, float] = {}
    for scaling in grid(step):
        try:
            size = scale(base, scaling, 1.0)
        except ConfigError:  # a small net has no such size; others of the grid will do
            continue
        if size not in judged:
            judged[size] = judge(size)
        scores[scaling] = judged[size]
    if not scores:
        scale(base, PUBLISHED, 1.0)  # says why not
    return max(scores, key=lambda one: scores[one], default=PUBLISHED)


def scale(base: Base, scaling: Scaling, phi: float) -> Size:
    """The size whose multiply-adds are 2^phi times those of the base.

    Layers and sides are whole numbers, so they are tried rounded down and up, and the width takes
    up what that changes; of the sizes within 10 % the one nearest to the ideal is taken.

    Args:
        base: What is scaled.
        scaling: How.
        phi: How far; negative to shrink.

    Raises:
        ConfigError: No size comes within 10 %.
    """
    wanted = base.own_flops * DOUBLING**phi
    layers, channels, side = scaling.ideal(base.size, phi)
    tried = [
        _widened(base, deep, channels, wide, wanted)
        for deep, wide in product(_whole(layers), _whole(side))
    ]
    near = [size for size, share in tried if abs(share - 1) <= TOLERANCE]
    if not near:
        shares = ", ".join(f"{share:.2f}" for _, share in tried)
        raise ConfigError(
            f"No size has {DOUBLING**phi:.3g} times the multiply-adds within 10 %; the nearest "
            f"have {shares} times what was wanted. Take another phi or a smaller divisor."
        )
    return min(near, key=lambda size: _distance(size, (layers, channels, side)))


def largest_phi(cost: Callable[[float], float], limit: float, most: float = 8.0) -> float:
    """The phi one can pay, to a hundredth.

    Args:
        cost: What a phi costs, such as the measured latency of its net; grows with phi.
        limit: What one can pay.
        most: Where to stop looking.

    Raises:
        ConfigError: Even the base net costs more.
    """
    if cost(0.0) > limit:
        raise ConfigError(
            f"The base net costs {cost(0.0):.4g}, more than the limit of {limit:g}; search under "
            "this limit first."
        )
    low, high = 0.0, most
    while high - low > 0.01:
        middle = (low + high) / 2
        low, high = (middle, high) if cost(middle) <= limit else (low, middle)
    return low


def _whole(value: float) -> set[int]:
    return {max(1, floor(value)), max(1, ceil(value))}


def _widened(
    base: Base, layers: int, channels: float, side: int, wanted: float
) -> tuple[Size, float]:
    """The width that brings multiply-adds nearest, and its share of what was wanted."""

    def share(multiple: int) -> float:
        return base.flops(Size(layers, multiple * base.divisor, side)) / wanted

    low, high = 1, max(2, ceil(2 * channels / base.divisor))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if share(middle) <= 1 else (low, middle)
    best = min((low, high), key=lambda multiple: abs(log(share(multiple))))
    return Size(layers, best * base.divisor, side), share(best)


def _distance(size: Size, ideal: tuple[float, float, float]) -> float:
    ours = (size.layers, size.channels, size.side)
    return sum(abs(log(one / other)) for one, other in zip(ours, ideal, strict=True))
