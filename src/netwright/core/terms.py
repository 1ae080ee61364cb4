"""The terms of a study's search, kept in its storage, so that workers who join later keep them."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace

from netwright.core.budget import from_wall, to_wall
from netwright.core.errors import RunError
from netwright.core.study import Study

TERMS = "netwright:terms"
WAIT_SECONDS = 10.0
"""How long a worker waits for a run that is just being prepared."""


@dataclass(frozen=True)
class Terms:
    """Bounds of one search. Moments are this machine's monotonic clock; the storage holds seconds
    since 1970.

    Attributes:
        trials: Slots in all, None for no limit.
        deadline: When no trial starts any more, None for never.
        hard_deadline: When running trials are killed, None for never.
        trial_seconds: Most time for one trial, None for no limit.
    """

    trials: int | None = None
    deadline: float | None = None
    hard_deadline: float | None = None
    trial_seconds: float | None = None

    def over(self) -> bool:
        """Whether the time is up."""
        return self.deadline is not None and time.monotonic() >= self.deadline

    def write(self, study: Study) -> None:
        """Keeps the terms with the study."""
        wall = replace(
            self, deadline=to_wall(self.deadline), hard_deadline=to_wall(self.hard_deadline)
        )
        study.optuna_study.set_user_attr(TERMS, asdict(wall))

    @classmethod
    def read(cls, study: Study, wait_seconds: float = WAIT_SECONDS) -> Terms:
        """The terms of a study, waiting a little for whoever is about to write them.

        Raises:
            RunError: Nobody has begun a search.
        """
        end = time.monotonic() + wait_seconds
        while TERMS not in (told := study.optuna_study.user_attrs):
            if time.monotonic() > end:
                raise RunError(
                    f"Nobody is searching in the study {study.name!r} yet; start 'netwright fit' "
                    "first, then its workers."
                )
            time.sleep(0.2)
        wall = cls(**told[TERMS])
        return replace(
            wall, deadline=from_wall(wall.deadline), hard_deadline=from_wall(wall.hard_deadline)
        )
