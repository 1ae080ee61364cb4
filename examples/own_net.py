"""Your own net as a search space: write the module as ever, and say what is open.

python examples/own_net.py
cd examples && netwright search PICTURES --space own_net:OwnNet --time 10m --out runs/own
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from netwright.core.task import Task
from netwright.nn.choices import InputChoice, LayerChoice, ValueChoice
from netwright.spaces.module import ModuleSpace
from netwright.spaces.nets import image_task


class OwnNet(nn.Module):
    """A stem, a block to be chosen, and perhaps a skip connection around it."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        width = ValueChoice("width", [16, 32, 64])
        self.stem = nn.Conv2d(task.input_shape[0], width, 3, stride=2, padding=1)
        self.block = LayerChoice(
            "block",
            {
                "plain": nn.Conv2d(width, width, 3, padding=1),
                "wide": nn.Conv2d(width, width, 7, padding=3),
                "depthwise": nn.Conv2d(width, width, 5, padding=2, groups=width),
            },
        )
        self.merge = InputChoice("merge", inputs=2, chosen=1)
        self.head = nn.Linear(width, task.outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, h, w) -> (batch, classes)."""
        x = torch.relu(self.stem(x))
        y = torch.relu(self.block(x))
        y = self.merge([y, x + y])  # without a skip connection, or with one
        out: Tensor = self.head(y.mean(dim=(2, 3)))
        return out


def main() -> None:
    """Shows how many designs there are, and what three of them weigh."""
    space = ModuleSpace(OwnNet)
    print(f"{space.size()} designs")
    rng = np.random.default_rng(0)
    for _ in range(3):
        config = space.sample(rng)
        net = space.build(config, image_task((3, 32, 32), 10))
        weights = sum(part.numel() for part in net.parameters())
        print(f"{weights:>7,} weights: {space.to_text(config)}")


if __name__ == "__main__":
    main()
