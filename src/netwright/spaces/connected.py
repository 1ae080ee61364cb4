"""Linear layers, MAML's fully connected design, thinner or wider."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from netwright.core.config import Config, Value
from netwright.core.domains import Chooser
from netwright.core.task import Task
from netwright.spaces.nets import NetSpace

if TYPE_CHECKING:
    from torch import nn

WIDTHS = (32, 64, 128, 256, 512)


class ConnectedLayers(NetSpace):
    """`nn.connected.Connected`: a layer of some width, one of half, two of a quarter.

    MAML's own is 256 wide.
    """

    def configure(self, choose: Chooser) -> Config:
        """Asks how wide the first layer is."""
        return Config({"width": choose.suggest_categorical("width", list(WIDTHS))})

    def defaults(self) -> dict[str, Value]:
        """As published."""
        return {"width": 256}

    def build(self, config: Config, task: Task) -> nn.Module:
        """The net of a design."""
        from netwright.nn.connected import Connected

        first = int(config["width"] or 256)
        widths = (first, first // 2, first // 4, first // 4)
        return Connected(
            math.prod(task.input_shape), task.outputs, widths, normalised=bool(task.classes)
        )
