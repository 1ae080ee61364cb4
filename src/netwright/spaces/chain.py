"""The entire-structured space: a chain of layers with skip connections between any of them.

He, Zhao and Chu (AutoML: a survey of the state of the art, 2021) count M^L * 2^(L(L - 1) / 2)
designs for L layers of M types: layer j may also take what any layer before its predecessor gave,
the start of the chain counted as layer 0, and there are L(L - 1) / 2 such pairs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from netwright.core.config import Config, Value
from netwright.core.domains import Chooser, Ordered
from netwright.core.errors import ConfigError
from netwright.core.task import Task
from netwright.spaces.nets import Graph, NetSpace

if TYPE_CHECKING:
    from torch import nn

    from netwright.nn.chain import ChainLayer

TYPES = ("conv", "sep_conv", "max_pool", "avg_pool", "dense")
KERNELS = (3, 5, 7)
STRIDES = (1, 2)


def chain_count(types: int, layers: int) -> int:
    """Chains of `layers` layers of `types` types with any skip connections, as published."""
    return int(types**layers * 2 ** (layers * (layers - 1) // 2))


class Chain(NetSpace):
    """Some layers in a row, each with a type and what that type needs.

    Args:
        layers: Fewest and most.
        types: What a layer may be.
        filters: Widths a convolution or a dense layer may have.
        channels: Width of the convolution that the chain starts from.
    """

    def __init__(
        self,
        layers: tuple[int, int] = (3, 6),
        types: Sequence[str] = TYPES,
        filters: Sequence[int] = (32, 64, 128),
        channels: int = 16,
    ) -> None:
        if not 1 <= layers[0] <= layers[1] or not set(types) <= set(TYPES) or not types:
            raise ConfigError(
                f"A chain has one layer or more, of the types {list(TYPES)}. "
                f"Got layers={layers} and types={list(types)}."
            )
        self.layers = layers
        self.types, self.filters, self.channels = tuple(types), tuple(filters), channels

    def configure(self, choose: Chooser) -> Config:
        """Asks how many layers, then for each one its type, its shape and its skips."""
        count = choose.suggest_int("layers", *self.layers)
        chosen: dict[str, Value] = {"layers": count}
        for layer in range(1, count + 1):
            name = f"layer{layer}"
            kind = choose.suggest_categorical(f"{name}.type", list(self.types))
            chosen[f"{name}.type"] = kind
            for part, values in self._parts(kind).items():
                asked = f"{name}.{part}"
                chosen[asked] = choose.suggest_categorical(asked, Ordered(values))
            for source in range(layer - 1):
                asked = f"{name}.skip{source}"
                chosen[asked] = choose.suggest_categorical(asked, [False, True])
        return Config(chosen)

    def _parts(self, kind: str) -> dict[str, tuple[int, ...]]:
        """What a layer of a type decides besides."""
        if kind == "dense":
            return {"filters": self.filters}
        if kind in ("max_pool", "avg_pool"):
            return {"stride": STRIDES}
        return {"kernel": KERNELS, "filters": self.filters, "stride": STRIDES}

    def layer_size(self) -> int:
        """How many layers there are, not counting their skips."""
        return sum(
            math.prod(len(values) for values in self._parts(kind).values()) for kind in self.types
        )

    def size(self) -> int:
        """The published count with every different layer as a type, over all lengths."""
        low, high = self.layers
        return sum(chain_count(self.layer_size(), count) for count in range(low, high + 1))

    def build(self, config: Config, task: Task) -> nn.Module:
        """The chain of a design (torch is loaded here, not before)."""
        from netwright.nn.chain import ChainNetwork

        return ChainNetwork(self._layers(config), task.input_shape[0], task.outputs, self.channels)

    @staticmethod
    def _layers(config: Config) -> list[ChainLayer]:
        from netwright.nn.chain import ChainLayer

        layers = []
        for layer in range(1, int(config["layers"] or 0) + 1):
            parts = config.within(f"layer{layer}")
            sources = range(layer - 1)
            skips = tuple(source for source in sources if parts[f"skip{source}"])
            shape = {name: value for name, value in parts.items() if not name.startswith("skip")}
            layers.append(ChainLayer(**shape, skips=skips))  # type: ignore[arg-type]
        return layers

    def graphs(self, config: Config) -> list[Graph]:
        """The chain, each layer as a node."""
        layers = self._layers(config)
        nodes = ["input", *(f"{place} {layer.type}" for place, layer in enumerate(layers, 1))]
        edges = []
        for place, layer in enumerate(layers, start=1):
            edges.append((nodes[place - 1], nodes[place], _shape(layer)))
            edges += [(nodes[source], nodes[place], "skip") for source in layer.skips]
        return [Graph("chain", (*nodes, "output"), (*edges, (nodes[-1], "output", "linear")))]


def _shape(layer: ChainLayer) -> str:
    kernel = f"{layer.kernel}x{layer.kernel} " if layer.type in ("conv", "sep_conv") else ""
    filters = f"{layer.filters} wide" if layer.filters else ""
    stride = f" / {layer.stride}" if layer.type != "dense" else ""
    return f"{kernel}{filters}{stride}".strip()
