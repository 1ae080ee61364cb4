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

from netwright.nn.normalisation import embed_tasks, freeze
from netwright.paradigms.fewshot.method import Method

SCALE = 10.0
"""Similarities count times this at first; it is learned. Cosines alone leave softmax too flat."""
LEAST = 1e-8


class MatchingNetwork(Method):
    """Attention over the support."""

    compares: ClassVar[bool] = True

    def __init__(self, net: nn.Module) -> None:
        super().__init__(net)
        self.scale = nn.Parameter(torch.tensor(SCALE))

    def forward(self, support: Tensor, labels: Tensor, query: Tensor) -> Tensor:
        """Logarithms of the attention each class gets (tasks, queries, ways)."""
        known, asked = embed_tasks(self.net, support, query)
        return attend(normalize(known, dim=-1), labels, asked, self.scale)

    def adapted(self, support: Tensor, labels: Tensor) -> nn.Module:
        """The backbone, and attention over this support."""
        body = freeze(deepcopy(self.net), support)
        with torch.no_grad():
            known = normalize(body(support), dim=-1)
        body.set_submodule(self.head, Attention(known, labels, self.scale.item()))
        return body.eval()


class Attention(nn.Module):
    """Attention over rows that are known.

    Args:
        known: (supports, width) embeddings of length one.
        labels: (supports,) their classes.
        scale: Of similarities.
    """

    def __init__(self, known: Tensor, labels: Tensor, scale: float) -> None:
        super().__init__()
        self.register_buffer("known", known)
        self.register_buffer("labels", labels)
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        """(batch, width) -> (batch, ways) logits."""
        known, labels = self.get_buffer("known"), self.get_buffer("labels")
        return attend(known[None], labels[None], x[None], self.scale)[0]


def attend(known: Tensor, labels: Tensor, asked: Tensor, scale: Tensor | float) -> Tensor:
    """Logarithm of the share of attention that each class gets.

    Args:
        known: (tasks, supports, width) of length one.
        labels: (tasks, supports) classes from 0.
        asked: (tasks, queries, width).
        scale: Of similarities.

    Returns:
        (tasks, queries, ways).
    """
    similar = normalize(asked, dim=-1) @ known.transpose(1, 2)  # (tasks, queries, supports)
    shares = torch.softmax(scale * similar, dim=-1) @ one_hot(labels).to(similar.dtype)
    return shares.clamp_min(LEAST).log()
