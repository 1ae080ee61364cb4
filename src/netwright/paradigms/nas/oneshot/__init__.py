"""One-shot search: a supernet whose designs share weights is trained once and stands for them all.

A method is a way to make a supernet of a space, and to read designs out of it. The supernet is a
net like others, so whoever trains nets trains it, whatever the regime.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from netwright.core.config import Config
from netwright.core.errors import ConfigError
from netwright.core.registry import find
from netwright.spaces.naming import NetSpaceName
from netwright.spaces.nets import NetSpace

if TYPE_CHECKING:
    from torch import nn

_HERE = "netwright.paradigms.nas.oneshot"
ONE_SHOT: dict[str, str] = {
    "beta_darts": f"{_HERE}.beta_darts:BetaDARTS",
    "darts": f"{_HERE}.darts:DARTS",
    "darts2": f"{_HERE}.darts:SecondOrderDARTS",
    "darts_es": f"{_HERE}.darts_es:EarlyDARTS",
    "drnas": f"{_HERE}.drnas:DrNAS",
    "enas": f"{_HERE}.enas:ENAS",
    "gdas": f"{_HERE}.gdas:GDAS",
    "ghn": f"{_HERE}.ghn:GHN",
    "ofa": f"{_HERE}.ofa:OnceForAll",
    "path_dropout": f"{_HERE}.path_dropout:PathDropout",
    "pc_darts": f"{_HERE}.pc_darts:PCDARTS",
    "sdarts": f"{_HERE}.sdarts:SmoothDARTS",
    "setn": f"{_HERE}.setn:SETN",
    "smash": f"{_HERE}.smash:SMASH",
    "spos": f"{_HERE}.spos:SinglePathOneShot",
}
SEEN, LEAST_SIDE = 0.5, 16
"""Share of a picture's sides that a supernet sees, and the pixels it sees at least."""
HANDING_OVER = 30.0
"""Seconds in which workers start and judge what a search hands over with shared weights."""
SETTINGS = ("level", "held_weight", "resting", "sampling", "teaching")
"""What a person may say of how a method learns, where the method asks for it."""


@dataclass(frozen=True)
class History:
    """How the options of a supernet came to be chosen, epoch by epoch.

    Attributes:
        options: Of every decision, by its name.
        strengths: (epochs, options of all decisions one after another).
        designs: What it stood for after each epoch.
    """

    options: Mapping[str, Sequence[str]]
    strengths: Sequence[Sequence[float]]
    designs: Sequence[Config]


@dataclass(frozen=True)
class OneShot(ABC):
    """A way to search with shared weights.

    Attributes:
        name: What it is called.
        settings: What was said of how it learns, see `SETTINGS`.
        asks: Which settings it understands.
        recipe: How its supernet is trained, where that differs from other nets.
        share: Of the time of a search, when the supernet must be trained.
        strategy: By which designs are searched with the weights of the trained supernet; empty for
            a supernet that says itself which designs are good.
        judged: Most designs that are judged so.
        judging: Of the time of a search, what that may take.
        deploys: Whether designs are used with the supernet's weights as they are, so that their
            latency is measured when they are judged, and none is trained.
        drawn: Designs that a supernet draws by what it learned, to be judged with its weights.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    asks: ClassVar[tuple[str, ...]] = ()
    recipe: ClassVar[Mapping[str, Any]] = {}
    share: ClassVar[float] = 0.5
    strategy: ClassVar[str] = ""
    judged: ClassVar[int] = 0
    judging: ClassVar[float] = 0.15
    drawn: ClassVar[int] = 0
    deploys: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for setting in self.settings:
            if setting not in self.asks:
                known = f"it takes {', '.join(self.asks)}" if self.asks else "it has no settings"
                raise ConfigError(f"The strategy {self.name!r} knows no {setting}; {known}.")

    def resolution(self, shape: Sequence[int]) -> float:
        """Share of the pictures' sides that the supernet sees, unless something else was asked for.

        What ranks designs is how well their weights were learned, and of small pictures a supernet
        sees three times as many in the same time.

        Args:
            shape: Of a picture, (channels, height, width).
        """
        return 1.0 if self.deploys else min(1.0, max(SEEN, LEAST_SIDE / min(shape[1:])))

    def ends(self, seconds: float | None) -> tuple[float, float]:
        """Shares of a search when the supernet must be trained, and its designs judged.

        A short search keeps time for designs that are handed over as they are: workers take as long
        to do that as in a long one. Those that are trained make do with what is left.

        Args:
            seconds: Length of the search, None for no limit.
        """
        trained, judged = self.share, self.share + self.judging
        if seconds is None or not self.deploys:
            return trained, judged
        less = min(1.0, max(0.0, 1 - HANDING_OVER / seconds) / judged)
        return less * trained, less * judged

    @abstractmethod
    def supernet(self, space: NetSpaceName) -> NetSpaceName:
        """The space whose only design is the supernet of a space."""

    def history(self, space: NetSpace, net: nn.Module) -> History | None:
        """What a trained supernet came to choose; None where it does not choose.

        Args:
            space: Of the designs.
            net: The supernet.
        """
        return None

    def extremes(self, space: NetSpace) -> list[Config]:
        """Designs that are judged before the strategy asks for any."""
        return []

    def proposals(self, space: NetSpace, net: nn.Module, seed: int) -> list[Config]:
        """`drawn` designs of a trained supernet; none where it draws none."""
        return []


def get_one_shot(name: str, settings: Mapping[str, Any] | None = None) -> OneShot:
    """The method of a name, or of a person's own `package:Class`.

    Raises:
        UnknownName: There is none.
        ConfigError: It knows no such setting.
    """
    found: type[OneShot] = find("one_shot", name, ONE_SHOT)
    return found(name, settings or {})
