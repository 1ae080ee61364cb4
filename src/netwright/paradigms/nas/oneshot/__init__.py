"""One-shot search: a supernet whose designs share weights is trained once and judges them all.

A method is a way to make a supernet of a space. It is a net like others, so whoever trains nets
trains it, whatever the regime.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from netwright.core.registry import find
from netwright.spaces.naming import NetSpaceName

ONE_SHOT: dict[str, str] = {
    "spos": "netwright.paradigms.nas.oneshot.spos:SinglePathOneShot",
}


class OneShot(ABC):
    """A way to search with shared weights.

    Attributes:
        strategy: By which designs are searched once the supernet is trained.
        judged: Most designs that it tries.
    """

    strategy: str
    judged: int

    @abstractmethod
    def supernet(self, space: NetSpaceName) -> NetSpaceName:
        """The space whose only design is the supernet of a space."""


def get_one_shot(name: str) -> OneShot:
    """The method of a name, or of a person's own `package:Class`.

    Raises:
        UnknownName: There is none.
    """
    found: type[OneShot] = find("one_shot", name, ONE_SHOT)
    return found()
