"""PC-DARTS (Xu et al., "PC-DARTS: Partial Channel Connections for Memory-Efficient Architecture
Search", ICLR 2020).

Only a quarter of the channels go through the mixed operation of an edge, the others pass it by, and
all are shuffled behind it: memory and time fall, and skip connections are no longer so much better
than what must be learned first. As the drawn channels change, edges are steadied by strengths of
their own, which count in the choice of a node's inputs too. The strengths rest for the first part
of the search, until the weights are worth something.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d

from netwright.core.errors import ConfigError
from netwright.learners.image import descent
from netwright.nn.mixed_operation import MixedOperation, Options, Weighing
from netwright.nn.relaxation import WARM_UP, LearnedStrengths, Relaxation
from netwright.paradigms.nas.oneshot.relaxed import Relaxed

PART = 4
"""One channel of so many goes through the operations."""


class PartialEdge(nn.Module):
    """An edge of which some channels go through the operations.

    Args:
        mixed: The operations, made for those channels.
        through: How many channels go through.
        stride: 2 halves the map, and pools the channels that pass by.
    """

    def __init__(self, mixed: MixedOperation, through: int, stride: int) -> None:
        super().__init__()
        self.mixed, self.through, self.stride = mixed, through, stride

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, h, w) -> the same, halved by the stride."""
        by = x[:, self.through :]
        if self.stride > 1:
            by = max_pool2d(by, self.stride, self.stride, ceil_mode=True)
        whole = torch.cat([self.mixed(x[:, : self.through]), by], dim=1)
        shuffled = torch.channel_shuffle(whole, PART)
        return shuffled * self.mixed.relaxation.edge(self.mixed.name)


class PartialOptions(Options):
    """Makes edges of which a quarter of the channels go through the operations."""

    def edge(
        self, name: str, operations: Sequence[str], channels: int, stride: int = 1, *, node: str
    ) -> nn.Module:
        """As in `Options`.

        Raises:
            ConfigError: The channels cannot be divided.
        """
        if channels % PART:
            raise ConfigError(
                f"PC-DARTS sends one of {PART} channels through its operations, so their number "
                f"must be a multiple. Got {channels}; name another with --channels."
            )
        mixed = super().edge(name, operations, channels // PART, stride, node=node)
        assert isinstance(mixed, MixedOperation)
        return PartialEdge(mixed, channels // PART, stride)


class PartialChannels(LearnedStrengths):
    """Softmax over operations, and another over the edges that meet in a node."""

    rate, resting = 6e-4, WARM_UP

    def __init__(self, options: Options, **settings: Any) -> None:
        if not options.sums:
            raise ConfigError(
                "PC-DARTS needs a space of cells, whose operations it makes for fewer channels; "
                "search this one with --strategy darts, drnas or gdas."
            )
        super().__init__(options, **settings)
        self.beta = nn.Parameter(1e-3 * torch.randn(sum(map(len, self.sums.values()))))
        self._edges: dict[str, Tensor] = {}

    def weigh(self, name: str, logits: Tensor) -> Weighing:
        """All of them run."""
        return Weighing(logits.softmax(dim=0), range(len(logits)))

    def draw(self) -> None:
        """Weighs edges too."""
        super().draw()
        self._edges = self._normalised()

    def edge(self, name: str) -> Tensor:
        """How much an edge counts in this pass."""
        return self._edges[name]

    def _normalised(self) -> dict[str, Tensor]:
        parts = torch.split(self.beta, [len(edges) for edges in self.sums.values()])
        return {
            name: weight
            for edges, part in zip(self.sums.values(), parts, strict=True)
            for name, weight in zip(edges, part.softmax(dim=0), strict=True)
        }

    @torch.no_grad()
    def strengths(self) -> Tensor:
        """An operation counts as much as itself and its edge do."""
        edges = self._normalised()
        parts = self.each(self.alpha)
        return torch.cat([logits.softmax(dim=0) * edges[name] for name, logits in parts])


class PCDARTS(Relaxed):
    """First order; weights learn faster, in larger batches."""

    recipe: ClassVar[Mapping[str, Any]] = {
        **Relaxed.recipe,
        **descent(0.1, 3e-4),
        "batch_size": 256,
    }
    passing: ClassVar[bool] = True

    def options(self) -> Options:
        """Partial channels."""
        return PartialOptions()

    def relaxation(self, options: Options) -> Relaxation:
        """Softmax over operations and over edges."""
        return PartialChannels(options, **self.settings)
