"""The mode a net is in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def predicting(net: nn.Module) -> Iterator[None]:
    """Puts a net into the mode it predicts in, without gradients, and then back as it was.

    Every part goes back into its own mode, so that one that was frozen stays frozen.
    """
    modes = [(module, module.training) for module in net.modules()]
    for module, _ in modes:
        module.training = False
    try:
        with torch.no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training
