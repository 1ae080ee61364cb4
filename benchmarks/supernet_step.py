"""A step of a supernet against the same mathematics in plain PyTorch, and method against method.

NAS-Bench-201's space on noise of 32x32, in batches of 64, in turns; the median ratio counts. The
published net has five cells a stage; beside it stands the smallest, of one, in which the stem and
the reductions, that every method pays for alike, weigh more. A step is what the training loop does:
first the strengths learn, where there are any, then the weights go forward and back. Plain PyTorch
is the net of all operations written as one module, every edge a list of operations and a weighted
sum; it is compared with the weights' part of a supernet's step.

The bars: a step of the supernet 1.1 of plain PyTorch's; one path (spos, gdas) a quarter of all of
them (darts); second order four times first order.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from common import parser, write
from netwright.core.config import Config
from netwright.nn.allocation import keep_freed_memory
from netwright.nn.bilevel import Turn, companion_of
from netwright.nn.nasbench201 import Reduction
from netwright.paradigms.nas.oneshot import get_one_shot
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import image_task

BARS = {"supernet": 1.1, "gdas": 0.25, "spos": 0.25, "second_order": 4.0}
EDGES = [(j, i) for j in range(1, 4) for i in range(j)]


def arguments() -> argparse.Namespace:
    """How large, and how often."""
    made = parser(__doc__)
    made.add_argument("--cells", type=int, nargs="+", default=[5, 1], help="the first one counts")
    made.add_argument("--channels", type=int, default=16)
    made.add_argument("--batch", type=int, default=64)
    made.add_argument("--turns", type=int, default=25)
    told = made.parse_args()
    if told.smoke:
        told.cells, told.channels, told.batch, told.turns = [1], 4, 4, 2
    return told


class PlainCell(nn.Module):
    """All operations of all edges, as one would write them down."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.edges = nn.ModuleList(
            nn.ModuleList([nn.Identity(), conv(channels, 1), conv(channels, 3), Pool()])
            for _ in EDGES
        )

    def forward(self, x: Tensor, weights: Tensor) -> Tensor:
        values: list[Any] = [x, None, None, None]
        for (j, i), operations, row in zip(EDGES, self.edges, weights, strict=True):
            out = sum(
                w * operation(values[i])
                for w, operation in zip(row[1:], operations.children(), strict=True)
            )
            values[j] = out if values[j] is None else values[j] + out
        return values[3]


def conv(channels: int, kernel: int) -> nn.Sequential:
    """ReLU, convolution, normalisation that does not scale."""
    convolution = nn.Conv2d(channels, channels, kernel, padding=kernel // 2, bias=False)
    return nn.Sequential(nn.ReLU(), convolution, nn.BatchNorm2d(channels, affine=False))


class Pool(nn.Module):
    """3x3 mean."""

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False)


class PlainNet(nn.Module):
    """The published net around such cells."""

    def __init__(self, channels: int, cells: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        )
        self.parts = nn.ModuleList()
        for width in (channels, 2 * channels, 4 * channels):
            if width > channels:
                self.parts.append(Reduction(width // 2, width))
            self.parts.extend(PlainCell(width) for _ in range(cells))
        self.last = nn.Sequential(nn.BatchNorm2d(4 * channels), nn.ReLU())
        self.head = nn.Linear(4 * channels, 10)
        self.alpha = nn.Parameter(1e-3 * torch.randn(len(EDGES), 5))

    def forward(self, x: Tensor) -> Tensor:
        weights, x = self.alpha.softmax(dim=1), self.stem(x)
        for part in self.parts:
            x = part(x, weights) if isinstance(part, PlainCell) else part(x)
        return self.head(self.last(x).mean(dim=(2, 3)))


def main() -> None:
    """Depth by depth."""
    told = arguments()
    keep_freed_memory()
    found = {cells: compared(cells, told) for cells in told.cells}
    ratios = found[told.cells[0]]["ratios"]
    write(
        "supernet_step",
        {
            "met": {name: ratios[name] <= bar for name, bar in BARS.items()},
            **{f"cells {cells}": row for cells, row in found.items()},
            "terms": {name: v for name, v in vars(told).items() if name != "smoke"},
            "threads": torch.get_num_threads(),
        },
        told.smoke,
    )


def compared(cells: int, told: argparse.Namespace) -> dict[str, Any]:
    """Turn by turn, each in every turn: ratios, and milliseconds of a step."""
    torch.manual_seed(0)
    x = torch.randn(told.batch, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    y = torch.arange(told.batch) % 10
    methods = ("darts", "darts2", "gdas", "spos")
    nets = {name: supernet(name, cells, told.channels) for name in methods}
    plain = laid_out(PlainNet(told.channels, cells))
    steps: dict[str, Callable[[], Any]] = {
        "plain": lambda: back(plain, x, y),
        "supernet": lambda: back(nets["darts"], x, y),
        **{name: partial(whole, net, x, y) for name, net in nets.items()},
    }
    seconds = timed(steps, told.turns)
    ratios = {
        "supernet": ratio(seconds, "supernet", "plain"),
        **{name: ratio(seconds, name, "darts") for name in ("gdas", "spos")},
        "second_order": ratio(seconds, "darts2", "darts"),
    }
    taken = {name: round(1e3 * median(of), 2) for name, of in seconds.items()}
    return {"ratios": ratios, "milliseconds": taken}


def supernet(method: str, cells: int, channels: int) -> nn.Module:
    """The supernet of a method, ready to learn."""
    inner = NetSpaceName("nasbench201", {"cells": cells, "channels": channels})
    net = get_one_shot(method).supernet(inner).open()
    built = net.build(Config({}), image_task((3, 32, 32), 10))
    return laid_out(built.train())


def laid_out(net: nn.Module) -> nn.Module:
    """Weights in the layout that two cores like best."""
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def back(net: nn.Module, x: Tensor, y: Tensor) -> None:
    """Forward and back, strengths too."""
    net.zero_grad(set_to_none=True)
    nn.functional.cross_entropy(net(x), y).backward()


def whole(net: nn.Module, x: Tensor, y: Tensor) -> None:
    """As in the training loop, the same batch for strengths and weights."""
    companion = companion_of(net)
    assert companion is not None
    companion.requires_grad_(True)
    companion.learn(turn(net, set(companion.parameters()), x, y))
    companion.requires_grad_(False)
    back(net, x, y)
    companion.requires_grad_(True)


def turn(net: nn.Module, own: set[nn.Parameter], x: Tensor, y: Tensor) -> Turn:
    """What a companion learns from."""

    def loss(weights: Any) -> Tensor:
        said = net(x) if weights is None else functional_call(net, dict(weights), (x,))
        return nn.functional.cross_entropy(said, y)

    weights = {name: weight for name, weight in net.named_parameters() if weight not in own}
    return Turn(loss, loss, 0.025, 0.5, weights)


def timed(steps: dict[str, Callable[[], Any]], turns: int) -> dict[str, list[float]]:
    """Seconds of every step, turn by turn; the first two turns warm up."""
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for number in range(turns + 2):
        for name, run in steps.items():
            started = time.perf_counter()
            run()
            if number >= 2:
                seconds[name].append(time.perf_counter() - started)
    return seconds


def ratio(seconds: dict[str, list[float]], one: str, other: str) -> float:
    """The median over turns of one against the other."""
    pairs = zip(seconds[one], seconds[other], strict=True)
    return round(median(a / b for a, b in pairs), 3)


if __name__ == "__main__":
    main()
