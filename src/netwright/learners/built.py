"""The words a net of pictures is built from, as they lie beside its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netwright.core.config import Config
from netwright.core.task import Column, Schema, Task
from netwright.learners.trust import check_trusted
from netwright.nn.head import Head
from netwright.spaces.naming import NetSpaceName

if TYPE_CHECKING:
    from torch import nn


PICTURE = 3
"""Dimensions of a picture: channels, height, width; a row of numbers has one."""


@dataclass(frozen=True)
class Built:
    """All that is needed to build a net again.

    Attributes:
        space: Which space the design is of.
        design: The design.
        column: The image column.
        shape: Of one picture, (channels, h, w).
        heads: What of the last layer belongs to each target.
        epochs: How long it learned.
        norm: What its batch normalisation was replaced by, as in `netwright.nn.normalisation`;
            empty where it was not.
        resolution: Share of a picture's sides that it looks at.
        attention: What its last layer is made with where it attends to rows that it knows, see
            `netwright.nn.attention`; empty where it is linear.
    """

    space: NetSpaceName
    design: Mapping[str, Any]
    column: str
    shape: tuple[int, ...]
    heads: tuple[Head, ...]
    epochs: int = 0
    norm: str = ""
    resolution: float = 1.0
    attention: Mapping[str, int] = field(default_factory=dict)

    @property
    def outputs(self) -> int:
        """Width of the last layer."""
        return sum(head.width for head in self.heads)

    @property
    def seen(self) -> tuple[int, int] | None:
        """Height and width that it brings pictures to; None where it looks at them as they are."""
        if self.resolution == 1 or len(self.shape) != PICTURE:
            return None
        height, width = (max(1, round(self.resolution * side)) for side in self.shape[1:])
        return height, width

    def net(self) -> nn.Module:
        """The net, its weights at random."""
        net = self.space.open().build(Config(self.design), self.statement())
        if self.norm:
            from netwright.nn.normalisation import normalise_tasks

            net = normalise_tasks(net, self.norm)
        if self.attention:
            from netwright.nn.attention import Attention
            from netwright.nn.last_layer import last_layer, width_before

            last = Attention.blank(width_before(net), self.outputs, **self.attention)
            net.set_submodule(last_layer(net), last)
        return net

    def statement(self) -> Task:
        """The least task that says what goes in and what comes out."""
        classes = tuple(range(self.outputs)) if self.outputs > 1 else ()
        return Task(
            name="net",
            kind="regression" if not classes else "binary" if len(classes) == 2 else "multiclass",
            target="target",
            schema=Schema((Column(self.column, "image", shape=self.shape),)),
            metric_name="accuracy" if classes else "rmse",
            classes=classes,
        )

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Built:
        """Reads what `asdict` made of it; in older files one head stands among the others."""
        told = dict(facts)
        space = NetSpaceName(**told.pop("space"))
        for name in space.names:
            check_trusted(name)
        older = {"width": "outputs", "mean": "mean", "spread": "spread"}
        if "heads" not in told:
            told["heads"] = [{name: told.pop(before) for name, before in older.items()}]
        heads = tuple(Head(**head) for head in told.pop("heads"))
        return cls(**{**told, "space": space, "shape": tuple(told["shape"]), "heads": heads})
