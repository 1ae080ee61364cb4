"""Once-for-all (Cai et al., "Once-for-All: Train One Network and Specialize it for Efficient
Deployment", ICLR 2020).

One net is trained whose smaller designs are good as they are. First only the largest is trained, at
all resolutions that there are, then kernels may shrink, then depths, then widths too; the largest
teaches the smaller ones. Afterwards a design is picked for a device, without training:
`netwright deploy`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from netwright.core.choosers import (
    LargestChooser,
    RandomChooser,
    Recorder,
    SmallestChooser,
    SplitChooser,
)
from netwright.core.config import Config
from netwright.core.domains import Categorical
from netwright.core.errors import ConfigError
from netwright.core.task import Task
from netwright.paradigms.nas.oneshot.spos import SinglePathOneShot
from netwright.spaces.nets import NetSpace
from netwright.spaces.supernet import SupernetSpace

if TYPE_CHECKING:
    from torch import nn

PHASES = (0.0, 0.3, 0.5, 0.75)
"""Share of the training at which it begins with the largest, kernels, depths, and all else; in the
paper the largest has 180 epochs, each of the others up to 150."""
TEACHING = 0.75
"""Share of the training at whose end the largest begins to teach: with the last phase. In the paper
it does so from the second one on, as it was when the first one ended; but a lesson takes half as
long as a step, and before it has learned for long there is little that it can teach.
"""
SHRINKS = (("resolution",), ("kernel",), ("depth", "layers"))
"""What a decision's name ends with that may shrink in the first, second and third phase."""
PROBED = 5
"""Designs whose weights are looked at, beside the largest, where all choices are in order."""


def phase_of(name: str) -> int:
    """The phase from which on a decision is free, by the last word of its name."""
    word = name.rpartition(".")[2].rstrip("0123456789")
    found = [phase for phase, words in enumerate(SHRINKS) if word in words]
    return found[0] if found else len(PHASES) - 1


class ElasticSpace(SupernetSpace):
    """The supernet whose designs shrink phase by phase.

    Args:
        space: Name of the other space.
        arguments: What that is made with.
        teaching: Share of the training at whose end the largest begins to teach; 1 for never.

    Raises:
        ConfigError: It is no share.
    """

    def __init__(
        self, space: str, arguments: Mapping[str, Any] | None = None, teaching: float = TEACHING
    ) -> None:
        super().__init__(space, arguments)
        if not 0 <= teaching <= 1:
            raise ConfigError(f"Teaching begins at a share of training, 0 to 1. Got {teaching:g}.")
        self.teaching = teaching

    def build(self, config: Config, task: Task) -> nn.Module:
        """The elastic net, its weights those of its largest design."""
        from netwright.nn.elastic import ElasticBank, ElasticNet

        build = partial(self.inner.build, task=task)
        bank = ElasticBank(self.nets(task))
        return ElasticNet(bank, build, self.draw_in, next(self.first()), PHASES, self.teaching)

    def first(self) -> Iterator[Config]:
        """The largest design; few random ones where it has the weights of all others."""
        asked = Recorder(LargestChooser())
        yield self.inner.configure(asked)
        nested = not any(isinstance(domain, Categorical) for domain in asked.domains.values())
        yield from islice(super().first(), PROBED if nested else None)

    def draw_in(self, seed: int, phase: int) -> Config:
        """A design whose decisions are free if their phase has come, and else the largest."""
        free = RandomChooser(np.random.default_rng(seed))
        chooser = SplitChooser(free, LargestChooser(), lambda name: phase_of(name) <= phase)
        return self.inner.configure(chooser)


class OnceForAll(SinglePathOneShot):
    """Progressive shrinking; of at most 1,000 designs a front of score and latency is judged."""

    asks: ClassVar[tuple[str, ...]] = ("teaching",)
    recipe: ClassVar[Mapping[str, Any]] = {"keep": "last"}
    share: ClassVar[float] = 0.65
    judging: ClassVar[float] = 0.25
    strategy: ClassVar[str] = "auto"
    space: ClassVar[str] = "once_for_all"
    deploys: ClassVar[bool] = True

    def extremes(self, space: NetSpace) -> list[Config]:
        """The smallest and the largest, between which the front lies."""
        return [space.configure(SmallestChooser()), space.configure(LargestChooser())]
