"""The space of nets for tables: MLP, MLP with skip connections, ResNet, and their embeddings."""

from __future__ import annotations

from typing import Any

from netwright.core.config import Config
from netwright.core.space import Categorical, Float, Int, Parameters
from netwright.core.task import Task


class TabularNetSpace(Parameters):
    """MLP, MLP with skip connections, or ResNet; the architecture only, not how it is trained.

    Args:
        task: Decides which embeddings make sense.
    """

    def __init__(self, task: Task) -> None:
        number_embeddings = ("periodic", "none") if task.schema.of_type("number") else ("none",)
        super().__init__(
            {
                "block": Categorical(("mlp", "residual_mlp", "resnet")),
                "depth": Int(1, 6, default=2),
                "width": Int(32, 512, log=True, default=192),
                "activation": Categorical(("relu", "gelu", "silu", "selu")),
                "norm": Categorical(("batch", "layer", "none")),
                "dropout": Float(0.0, 0.5, default=0.3),
                "number_embedding": Categorical(number_embeddings),
                "number_width": Int(4, 24, default=8),
                "category_width": Int(2, 64, log=True, default=6),
            },
            when={"number_width": ("number_embedding", "periodic")},
        )

    @staticmethod
    def build(config: Config, numbers: int, sizes: list[int], outputs: int) -> Any:
        """The net a configuration describes (torch is loaded here, not before).

        Args:
            config: The architecture.
            numbers: How many plain numbers go in.
            sizes: Number of categories of each coded column.
            outputs: Logits or numbers that come out.
        """
        from netwright.nn.tabular import TabularNet

        return TabularNet(config, numbers, sizes, outputs)
