"""Matching networks (Vinyals et al., "Matching Networks for One Shot Learning", NIPS 2016).

A query's class is a mean of the support's, weighted by softmax over cosine similarities of their
embeddings; with full context those are seen in the light of the whole support.
"""

from __future__ import annotations

from copy import deepcopy
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from netwright.nn.attention import Attention, attend
from netwright.nn.full_context import QueryReader, SupportReader
from netwright.nn.last_layer import width_before
from netwright.nn.normalisation import embed_tasks, freeze
from netwright.nn.precision import whole_precision
from netwright.paradigms.fewshot.method import Method

SCALE = 10.0
"""Similarities count times this at first; it is learned. Cosines alone leave softmax too flat."""
STEPS = 5
"""How often a query reads the support."""


class MatchingNetwork(Method):
    """Attention over the support.

    Args:
        net: The backbone.
        full_context: Whether support and queries are read in the light of the support.
    """

    compares: ClassVar[bool] = True

    def __init__(self, net: nn.Module, full_context: bool = False) -> None:
        width = width_before(net)
        super().__init__(net)
        self.scale = nn.Parameter(torch.tensor(SCALE))
        self.support_reader = SupportReader(width) if full_context else None
        self.query_reader = QueryReader(width, STEPS) if full_context else None

    def forward(self, support: Tensor, labels: Tensor, query: Tensor) -> Tensor:
        """Logarithms of the attention each class gets (tasks, queries, ways)."""
        known, asked = embed_tasks(self.net, support, query)
        with whole_precision(known):
            known = self._in_context(known)
            if self.query_reader is not None:
                asked = self.query_reader(asked, known)
            return attend(known, one_hot(labels), asked, self.scale)

    def adapted(self, support: Tensor, labels: Tensor) -> nn.Module:
        """The backbone, and attention over this support."""
        body = freeze(deepcopy(self.net), support)
        with torch.no_grad():
            (known,) = self._in_context(body(support)[None])
        reader = deepcopy(self.query_reader)
        last = Attention(known, one_hot(labels), self.scale.detach().clone(), reader)
        body.set_submodule(self.head, last)
        return body.eval()

    def _in_context(self, known: Tensor) -> Tensor:
        return known if self.support_reader is None else self.support_reader(known)
