"""All designs of another space at once: a space of one design, whose net is the supernet.

So whoever trains and judges nets trains a supernet too, under any regime: it is a net like others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from netwright.core.config import Config
from netwright.core.domains import Chooser
from netwright.core.task import Task
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import NetSpace

if TYPE_CHECKING:
    from torch import nn


class SupernetSpace(NetSpace):
    """The supernet whose batches run random designs of a space, see `netwright.nn.single_path`.

    Args:
        space: Name of the other space.
        arguments: What that is made with.
    """

    def __init__(self, space: str, arguments: Mapping[str, Any] | None = None) -> None:
        self.inner = NetSpaceName(space, arguments or {}).open()

    def configure(self, choose: Chooser) -> Config:
        """There is nothing to choose."""
        return Config({})

    def size(self) -> int:
        """One."""
        return 1

    def build(self, config: Config, task: Task) -> nn.Module:
        """The supernet, its first weights those of random designs."""
        from netwright.nn.single_path import SinglePath
        from netwright.nn.weight_bank import WeightBank

        build = partial(self.inner.build, task=task)
        return SinglePath(WeightBank(self._nets(task)), build, self._draw)

    def _draw(self, seed: int) -> Config:
        return self.inner.sample(np.random.default_rng(seed))

    def _nets(self, task: Task) -> Iterator[nn.Module]:
        """Nets of the usual design and of random ones, without end.

        The designs are always the same, so that a supernet that is built to be filled with saved
        weights has the shape it had.
        """
        design, rng = self.inner.complete(), np.random.default_rng(0)
        while True:
            yield self.inner.build(design, task)
            design = self.inner.sample(rng)
