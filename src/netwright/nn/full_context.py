"""Full-context embeddings: a row is seen in the light of the whole support (Vinyals et al.,
"Matching Networks for One Shot Learning", NIPS 2016, appendix A).

The support is read both ways by an LSTM; a query reads it by attention, some steps long, with an
LSTM whose state is what it thinks of itself and what it read.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SupportReader(nn.Module):
    """g: every row of the support, given the others.

    Args:
        width: Of the embeddings.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.both = nn.LSTM(width, width, batch_first=True, bidirectional=True)

    def forward(self, known: Tensor) -> Tensor:
        """(tasks, supports, width) -> the same shape."""
        there, back = self.both(known)[0].chunk(2, dim=-1)
        out: Tensor = there + back + known
        return out


class QueryReader(nn.Module):
    """f: a query, given the support.

    Args:
        width: Of the embeddings.
        steps: How often it reads.
    """

    def __init__(self, width: int, steps: int) -> None:
        super().__init__()
        self.steps = steps
        self.own = nn.Linear(width, 4 * width)
        self.state = nn.Linear(2 * width, 4 * width, bias=False)

    def forward(self, asked: Tensor, known: Tensor) -> Tensor:
        """(tasks, queries, width) and (tasks, supports, width) -> as the first."""
        own = self.own(asked)
        thought, read, memory = (torch.zeros_like(asked) for _ in range(3))
        for _ in range(self.steps):
            gates = own + self.state(torch.cat([thought, read], dim=-1))
            let_in, keep, new, let_out = gates.chunk(4, dim=-1)
            memory = keep.sigmoid() * memory + let_in.sigmoid() * new.tanh()
            thought = let_out.sigmoid() * memory.tanh() + asked
            shares = torch.softmax(thought @ known.transpose(-1, -2), dim=-1)
            read = shares @ known
        return thought
