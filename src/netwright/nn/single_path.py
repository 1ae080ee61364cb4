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

from netwright.nn.weight_bank import WeightBank, filled

D = TypeVar("D")
M = TypeVar("M", bound=nn.Module)
KEPT = 32
"""Nets that are kept to be used again."""


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
        self.bank, self.build, self.draw = bank, build, draw
        self._nets: dict[D, nn.Module] = {}  # a dict, so that their weights are not its own

    def forward(self, *inputs: Any) -> Any:
        """What a random design says, one that the bank has all weights of."""
        design = self._drawn()
        while not self.bank.holds(self._net(design)):
            design = self._drawn()
        return self.run(design, *inputs)

    def _drawn(self) -> D:
        return self.draw(int(torch.randint(2**62, ())))  # torch's state is kept in checkpoints

    def run(self, design: D, *inputs: Any) -> Any:
        """What a design says."""
        net = self._net(design).train(self.training)
        return functional_call(net, self.weights_of(net, design), inputs)

    def weights_of(self, net: nn.Module, design: D) -> dict[str, Tensor]:
        """What the net of a design runs with, by the names of its weights."""
        return self.bank.parts(net)

    @torch.no_grad()
    def fill(self, net: M, design: D) -> M:
        """Gives the net of a design a copy of its part of the weights."""
        return filled(net, self.weights_of(net, design))

    def _net(self, design: D) -> nn.Module:
        if design not in self._nets:
            while len(self._nets) >= KEPT:
                del self._nets[next(iter(self._nets))]
            with torch.random.fork_rng(devices=[]):
                net = _by_batch(self.build(design))
            self._nets[design] = net.to(next(self.bank.parameters()).device)
        return self._nets[design]


def _by_batch(net: nn.Module) -> nn.Module:
    for module in net.modules():
        if isinstance(module, _BatchNorm):
            module.track_running_stats = False
            module.running_mean = module.running_var = module.num_batches_tracked = None
    return net
