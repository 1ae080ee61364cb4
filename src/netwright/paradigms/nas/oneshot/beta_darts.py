"""beta-DARTS (Ye et al., "beta-DARTS: Beta-Decay Regularization for Differentiable Architecture
Search", CVPR 2022).

What keeps DARTS from skip connections here is a penalty on the strengths themselves: the smooth
maximum of each decision's, averaged over decisions. It holds the strengths near each other, the
more so the longer the search goes on.
"""

from __future__ import annotations

import torch
from torch import Tensor

from netwright.nn.mixed_operation import Options
from netwright.nn.relaxation import Relaxation
from netwright.paradigms.nas.oneshot.darts import Softmax
from netwright.paradigms.nas.oneshot.relaxed import Relaxed

MOST = 50.0
"""Weight of the penalty at the end; it rises from 0 in a straight line."""


class BetaDecay(Softmax):
    """DARTS whose strengths are held together, without decay towards zero."""

    decay = 0.0

    def penalty(self, gone: float) -> Tensor:
        """The mean over decisions of the logarithm of the sum of exponentials."""
        smooth = [logits.logsumexp(dim=0) for _, logits in self.each(self.alpha)]
        return MOST * gone * torch.stack(smooth).mean()


class BetaDARTS(Relaxed):
    """First order, unless another level is asked for."""

    def relaxation(self, options: Options) -> Relaxation:
        """Softmax, with beta decay."""
        return BetaDecay(options, **self.settings)
