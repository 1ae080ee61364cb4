"""Which slot of a study a trial fills, found without looking at finished trials twice.

A position is a trial's number less the retries and surplus trials before it; a retry keeps its
predecessor's. An Optuna study hands over all of its trials whenever it is asked: with a summary of
those that are finished, the ten-thousandth trial costs what the tenth did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import FrozenTrial

POSITION = "netwright:position"
"""Attribute of a retried trial: the position it keeps."""
SURPLUS = "netwright:surplus"
"""Attribute of a trial that lost the race for the last slot; it counts nowhere."""


def all_trials(study: Study) -> list[FrozenTrial]:
    """Every trial of a study, also where a pruner shows its sampler some of them only."""
    return study._storage.get_all_trials(study._study_id, deepcopy=False)


def position_of(trial: FrozenTrial, trials: Sequence[FrozenTrial]) -> int:
    """The slot a trial fills, found by looking at all trials before it."""
    return _place(trial, sum(map(_is_extra, trials[: trial.number])))


def _place(trial: FrozenTrial, extra: int) -> int:
    return int(trial.user_attrs.get(POSITION, trial.number - extra))


def _is_extra(trial: FrozenTrial) -> bool:
    """Whether a trial's number does not stand for a slot of its own."""
    return POSITION in trial.user_attrs or SURPLUS in trial.user_attrs


class Positions:
    """A summary of a study's trials up to the first unfinished one.

    Args:
        on_close: Called once for each trial that was found finished, with its position, in order
            of their numbers; not for surplus trials.
    """

    def __init__(self, on_close: Callable[[FrozenTrial, int], None] | None = None) -> None:
        self._on_close = on_close
        self._closed = 0
        self._extra = 0
        self._taken: set[int] = set()
        self._trials: Sequence[FrozenTrial] = ()

    def update(self, trials: Sequence[FrozenTrial]) -> Positions:
        """Takes in all trials of the study, in order of their numbers."""
        self._trials = trials
        while self._closed < len(trials) and trials[self._closed].state.is_finished():
            trial = trials[self._closed]
            if SURPLUS not in trial.user_attrs:
                position = _place(trial, self._extra)
                self._taken.add(position)
                if self._on_close is not None:
                    self._on_close(trial, position)
            self._extra += _is_extra(trial)
            self._closed += 1
        return self

    def open(self) -> Iterator[tuple[FrozenTrial, int]]:
        """The trials from the first unfinished one on, each with its position."""
        extra = self._extra
        for trial in self._trials[self._closed :]:
            yield trial, _place(trial, extra)
            extra += _is_extra(trial)

    def of(self, number: int) -> int:
        """The position of a trial that is not finished yet."""
        return next(position for trial, position in self.open() if trial.number == number)

    def slot_left(self, limit: int) -> bool:
        """Whether a position below a limit waits for a worker, or was never taken."""
        waiting, taken = False, set()
        for trial, position in self.open():
            if SURPLUS not in trial.user_attrs:
                waiting = waiting or (trial.state.name == "WAITING" and position < limit)
                taken.add(position)
        return waiting or len(self._taken) + len(taken - self._taken) < limit
