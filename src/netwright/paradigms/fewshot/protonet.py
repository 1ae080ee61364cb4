"""Prototypical networks (Snell, Swersky and Zemel, "Prototypical Networks for Few-shot Learning",
NIPS 2017).

A class is the mean of its support's embeddings, and a query belongs to the class that is nearest by
squared Euclidean distance. Softmax over negative distances does not change when the query's own
norm is left out, so an adapted net is the backbone with a linear layer: weights 2 c, bias -|c|^2.
"""

from __future__ import annotations

from copy import deepcopy
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from netwright.nn.normalisation import embed_tasks, freeze
from netwright.nn.precision import whole_precision
from netwright.paradigms.fewshot.method import Method


class PrototypicalNetwork(Method):
    """Nearest mean in a learned space."""

    compares: ClassVar[bool] = True

    def forward(self, support: Tensor, labels: Tensor, query: Tensor) -> Tensor:
        """Negative squared distances to every class's prototype (tasks, queries, ways)."""
        known, asked = embed_tasks(self.net, support, query)  # (tasks, rows, width)
        with whole_precision(known):
            means = prototypes(known, labels)  # (tasks, ways, width)
            products = asked @ means.transpose(1, 2)  # (tasks, queries, ways)
            own, theirs = asked.square().sum(-1), means.square().sum(-1)
            return 2 * products - own[..., None] - theirs[:, None]

    def adapted(self, support: Tensor, labels: Tensor) -> nn.Module:
        """The backbone and one linear layer."""
        body = freeze(deepcopy(self.net), support)
        with torch.no_grad():
            (means,) = prototypes(body(support)[None], labels[None])
            head = nn.Linear(means.shape[1], len(means)).to(means)
            head.weight.copy_(2 * means)
            head.bias.copy_(-means.square().sum(dim=1))
        body.set_submodule(self.head, head)
        return body.eval()


def prototypes(embedded: Tensor, labels: Tensor) -> Tensor:
    """The mean of each class.

    Args:
        embedded: (tasks, supports, width).
        labels: (tasks, supports) classes from 0.

    Returns:
        (tasks, ways, width).
    """
    member = one_hot(labels).to(embedded.dtype)  # (tasks, supports, ways)
    counts = member.sum(dim=1)[..., None]
    return member.transpose(1, 2) @ embedded / counts
