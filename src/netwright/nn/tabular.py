"""Nets for tables: MLP and ResNet of any depth and width, with embeddings of what goes in."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from netwright.core.config import Config
from netwright.nn.blocks import CategoryEmbedding, DenseBlock, PeriodicEmbedding, ResNetBlock


class TabularNet(nn.Module):
    """What a configuration of `netwright.spaces.mlp.TabularNetSpace` describes.

    Args:
        config: The architecture.
        numbers: How many plain numbers go in.
        sizes: Number of categories of each coded column.
        outputs: Logits or numbers that come out.
    """

    def __init__(self, config: Config, numbers: int, sizes: list[int], outputs: int) -> None:
        super().__init__()
        self.numbers = self._embed_numbers(config, numbers)
        number_width = int(config.get("number_width", 1) or 1)
        inputs = numbers * (number_width if isinstance(self.numbers, PeriodicEmbedding) else 1)
        self.categories = None
        if sizes:
            self.categories = CategoryEmbedding(sizes, int(config["category_width"] or 1))
            inputs += self.categories.width
        self.body = self._body(config, inputs)
        self.head = nn.Linear(int(config["width"] or 1), outputs)

    @staticmethod
    def _embed_numbers(config: Config, numbers: int) -> nn.Module:
        if config["number_embedding"] == "periodic" and numbers:
            return PeriodicEmbedding(numbers, int(config["number_width"] or 1))
        return nn.Identity()

    @staticmethod
    def _body(config: Config, inputs: int) -> nn.Sequential:
        width, depth = int(config["width"] or 1), int(config["depth"] or 1)
        activation, norm = str(config["activation"]), str(config["norm"])
        dropout = float(config["dropout"] or 0.0)
        if config["block"] == "resnet":
            blocks = [ResNetBlock(width, activation, norm, dropout) for _ in range(depth)]
            return nn.Sequential(nn.Linear(inputs, width), *blocks, nn.ReLU())
        residual = config["block"] == "residual_mlp"
        widths = [inputs] + [width] * depth
        return nn.Sequential(
            *(DenseBlock(a, b, activation, norm, dropout, residual) for a, b in pairwise(widths))
        )

    def forward(self, numbers: Tensor, codes: Tensor) -> Tensor:
        """(batch, numbers), (batch, columns) -> (batch, outputs)."""
        parts = [self.numbers(numbers)]
        if self.categories is not None:
            parts.append(self.categories(codes))
        out: Tensor = self.head(self.body(torch.cat(parts, dim=1)))
        return out
