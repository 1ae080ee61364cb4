"""Drop-path: whole branches are left out at random while training (Larsson et al., ICLR 2017)."""

from __future__ import annotations

from torch import Tensor


def drop_path(x: Tensor, probability: float) -> Tensor:
    """Silences some pictures' maps and scales the others up, so that the mean stays.

    Args:
        x: (batch, channels, h, w).
        probability: Of being left out, in [0, 1); each picture tosses its own coin.
    """
    if not probability:
        return x
    keep = 1 - probability
    return x * x.new_empty(len(x), 1, 1, 1).bernoulli_(keep) / keep
