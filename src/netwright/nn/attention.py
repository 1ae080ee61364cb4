"""Attention over rows that are known, as a last layer: it names the class that is attended to most
(Vinyals et al., "Matching Networks for One Shot Learning", NIPS 2016).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from netwright.nn.full_context import QueryReader

LEAST = 1e-8
"""No class gets less attention, so that its logarithm is a number."""


class Attention(nn.Module):
    """A class's logit is the logarithm of its share of softmax over cosine similarities.

    Args:
        known: (supports, width) embeddings.
        member: (supports, ways) 1 where a row is of a class.
        scale: Similarities count times this.
        reader: What a query makes of itself given the support, None for nothing.
    """

    def __init__(
        self,
        known: Tensor,
        member: Tensor,
        scale: float | Tensor,
        reader: QueryReader | None = None,
    ) -> None:
        super().__init__()
        self.register_buffer("known", known)
        self.register_buffer("member", member.to(known.dtype))
        self.register_buffer("scale", torch.as_tensor(scale, dtype=known.dtype))
        self.reader = reader

    @classmethod
    def blank(cls, width: int, ways: int, supports: int, steps: int = 0) -> Attention:
        """One that knows nothing yet and is to be filled from a file; see `facts`."""
        reader = QueryReader(width, steps) if steps else None
        return cls(torch.zeros(supports, width), torch.zeros(supports, ways), 1.0, reader)

    def facts(self) -> dict[str, int]:
        """What `blank` is to be told beside width and ways."""
        steps = 0 if self.reader is None else self.reader.steps
        return {"supports": len(self.get_buffer("known")), "steps": steps}

    def forward(self, x: Tensor) -> Tensor:
        """(batch, width) -> (batch, ways) logits."""
        known, member = self.get_buffer("known")[None], self.get_buffer("member")[None]
        asked = x[None] if self.reader is None else self.reader(x[None], known)
        return attend(known, member, asked, self.get_buffer("scale"))[0]


def attend(known: Tensor, member: Tensor, asked: Tensor, scale: Tensor) -> Tensor:
    """Logarithm of the share of attention that each class gets.

    Args:
        known: (tasks, supports, width).
        member: (tasks, supports, ways) 1 where a row is of a class.
        asked: (tasks, queries, width).
        scale: Similarities count times this.

    Returns:
        (tasks, queries, ways).
    """
    similar = normalize(asked, dim=-1) @ normalize(known, dim=-1).transpose(1, 2)
    shares = torch.softmax(scale * similar, dim=-1) @ member.to(similar.dtype)
    return shares.clamp_min(LEAST).log()
