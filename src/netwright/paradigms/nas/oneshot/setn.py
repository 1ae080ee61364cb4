"""SETN (Dong and Yang, "One-Shot Neural Architecture Search via Self-Evaluated Template Network",
ICCV 2019).

The weights of a template learn on designs drawn evenly, so that none is favoured. Beside them an
evaluator learns which options come to a low loss on rows kept from the weights: strengths, through
the softmax of all options at once. Designs are drawn by these strengths, judged with their part of
the weights, and the best are kept.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from netwright.nn.mixed_operation import Options, Weighing
from netwright.nn.relaxation import WARM_UP, LearnedStrengths, Relaxation, one_hot
from netwright.paradigms.nas.oneshot.relaxed import Relaxed


class Template(LearnedStrengths):
    """The weights run one option of a decision, any; the strengths learn from all of them."""

    resting = WARM_UP

    def weigh(self, name: str, logits: Tensor) -> Weighing:
        """All while strengths learn or nothing does, else one."""
        if self.learning or not self.training:
            return Weighing(logits.softmax(dim=0), range(len(logits)))
        place = int(torch.randint(len(logits), ()))
        return Weighing(one_hot(logits, place), [place], alone=True)


class SETN(Relaxed):
    """First order, unless another level is asked for; 100 drawn designs are judged."""

    drawn: ClassVar[int] = 100
    passing: ClassVar[bool] = True

    def relaxation(self, options: Options) -> Relaxation:
        """A template and its evaluator."""
        return Template(options, **self.settings)
