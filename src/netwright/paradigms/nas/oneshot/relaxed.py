"""Search by gradients: the options of all decisions are mixed, and how much each counts is learned.

What such methods have in common; the methods themselves say how options count (`Relaxation`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from netwright.core.config import Config
from netwright.core.domains import Chooser
from netwright.core.task import Task
from netwright.learners.image import descent
from netwright.paradigms.nas.oneshot import History, OneShot, get_one_shot
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import NetSpace

if TYPE_CHECKING:
    from torch import nn

    from netwright.nn.mixed_operation import Options
    from netwright.nn.relaxation import Relaxation


TURNS = 5
"""Draws for each design that is wanted: some come twice."""


class Relaxed(OneShot):
    """A method that searches by gradients.

    Weights are trained as in DARTS: plain gradient descent from 0.025, momentum 0.9, decay 3e-4,
    along a cosine, in batches of 64.

    Attributes:
        passing: Whether convolutions begin by passing on what comes in, see
            `netwright.nn.passing`: where the options beside them are drawn anew in every pass. In
            a steady mixture they would be one more skip connection.
    """

    asks: ClassVar[tuple[str, ...]] = ("level", "held_weight", "resting")
    recipe: ClassVar[Mapping[str, Any]] = {
        "keep": "last",
        "label_smoothing": 0.0,
        **descent(0.025, 3e-4),
    }
    share: ClassVar[float] = 0.75
    passing: ClassVar[bool] = False

    def supernet(self, space: NetSpaceName) -> NetSpaceName:
        """All options at once."""
        told = {"space": space.name, "arguments": dict(space.arguments)}
        return NetSpaceName("relaxed", {**told, "method": self.name, "settings": self.settings})

    def options(self) -> Options:
        """Makes the mixed operations."""
        from netwright.nn.mixed_operation import Options

        return Options()

    @abstractmethod
    def relaxation(self, options: Options) -> Relaxation:
        """How much each option counts."""

    def history(self, space: NetSpace, net: nn.Module) -> History | None:
        """The strengths after every epoch, and the designs they stand for."""
        relaxation = _relaxation_of(net)
        rows = list(relaxation.history)
        return History(
            options=relaxation.options,
            strengths=[row.tolist() for row in rows],
            designs=[space.strongest(relaxation.told(row)) for row in rows],
        )

    def proposals(self, space: NetSpace, net: nn.Module, seed: int) -> list[Config]:
        """Different designs, each of options that are drawn."""
        import torch

        relaxation, found = _relaxation_of(net), dict[Config, None]()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            for _ in range(TURNS * self.drawn):
                if len(found) < self.drawn:
                    found.setdefault(space.strongest(relaxation.told(relaxation.sample())))
        return list(found)


def _relaxation_of(net: nn.Module) -> Relaxation:
    from netwright.nn.relaxation import Relaxation

    return next(part for part in net.modules() if isinstance(part, Relaxation))


class RelaxedSpace(NetSpace):
    """The relaxed net of all designs of a space: a space of one design.

    Args:
        space: Name of the other space.
        method: As in `ONE_SHOT`.
        arguments: What the space is made with.
        settings: Of the method.
    """

    def __init__(
        self,
        space: str,
        method: str,
        arguments: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.inner = NetSpaceName(space, arguments or {}).open()
        found = get_one_shot(method, settings)
        assert isinstance(found, Relaxed)
        self.method = found

    def configure(self, choose: Chooser) -> Config:
        """There is nothing to choose."""
        return Config({})

    def size(self) -> int:
        """One."""
        return 1

    def build(self, config: Config, task: Task) -> nn.Module:
        """The net, its strengths nearly equal."""
        from netwright.nn.passing import begin_passing
        from netwright.nn.relaxation import RelaxedNet

        options = self.method.options()
        net = self.inner.relax(task, options)
        if self.method.passing:
            begin_passing(net)
        return RelaxedNet(net, self.method.relaxation(options))
