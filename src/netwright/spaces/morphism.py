"""A space of convolutional nets that grow into one another (Elsken, Metzen and Hutter, 2018).

A design says the whole net: for each stage its width, the kernel of the convolution that opens it,
and a list of blocks with a kernel and perhaps a skip. `moves` says what a trained net may become
without changing what it says; `grow` makes it that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from netwright.core.combining import Joined, Repeated
from netwright.core.config import Config, Value
from netwright.core.domains import Chooser
from netwright.core.errors import ConfigError
from netwright.core.space import Categorical, Ordinal, Parameters, Space
from netwright.core.task import Task
from netwright.nn.plans import BlockPlan, StagePlan, contains
from netwright.spaces.nets import Graph, NetSpace

if TYPE_CHECKING:
    from numpy.random import Generator
    from torch import nn


class Morphism(NetSpace):
    """Stages of blocks.

    Args:
        stages: How many; every one but the first halves the map.
        blocks: Most blocks of a stage after the one that opens it.
        widths: Of a stage, in order.
        kernels: Sides, odd, in order.
    """

    def __init__(
        self,
        stages: int = 3,
        blocks: int = 4,
        widths: tuple[int, ...] = (16, 24, 32, 48, 64, 96, 128, 192, 256),
        kernels: tuple[int, ...] = (3, 5, 7),
    ) -> None:
        if stages < 1 or any(kernel % 2 == 0 for kernel in kernels):
            raise ConfigError(
                f"Nets that grow need a stage and odd kernels. Got {stages} and {kernels}."
            )
        self.stages, self.blocks, self.widths, self.kernels = stages, blocks, widths, kernels
        self.inner = Joined(*(self._stage(place) for place in range(stages)))

    def _stage(self, place: int) -> Space:
        name, kernel = f"stage{place}", Ordinal(self.kernels, default=self.kernels[0])
        start = self.widths[min(2 * place, len(self.widths) - 1)]
        opener = {
            f"{name}.width": Ordinal(self.widths, default=start),
            f"{name}.kernel": kernel,
        }
        block = Parameters({"kernel": kernel, "skip": Categorical((False, True), default=False)})
        return Joined(Parameters(opener), Repeated(f"{name}.blocks", block, 0, self.blocks))

    def configure(self, choose: Chooser) -> Config:
        """Asks for one stage after another."""
        return self.inner.configure(choose)

    def defaults(self) -> dict[str, Value]:
        """The small net that growing starts from: narrow, 3x3, no blocks but those that open."""
        return self.inner.defaults()

    def size(self) -> float:
        """Exact."""
        return self.inner.size()

    def plan(self, config: Config) -> tuple[StagePlan, ...]:
        """The net of a design, stage by stage."""

        def number(name: str) -> int:
            return int(config[name] or 0)

        return tuple(
            StagePlan(
                number(f"{name}.width"),
                number(f"{name}.kernel"),
                tuple(
                    BlockPlan(
                        number(f"{name}.blocks.{place}.kernel"),
                        bool(config[f"{name}.blocks.{place}.skip"]),
                    )
                    for place in range(number(f"{name}.blocks"))
                ),
            )
            for name in (f"stage{place}" for place in range(self.stages))
        )

    def build(self, config: Config, task: Task) -> nn.Module:
        """A net with random weights."""
        from netwright.nn.growing import GrowingNet

        return GrowingNet(self.plan(config), task.input_shape[0], task.outputs)

    def grow(self, parent: nn.Module, config: Config, seed: int, noise: float = 0.1) -> nn.Module:
        """A bigger net that says what its trained parent says.

        Args:
            parent: Of this space.
            config: What it becomes.
            seed: Decides which channels are copied.
            noise: How unevenly copies are read, so that they part when they learn.

        Raises:
            ConfigError: The design is smaller somewhere.
        """
        import torch

        from netwright.nn.growing import GrowingNet
        from netwright.nn.morphing import morph

        assert isinstance(parent, GrowingNet)
        return morph(parent, self.plan(config), torch.Generator().manual_seed(seed), noise)

    def contains(self, child: Config, parent: Config) -> bool:
        """Whether one design can grow into another."""
        return contains(self.plan(child), self.plan(parent))

    def moves(self, config: Config) -> list[tuple[str, Config]]:
        """What one function-preserving move makes of a design; each costs more than it.

        Returns:
            (what was done, the bigger design), no design twice.
        """
        unique: dict[Config, str] = {}
        for place in range(self.stages):
            for text, child in self._moves_in(config, f"stage{place}"):
                unique.setdefault(child, text)
        return [(text, child) for child, text in unique.items()]

    def _moves_in(self, config: Config, stage: str) -> Iterator[tuple[str, Config]]:
        count = int(config[f"{stage}.blocks"] or 0)
        blocks = [f"{stage}.blocks.{place}" for place in range(count)]
        yield from self._next(config, f"{stage}.width", self.widths, "widen")
        for where in (stage, *blocks):
            yield from self._next(config, f"{where}.kernel", self.kernels, "grow kernel of")
        for where in blocks:
            yield from self._next(config, f"{where}.skip", (False, True), "add skip to")
        if count < self.blocks:
            for place in range(count + 1):
                yield f"deepen {stage} at {place}", self._deeper(config, stage, place)

    def descend(self, parent: Config, rng: Generator, moves: int = 1) -> Config:
        """What a few random moves make of a design; as it is when it cannot grow any more."""
        child = parent
        for _ in range(moves):
            ways = self.moves(child)
            if not ways:
                break
            child = ways[int(rng.integers(len(ways)))][1]
        return child

    @staticmethod
    def _next(
        config: Config, name: str, values: tuple[Any, ...], verb: str
    ) -> Iterator[tuple[str, Config]]:
        """One value further, unless it is the last."""
        place = values.index(config[name]) + 1
        if place < len(values):
            yield f"{verb} {name.rpartition('.')[0]}", Config({**config, name: values[place]})

    def _deeper(self, config: Config, stage: str, place: int) -> Config:
        """The design with a new block at a place; those behind it move on."""
        inside = config.within(f"{stage}.blocks")
        blocks = [inside.within(str(block)) for block in range(int(config[f"{stage}.blocks"] or 0))]
        blocks.insert(place, Config({"kernel": self.kernels[0], "skip": False}))
        moved = {
            f"{stage}.blocks.{block}.{name}": value
            for block, own in enumerate(blocks)
            for name, value in own.items()
        }
        return self.complete({**config, **moved, f"{stage}.blocks": len(blocks)})

    def graphs(self, config: Config) -> list[Graph]:
        """The chain of blocks, skips beside it."""
        nodes = ["image"]
        edges: list[tuple[str, str, str]] = []

        def lead_to(name: str, *ways: str) -> None:
            edges.extend((nodes[-1], name, way) for way in ways)
            nodes.append(name)

        for place, stage in enumerate(self.plan(config)):
            lead_to(f"stage {place}", f"conv {stage.kernel}x{stage.kernel}, {stage.width} channels")
            for number, block in enumerate(stage.blocks):
                skip = ("skip",) if block.skip else ()
                lead_to(f"stage {place}.{number}", f"conv {block.kernel}x{block.kernel}", *skip)
        return [Graph("net", tuple(nodes), tuple(edges))]
