"""jacob_cov (Mellor, Turner, Storkey and Crowley, "Neural Architecture Search without Training",
first version, 2020; Abdelfattah et al., 2021, section 3.2).

A net whose outputs change in a different direction of image space for each image can tell images
apart: the correlations of the images' gradients are far from 1.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from netwright.paradigms.nas.proxies.probe import Probe, Proxy, gradients_of

SMALL = 1e-5
"""Added to eigenvalues, as in the paper."""


@Proxy
def jacob_cov(probe: Probe) -> float:
    """How uncorrelated the gradients of the summed outputs are from image to image."""
    forward = probe.forward
    (jacobian,) = gradients_of(forward.predicted.sum(), [forward.images], keep=True)
    return uncorrelated(jacobian.flatten(1).double())


def uncorrelated(jacobian: Tensor) -> float:
    """-sum(log(v) + 1 / v) over the eigenvalues v of the rows' correlations; NaN without variance.

    Args:
        jacobian: (batch, pixels).
    """
    correlations = torch.corrcoef(jacobian)  # (batch, batch)
    if not correlations.isfinite().all():
        return math.nan
    values = torch.linalg.eigvalsh(correlations) + SMALL
    return -float((values.log() + 1 / values).sum())
