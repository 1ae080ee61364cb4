"""NASWOT (Mellor, Turner, Storkey and Crowley, "Neural Architecture Search without Training", ICML
2021).

The code of an image is which rectifiers are open for it. K counts the rectifiers on which two codes
agree; the more the codes of a batch differ, the greater is the determinant of K.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from netwright.paradigms.nas.proxies.probe import Probe, Proxy
from netwright.paradigms.nas.proxies.rectifiers import code_of


@Proxy
def naswot(probe: Probe) -> float:
    """log |det K| of the batch."""
    batch = len(probe.images)
    agreements = torch.zeros(batch, batch, dtype=torch.double)
    for rectified in probe.forward.rectified:
        agreements += agreement(code_of(rectified)).cpu()
    sign, log = torch.linalg.slogdet(agreements)
    return float(log) if sign > 0 else math.nan


def agreement(code: Tensor) -> Tensor:
    """(batch, units) booleans -> (batch, batch): on how many units two rows agree."""
    ones = code.float()
    both = (ones @ ones.T).double()  # exact in float32 up to 2^24 units
    opened = both.diagonal()
    return code.shape[1] - opened[:, None] - opened + 2 * both
