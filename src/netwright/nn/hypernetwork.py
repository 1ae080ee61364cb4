"""Weights that are made for a net instead of kept for it (Ha et al., "HyperNetworks", ICLR 2017).

What makes them is a sum: a place has weights that it keeps and some more that are added to them, as
much as a code says. Codes come from what is known of the net: its design (SMASH), or its graph (a
graph hypernetwork).
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from netwright.nn.weight_bank import WeightBank, part_of, shared_weights

BASES = 4
"""Weights of a place that are mixed into those it keeps."""


class Hypernetwork(WeightBank):
    """Makes the weights of a net from codes.

    Scales and shifts, which stand in vectors, are kept as they are.

    Args:
        nets: As for a bank.
        width: Of a code.
    """

    def __init__(self, nets: Iterable[nn.Module], width: int) -> None:
        super().__init__(nets)
        self.width = width
        matrices = {key: kept for key, kept in self.weights.items() if kept.ndim > 1}
        self.places = {key: place for place, key in enumerate(matrices)}
        self.mixed = nn.ParameterDict(  # (bases * channels, ...): torch lays out four dimensions
            {
                key: nn.Parameter(
                    torch.randn(BASES, *kept.shape).flatten(0, 1) * kept.detach().std()
                )
                for key, kept in matrices.items()
            }
        )
        self.mixes = nn.Parameter(torch.randn(len(matrices), width, BASES) / (width * BASES) ** 0.5)

    def made(self, net: nn.Module, codes: Tensor) -> dict[str, Tensor]:
        """The weights of a net, by their names.

        Args:
            net: Which has them, in the order of `named_parameters`.
            codes: One for each, (weights, width).
        """
        made = self.parts(net)
        spoken = [
            (row, name, key, own.shape)
            for row, (name, key, own) in enumerate(shared_weights(net))
            if key in self.places
        ]
        rows, places = [row for row, *_ in spoken], [self.places[key] for _, _, key, _ in spoken]
        shares = torch.einsum("kw,kwb->kb", codes[rows], self.mixes[places])  # (weights, bases)
        for share, (_, name, key, shape) in zip(shares, spoken, strict=True):
            bases = self.mixed[key].unflatten(0, (BASES, -1))
            mixed = part_of(bases, (BASES, *shape), first=1)
            made[name] = made[name] + torch.tensordot(share, mixed, dims=1)
        return made
