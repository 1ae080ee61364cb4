"""What a long run tells whoever watches: stages, ticks and notes. This one keeps silent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netwright.core.budget import Clock
    from netwright.core.study import Study


class Progress:
    """Does nothing; a terminal panel, a JSON log or a notebook cell take its place."""

    def begin(self, clock: Clock, **facts: Any) -> None:
        """A run starts."""

    def stage(self, name: str) -> None:
        """Another step begins."""

    def tick(self, study: Study) -> None:
        """The study has moved, or a quarter of a second has passed."""

    def note(self, said: str) -> None:
        """Something a person should know."""

    def end(self) -> None:
        """The run is over."""
