"""All designs of a space as one net, of which each batch runs a single one.

Single-path one-shot search (Guo et al., ECCV 2020) trains so: each step draws a design and changes
that design's part of the shared weights alone, so that time and memory are those of one design.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.modules.batchnorm import _BatchNorm

from netwright.nn.bilevel import Companion, Turn
from netwright.nn.layout import suited
from netwright.nn.weight_bank import WeightBank, filled, settled

D = TypeVar("D")
M = TypeVar("M", bound=nn.Module)
KEPT = 32
"""Nets that are kept to be used again."""


class Draws(Companion, Generic[D]):
    """Draws a design for every step of a training; between two steps it stays the same.

    Args:
        draw: Draws a design from a seed.
        fits: Whether there are weights for all of it.
    """

    halves = False

    def __init__(self, draw: Callable[[int], D], fits: Callable[[D], bool]) -> None:
        super().__init__()
        self._draw, self._fits = draw, fits
        self._design: D | None = None

    @property
    def design(self) -> D:
        """The one that runs now."""
        if self._design is None:
            self.learn(None)
        assert self._design is not None
        return self._design

    def learn(self, turn: Turn | None) -> None:
        """Draws the next one."""
        design = self.fresh()
        while not self._fits(design):
            design = self.fresh()
        self._design = design

    def fresh(self) -> D:
        """Any design."""
        return self._draw(int(torch.randint(2**62, ())))  # torch's state is kept in checkpoints


class SinglePath(nn.Module, Generic[D]):
    """Runs one design after another with weights from a bank.

    Batch normalisation takes its statistics from the batch: averages over designs would suit none.

    Args:
        bank: The weights, the only ones it has.
        build: Makes the net of a design; what weights that has does not matter.
        draw: Draws a design from a seed.
    """

    def __init__(
        self, bank: WeightBank, build: Callable[[D], nn.Module], draw: Callable[[int], D]
    ) -> None:
        super().__init__()
        self.bank, self.build = bank, build
        self.draws = self.drawing(draw)
        self._changes: list[Callable[[nn.Module], nn.Module]] = []
        self._nets: dict[D, nn.Module] = {}  # a dict, so that their weights are not its own

    def drawing(self, draw: Callable[[int], D]) -> Draws[D]:
        """Who draws the designs."""
        return Draws(draw, self.has)

    def has(self, design: D) -> bool:
        """Whether the bank has all weights of a design."""
        return self.bank.holds(self.net_of(design))

    def change(self, how: Callable[[nn.Module], nn.Module]) -> None:
        """Has every net changed once it is built, such as in how it normalises."""
        self._changes.append(how)
        self._nets.clear()

    def forward(self, *inputs: Any) -> Any:
        """What the drawn design says."""
        return self.run(self.draws.design, *inputs)

    def run(self, design: D, *inputs: Any) -> Any:
        """What a design says."""
        net = self.net_of(design)
        if net.training != self.training:
            net.train(self.training)
        return functional_call(net, self.weights_of(net, design), inputs)

    def weights_of(self, net: nn.Module, design: D) -> dict[str, Tensor]:
        """What the net of a design runs with, by the names of its weights."""
        return self.bank.parts(net)

    @torch.no_grad()
    def fill(self, net: M, design: D) -> M:
        """Gives the net of a design a copy of its part of the weights."""
        return filled(net, self.weights_of(net, design))

    def subnet(self, design: D) -> nn.Module:
        """A net of its own that says what the design says; its statistics of batch normalisation
        are to be measured, see `netwright.nn.recalibration`."""
        return self.fill(self.build(design), design)

    @property
    def drawn(self) -> nn.Module:
        """The net of the drawn design."""
        return self.net_of(self.draws.design)

    def net_of(self, design: D) -> nn.Module:
        """The net of a design, its own weights of no use."""
        if design not in self._nets:
            while len(self._nets) >= KEPT:
                del self._nets[next(iter(self._nets))]
            with torch.random.fork_rng(devices=[]):
                net = self.build(design)
            for change in self._changes:
                net = change(net)
            device = next(self.bank.parameters()).device
            if any(weight.device != device for weight in net.parameters()):
                net = net.to(device)
            self._nets[design] = settled(_by_batch(suited(net)))
        return self._nets[design]


def paths_in(net: nn.Module) -> list[SinglePath[Any]]:
    """The nets of all designs inside a net, mostly none."""
    return [module for module in net.modules() if isinstance(module, SinglePath)]


def _by_batch(net: nn.Module) -> nn.Module:
    for module in net.modules():
        if isinstance(module, _BatchNorm):
            module.track_running_stats = False
            module.running_mean = module.running_var = module.num_batches_tracked = None
    return net
