"""Residual nets of any width and depth: the plain, strong space that pictures start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netwright.core.config import Config, Value
from netwright.core.domains import Chooser
from netwright.core.task import Task
from netwright.spaces.nets import Graph, NetSpace

if TYPE_CHECKING:
    from torch import nn

WIDTHS = (8, 12, 16, 24, 32, 48, 64)
GROWTHS = (1.0, 1.5, 2.0)


class ResidualSpace(NetSpace):
    """Width, growth and depth of the stages, stem, activation, squeeze-and-excitation.

    Args:
        stages: How many; every one after the first halves the map.
        deepest: Most blocks a stage.
    """

    def __init__(self, stages: int = 3, deepest: int = 4) -> None:
        self.stages, self.deepest = stages, deepest

    def configure(self, choose: Chooser) -> Config:
        """Asks for the outline, then for every stage's depth."""
        chosen: dict[str, Value] = {
            "width": choose.suggest_categorical("width", list(WIDTHS)),
            "growth": choose.suggest_categorical("growth", list(GROWTHS)),
            "stem_stride": choose.suggest_int("stem_stride", 1, 2),
            "activation": choose.suggest_categorical("activation", ["relu", "silu"]),
            "squeeze": choose.suggest_categorical("squeeze", [True, False]),
            "dropout": choose.suggest_float("dropout", 0.0, 0.4, step=0.1),
        }
        for stage in range(self.stages):
            chosen[f"depth{stage}"] = choose.suggest_int(f"depth{stage}", 1, self.deepest)
        return Config(chosen)

    def defaults(self) -> dict[str, Value]:
        """One block a stage, wide rather than deep: what learns fastest on a processor."""
        depths: dict[str, Value] = {f"depth{stage}": 1 for stage in range(self.stages)}
        return {
            "width": 32,
            "growth": 2.0,
            "stem_stride": 1,
            "activation": "relu",
            "squeeze": True,
            "dropout": 0.1,
            **depths,
        }

    def widths(self, config: Config) -> list[int]:
        """Channels of each stage, multiples of four."""
        first, growth = float(config["width"] or 0), float(config["growth"] or 1)
        return [max(4, 4 * round(first * growth**stage / 4)) for stage in range(self.stages)]

    def build(self, config: Config, task: Task) -> nn.Module:
        """The net of a design."""
        from netwright.nn.residual import ResidualNet

        return ResidualNet(
            task.input_shape[0],
            task.outputs,
            self.widths(config),
            [int(config[f"depth{stage}"] or 1) for stage in range(self.stages)],
            stem_stride=int(config["stem_stride"] or 1),
            activation=str(config["activation"]),
            squeeze=bool(config["squeeze"]),
            dropout=float(config["dropout"] or 0.0),
        )

    def graphs(self, config: Config) -> list[Graph]:
        """The chain of stages."""
        stages = [f"stage {stage + 1}" for stage in range(self.stages)]
        nodes = ("image", *stages, "classes")
        told = [
            f"depth {config[f'depth{stage}']}, {width} wide"
            for stage, width in enumerate(self.widths(config))
        ]
        edges = [*zip(nodes, nodes[1:-1], told, strict=False), (nodes[-2], nodes[-1], "mean")]
        return [Graph("net", nodes, tuple(edges))]
