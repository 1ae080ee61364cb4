"""Matching networks (Vinyals et al., "Matching Networks for One Shot Learning", NIPS 2016).

A query's class is a mean of the support's, weighted by softmax over cosine similarities of their
embeddings.
"""

from __future__ import annotations

from copy import deepcopy
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, one_hot

from netwright.nn.attention import Attention, attend
from netwright.nn.normalisation import embed_tasks, freeze
from netwright.paradigms.fewshot.method import Method

SCALE = 10.0
"""Similarities count times this at first; it is learned. Cosines alone leave softmax too flat."""


class MatchingNetwork(Method):
    """Attention over the support."""

    compares: ClassVar[bool] = True

    def __init__(self, net: nn.Module) -> None:
        super().__init__(net)
        self.scale = nn.Parameter(torch.tensor(SCALE))

    def forward(self, support: Tensor, labels: Tensor, query: Tensor) -> Tensor:
        """Logarithms of the attention each class gets (tasks, queries, ways)."""
        known, asked = embed_tasks(self.net, support, query)
        return attend(normalize(known, dim=-1), one_hot(labels), asked, self.scale)

    def adapted(self, support: Tensor, labels: Tensor) -> nn.Module:
        """The backbone, and attention over this support."""
        body = freeze(deepcopy(self.net), support)
        with torch.no_grad():
            known = normalize(body(support), dim=-1)
        body.set_submodule(self.head, Attention(known, one_hot(labels), self.scale.detach()))
        return body.eval()
