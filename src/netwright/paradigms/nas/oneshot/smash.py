"""SMASH (Brock et al., "SMASH: One-Shot Model Architecture Search through HyperNetworks", ICLR
2018).

A hypernetwork makes the weights of a design from the design itself. Every batch draws a design, and
what is learned is how to make weights. Then designs are judged with the weights that are made for
them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from typing import ClassVar

import torch
from torch import Tensor, nn

from netwright.core.config import Config
from netwright.core.task import Task
from netwright.nn.hypernetwork import Hypernetwork
from netwright.nn.single_path import SinglePath
from netwright.paradigms.nas.oneshot.spos import SinglePathOneShot
from netwright.spaces.supernet import SupernetSpace

WIDTH = 32
"""Of a code."""
LOOKED_AT = 200
"""Designs that are looked at to learn what may be chosen."""


class DesignEncoder(nn.Module):
    """Makes a code of the choices of a design.

    Args:
        designs: That show what may be chosen.
    """

    def __init__(self, designs: Iterable[Config]) -> None:
        super().__init__()
        choices = dict.fromkeys(choice for design in designs for choice in _choices(design))
        self.places = {choice: place for place, choice in enumerate(choices)}
        self.layers = nn.Sequential(
            nn.Linear(len(choices), WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.Tanh()
        )

    def forward(self, design: Config) -> Tensor:
        """(WIDTH,); what was never seen before says nothing."""
        chosen = torch.zeros(len(self.places), device=next(self.parameters()).device)
        known = [self.places[choice] for choice in _choices(design) if choice in self.places]
        chosen[known] = 1.0
        out: Tensor = self.layers(chosen)
        return out


def _choices(design: Config) -> list[str]:
    return [f"{name}={value}" for name, value in design.items()]


class SmashPath(SinglePath[Config]):
    """Runs a design with weights that are made for it."""

    bank: Hypernetwork

    def __init__(
        self,
        bank: Hypernetwork,
        build: Callable[[Config], nn.Module],
        draw: Callable[[int], Config],
        encoder: DesignEncoder,
    ) -> None:
        super().__init__(bank, build, draw)
        self.encoder = encoder

    def weights_of(self, net: nn.Module, design: Config) -> dict[str, Tensor]:
        """All by one code."""
        code = self.encoder(design)
        return self.bank.made(net, code.expand(len(list(net.parameters())), -1))


class SmashSpace(SupernetSpace):
    """The supernet whose weights are made from the design."""

    def build(self, config: Config, task: Task) -> nn.Module:
        """The hypernetwork and its encoder."""
        build = partial(self.inner.build, task=task)
        encoder = DesignEncoder(islice(self.first(), LOOKED_AT))
        return SmashPath(Hypernetwork(self.passing(task), WIDTH), build, self.draw, encoder)


class SMASH(SinglePathOneShot):
    """Uniform sampling; evolution judges at most 1,000 designs."""

    space: ClassVar[str] = "smash"
