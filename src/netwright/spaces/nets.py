"""The contract of a space of nets: it says which designs there are, and builds each of them.

class Mine(NetSpace):
    def configure(self, choose):
        return Config({"width": choose.suggest_int("width", 8, 64)})

    def build(self, config, task):
        return make_net(config["width"], task.input_shape, task.outputs)
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netwright.core.config import Config
from netwright.core.errors import ConfigError
from netwright.core.space import Space
from netwright.core.task import Column, Schema, Task

if TYPE_CHECKING:
    from torch import nn

    from netwright.nn.mixed_operation import Options

COSTS = ("params_m", "flops_g", "memory_mb", "latency_ms")
"""What of a net may be limited, or be an objective, beside the metrics; less is better."""
LATENCY = "latency_ms"


@dataclass(frozen=True)
class Graph:
    """A picture of a design, or of a part of it, for whoever draws it.

    Attributes:
        name: What the part is called, such as `normal cell`.
        nodes: Names of the nodes, in the order data flows.
        edges: (from, to, what happens on the way).
    """

    name: str
    nodes: tuple[str, ...]
    edges: tuple[tuple[str, str, str], ...]


class NetSpace(Space):
    """A space whose designs are nets."""

    @abstractmethod
    def build(self, config: Config, task: Task) -> nn.Module:
        """The untrained net of a design.

        It takes a float (batch, channels, height, width) of `task.input_shape` and returns
        (batch, `task.outputs`). While training it may return a tuple: what it predicts, then what
        its auxiliary heads do. Any size of at least one pixel works, any batch of at least two.
        """

    def relax(self, task: Task, options: Options) -> nn.Module:
        """The net of all designs at once, for methods that mix what may be chosen.

        Args:
            task: As for `build`.
            options: Makes a mixed operation wherever designs have one of several.

        Raises:
            ConfigError: What this space chooses cannot be mixed.
        """
        raise ConfigError(
            f"The choices of {type(self).__name__} are no operations that can be mixed; search it "
            "with --strategy spos, which shares weights among designs of any space."
        )

    def strongest(self, strengths: Mapping[str, Mapping[str, float]]) -> Config:
        """The design that a relaxed net stands for.

        Args:
            strengths: How strong each option of each of its decisions is; here a decision is named
                as in a design, and its strongest option is taken.
        """
        return self.complete({name: max(of, key=of.__getitem__) for name, of in strengths.items()})

    def to_text(self, config: Config) -> str:
        """A design on one line; the published form where there is one."""
        return json.dumps(config.to_json(), sort_keys=True)

    def from_text(self, text: str) -> Config:
        """Reads what `to_text` wrote.

        Raises:
            ConfigError: It is no design of this space.
        """
        try:
            values: Any = json.loads(text)
        except ValueError as error:
            raise ConfigError(
                f"A design of this space is a JSON object on one line. Got {text[:80]!r}."
            ) from error
        if not isinstance(values, dict):
            raise ConfigError(f"A design of this space is a JSON object. Got {text[:80]!r}.")
        return self.complete(values)

    def graphs(self, config: Config) -> list[Graph]:
        """Pictures of the design, empty where there is nothing to draw."""
        return []


def image_task(shape: tuple[int, ...], classes: int, name: str = "images") -> Task:
    """The statement of an image classification without rows, for whoever builds nets by hand.

    Args:
        shape: (channels, height, width).
        classes: How many.
        name: What it is called.
    """
    return Task(
        name=name,
        kind="binary" if classes == 2 else "multiclass",
        target="class",
        schema=Schema((Column("image", "image", shape=tuple(shape)),)),
        metric_name="accuracy",
        classes=tuple(range(classes)),
    )
