"""Attention over rows that are known, as a last layer: it names the class that is attended to most
(Vinyals et al., "Matching Networks for One Shot Learning", NIPS 2016).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

LEAST = 1e-8
"""No class gets less attention, so that its logarithm is a number."""


class Attention(nn.Module):
    """A class's logit is the logarithm of its share of softmax over cosine similarities.

    Args:
        known: (supports, width) embeddings of length one.
        member: (supports, ways) 1 where a row is of a class.
        scale: Similarities count times this.
    """

    def __init__(self, known: Tensor, member: Tensor, scale: float | Tensor) -> None:
        super().__init__()
        self.register_buffer("known", known)
        self.register_buffer("member", member.to(known.dtype))
        self.register_buffer("scale", torch.as_tensor(scale, dtype=known.dtype))

    @classmethod
    def blank(cls, supports: int, width: int, ways: int) -> Attention:
        """One that knows nothing yet and is to be filled from a file."""
        return cls(torch.zeros(supports, width), torch.zeros(supports, ways), 1.0)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, width) -> (batch, ways) logits."""
        known, member = self.get_buffer("known"), self.get_buffer("member")
        return attend(known[None], member[None], x[None], self.get_buffer("scale"))[0]


def attend(known: Tensor, member: Tensor, asked: Tensor, scale: Tensor) -> Tensor:
    """Logarithm of the share of attention that each class gets.

    Args:
        known: (tasks, supports, width) of length one.
        member: (tasks, supports, ways) 1 where a row is of a class.
        asked: (tasks, queries, width).
        scale: Similarities count times this.

    Returns:
        (tasks, queries, ways).
    """
    similar = normalize(asked, dim=-1) @ known.transpose(1, 2)  # (tasks, queries, supports)
    shares = torch.softmax(scale * similar, dim=-1) @ member.to(similar.dtype)
    return shares.clamp_min(LEAST).log()
