"""The fully connected nets of MAML (Finn, Abbeel and Levine, ICML 2017): 256, 128, 64 and 64 units,
each with batch normalisation and ReLU, to tell classes apart; for numbers none is normalised.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn


class Connected(nn.Module):
    """Linear layers, each with ReLU and, mostly, batch normalisation.

    Args:
        inputs: Numbers a row, flattened.
        outputs: Width of the last layer.
        widths: Of the hidden layers.
        normalised: Whether each is.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        widths: Sequence[int] = (256, 128, 64, 64),
        normalised: bool = True,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Flatten()]
        for before, after in pairwise([inputs, *widths]):
            layers.append(nn.Linear(before, after, bias=not normalised))
            layers += [nn.BatchNorm1d(after), nn.ReLU()] if normalised else [nn.ReLU()]
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(widths[-1], outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, ...) -> (batch, outputs)."""
        out: Tensor = self.head(self.body(x))
        return out
