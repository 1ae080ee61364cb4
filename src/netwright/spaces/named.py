"""Published designs by name, to start from or to compare with; together they are a space too.

Each is built as its paper has it: ResNet-20, NASNet-A (6 @ 768) and DARTS-V2 for pictures of 32
pixels, the others for ImageNet's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from netwright.core.config import Config
from netwright.core.domains import Chooser
from netwright.core.errors import unknown_name
from netwright.core.task import Task
from netwright.nn.genotype import Genotype
from netwright.spaces.nets import NetSpace

if TYPE_CHECKING:
    from torch import nn

DARTS_V2 = Genotype.parse(
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), "
    "('sep_conv_3x3', 1), ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), "
    "('dil_conv_3x3', 2)], normal_concat=range(2, 6), reduce=[('max_pool_3x3', 0), "
    "('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), "
    "('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], "
    "reduce_concat=range(2, 6))"
)
NASNET_A = Genotype.parse(
    "Genotype(normal=[('sep_conv_5x5', 1), ('sep_conv_3x3', 0), ('sep_conv_5x5', 0), "
    "('sep_conv_3x3', 0), ('avg_pool_3x3', 1), ('skip_connect', 0), ('avg_pool_3x3', 0), "
    "('avg_pool_3x3', 0), ('sep_conv_3x3', 1), ('skip_connect', 1)], "
    "normal_concat=[0, 2, 3, 4, 5, 6], reduce=[('sep_conv_5x5', 1), ('sep_conv_7x7', 0), "
    "('max_pool_3x3', 1), ('sep_conv_7x7', 0), ('avg_pool_3x3', 1), ('sep_conv_5x5', 0), "
    "('skip_connect', 3), ('avg_pool_3x3', 2), ('sep_conv_3x3', 2), ('max_pool_3x3', 1)], "
    "reduce_concat=range(3, 7))"
)


def _resnet20(inputs: int, outputs: int) -> nn.Module:
    from netwright.nn.resnet import CifarResNet

    return CifarResNet(inputs, outputs, blocks=3)


def _resnet50(inputs: int, outputs: int) -> nn.Module:
    from netwright.nn.resnet import ImageNetResNet

    return ImageNetResNet(inputs, outputs, blocks=(3, 4, 6, 3))


def _cells(genotype: Genotype, channels: int, inputs: int, outputs: int) -> nn.Module:
    from netwright.nn.node_cell import NodeCellNetwork, node_cell

    return NodeCellNetwork(partial(node_cell, genotype), inputs, outputs, channels, cells=20)


def _mobilenet_v3_small(inputs: int, outputs: int) -> nn.Module:
    from netwright.nn.mobile import MobileNetwork
    from netwright.nn.mobilenet_v3 import SMALL

    return MobileNetwork(SMALL, inputs, outputs)


def _efficientnet(number: int, inputs: int, outputs: int) -> nn.Module:
    from netwright.nn.efficientnet import PUBLISHED
    from netwright.nn.mobile import MobileNetwork

    return MobileNetwork(PUBLISHED[number].plan(), inputs, outputs)


DESIGNS: dict[str, Callable[[int, int], nn.Module]] = {
    "resnet20": _resnet20,
    "resnet50": _resnet50,
    "nasnet_a": partial(_cells, NASNET_A, 32),
    "darts_v2": partial(_cells, DARTS_V2, 36),
    "mobilenet_v3_small": _mobilenet_v3_small,
    **{f"efficientnet_b{number}": partial(_efficientnet, number) for number in range(8)},
}
"""Name to (channels of the images, classes) -> net."""


def build_named(name: str, task: Task) -> nn.Module:
    """A published net for a task's images and classes.

    Raises:
        UnknownName: There is no such design.
    """
    if name not in DESIGNS:
        raise unknown_name("design", name, DESIGNS)
    return DESIGNS[name](task.input_shape[0], task.outputs)


class NamedDesigns(NetSpace):
    """A choice between published nets.

    Args:
        designs: Their names.
    """

    def __init__(self, designs: Sequence[str] = tuple(DESIGNS)) -> None:
        for name in designs:
            if name not in DESIGNS:
                raise unknown_name("design", name, DESIGNS)
        self.designs = tuple(designs)

    def configure(self, choose: Chooser) -> Config:
        """Asks which."""
        return Config({"design": choose.suggest_categorical("design", list(self.designs))})

    def size(self) -> int:
        """How many there are."""
        return len(self.designs)

    def build(self, config: Config, task: Task) -> nn.Module:
        """The published net (torch is loaded here, not before)."""
        return build_named(str(config["design"]), task)

    def to_text(self, config: Config) -> str:
        """The name."""
        return str(config["design"])

    def from_text(self, text: str) -> Config:
        """The design of a name.

        Raises:
            UnknownName: There is no such design here.
        """
        if text not in self.designs:
            raise unknown_name("design", text, self.designs)
        return Config({"design": text})
