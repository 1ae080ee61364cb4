"""beta-DARTS (Ye et al., "beta-DARTS: Beta-Decay Regularization for Differentiable Architecture
Search", CVPR 2022).

What keeps DARTS from skip connections here is a penalty on the strengths themselves: the smooth
maximum of each decision's, averaged over decisions. It holds the strengths near each other, the
more so the longer the search goes on.

It soon outweighs what the rows say by a hundred to one, so that what was learned before decides.
Published searches have an epoch of 390 steps until then; in a short one the strengths rest first,
and then learn for an epoch from weights that are worth something.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from netwright.nn.mixed_operation import Options
from netwright.nn.relaxation import WARM_UP, Relaxation
from netwright.paradigms.nas.oneshot.darts import Softmax
from netwright.paradigms.nas.oneshot.relaxed import Relaxed

MOST = 50.0
"""Weight of the penalty at the end; it rises from 0, epoch by epoch."""


class BetaDecay(Softmax):
    """DARTS whose strengths are held together, without decay towards zero.

    Attributes:
        risen: Share of the training, but for the part that they rest, that was over when the epoch
            began; ().
    """

    decay, resting = 0.0, WARM_UP
    risen: Tensor

    def __init__(self, options: Options, **settings: Any) -> None:
        super().__init__(options, **settings)
        self.register_buffer("risen", torch.tensor(0.0))

    def penalty(self, gone: float) -> Tensor:
        """The mean over decisions of the logarithm of the sum of exponentials."""
        smooth = [logits.logsumexp(dim=0) for _, logits in self.each(self.alpha)]
        return MOST * self.risen * torch.stack(smooth).mean()

    def end_epoch(self, gone: float) -> bool:
        """The penalty grows."""
        self.risen.fill_(max(0.0, gone - self.resting) / (1 - self.resting))
        return super().end_epoch(gone)


class BetaDARTS(Relaxed):
    """First order, unless another level is asked for."""

    def relaxation(self, options: Options) -> Relaxation:
        """Softmax, with beta decay."""
        return BetaDecay(options, **self.settings)
