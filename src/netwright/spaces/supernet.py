"""All designs of another space at once: a space of one design, whose net is the supernet.

So whoever trains and judges nets trains a supernet too, under any regime: it is a net like others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from netwright.core.choosers import EvenChooser
from netwright.core.config import Config
from netwright.core.domains import Chooser
from netwright.core.errors import unknown_name
from netwright.core.task import Task
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import NetSpace

if TYPE_CHECKING:
    from torch import nn


SAMPLINGS = ("uniform", "fair")


class SupernetSpace(NetSpace):
    """The supernet whose batches run random designs of a space, see `netwright.nn.single_path`.

    Args:
        space: Name of the other space.
        arguments: What that is made with.
        sampling: `uniform`, or `fair`, where no option of a decision runs twice before all others
            ran once (Chu, Zhang and Xu, "FairNAS", ICCV 2021).

    Raises:
        UnknownName: There is no such sampling.
    """

    def __init__(
        self, space: str, arguments: Mapping[str, Any] | None = None, sampling: str = "uniform"
    ) -> None:
        if sampling not in SAMPLINGS:
            raise unknown_name("sampling", sampling, SAMPLINGS)
        self.inner = NetSpaceName(space, arguments or {}).open()
        self.sampling = sampling
        self._left: dict[str, list[int]] = {}

    def configure(self, choose: Chooser) -> Config:
        """There is nothing to choose."""
        return Config({})

    def size(self) -> int:
        """One."""
        return 1

    def build(self, config: Config, task: Task) -> nn.Module:
        """The supernet, its first weights those of random designs that pass on what comes in."""
        from netwright.nn.single_path import SinglePath
        from netwright.nn.weight_bank import WeightBank

        build = partial(self.inner.build, task=task)
        return SinglePath(WeightBank(self.passing(task)), build, self.draw)

    def draw(self, seed: int) -> Config:
        """A random design."""
        rng = np.random.default_rng(seed)
        if self.sampling == "fair":
            return self.inner.configure(EvenChooser(rng, self._left))
        return self.inner.sample(rng)

    def passing(self, task: Task) -> Iterator[nn.Module]:
        """The same nets, their convolutions beginning as what is passed on."""
        from netwright.nn.passing import begin_passing

        return map(begin_passing, self.nets(task))

    def nets(self, task: Task) -> Iterator[nn.Module]:
        """Nets of the first designs."""
        return (self.inner.build(design, task) for design in self.first())

    def first(self) -> Iterator[Config]:
        """The usual design and random ones, without end.

        They are always the same, so that a supernet that is built to be filled with saved weights
        has the shape it had.
        """
        yield self.inner.complete()
        rng = np.random.default_rng(0)
        while True:
            yield self.inner.sample(rng)
