"""The study: asks for trials, remembers what came of them, hands over the best.

It is a thin layer over an Optuna study, whose storage is the only state (law 3, one truth): a
study opened twice, by two processes or a week apart, is the same study. `optuna-dashboard` opens
it, and any Optuna sampler drives it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.exceptions import UpdateFinishedTrialError
from optuna.samplers import BaseSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from netwright.core.agreement import agree
from netwright.core.budget import Budget
from netwright.core.choosers import FixedChooser
from netwright.core.config import Config
from netwright.core.engine import Engine
from netwright.core.errors import ConfigError, NoModel
from netwright.core.evaluator import Evaluator
from netwright.core.folder import MARK, RunFolder
from netwright.core.lease import LEASE, Observer
from netwright.core.pareto import knee, pareto_mask
from netwright.core.positions import POSITION, SURPLUS, Positions, position_of
from netwright.core.ranking import best_first, board, losses_of, why_none
from netwright.core.result import Result, what_is_wrong
from netwright.core.space import Domain, Parameters, Space, space_of
from netwright.core.storage import open_storage
from netwright.core.strategy import Reseeded, StrategySpec, derive_seed
from netwright.core.trial import CONFIG, RESULT, Trial, TrialRecord, record_of

QUEUED = "netwright:queued"
REVISED = "netwright:revised"
_OPTUNA_STATE = {"pruned": TrialState.PRUNED, "failed": TrialState.FAIL}


class Study:
    """Asks a strategy, remembers in a storage.

    Args:
        space: What may be chosen, a Space or a mapping of domains.
        objectives: Name and direction (`minimize` or `maximize`) of each objective.
        strategy: How to choose; a StrategySpec, or a person's own Optuna sampler.
        storage: None for memory, a path for a journal file, or a URL.
        name: The study's name inside the storage.
        seed: Everything random derives from it.
        pruner: An Optuna pruner, None to never stop a trial.
    """

    def __init__(
        self,
        space: Space | Mapping[str, Domain],
        *,
        objectives: Sequence[tuple[str, str]] = (("score", "minimize"),),
        strategy: StrategySpec | BaseSampler,
        storage: str | Path | None = None,
        name: str = "study",
        seed: int = 0,
        pruner: optuna.pruners.BasePruner | None = None,
    ) -> None:
        self._told: dict[str, Any] = {
            "space": space_of(space),
            "objectives": tuple(objectives),
            "strategy": strategy,
            "storage": storage,
            "name": name,
            "seed": seed,
            "pruner": pruner,
        }
        self._open(**self._told)

    def _open(
        self,
        space: Space,
        objectives: tuple[tuple[str, str], ...],
        strategy: StrategySpec | BaseSampler,
        storage: str | Path | None,
        name: str,
        seed: int,
        pruner: optuna.pruners.BasePruner | None,
    ) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.space, self.objectives, self.name, self.seed = space, objectives, name, seed
        self._asked_space = space
        self._own: Reseeded | None = None
        sampler: BaseSampler
        if isinstance(strategy, StrategySpec):
            self._asked_space = space.flat() if strategy.flat else space
            sampler = strategy.sampler(seed, self._asked_space)
        else:
            sampler = self._own = Reseeded(strategy, seed)
        self.optuna_study = optuna.create_study(
            storage=open_storage(storage),
            study_name=name,
            directions=[StudyDirection[direction.upper()] for _, direction in objectives],
            sampler=sampler,
            pruner=pruner or optuna.pruners.NopPruner(),
            load_if_exists=True,
        )
        self._closed: list[TrialRecord] = []
        self._positions = Positions(self._close)
        # Another space's trials count for the sampler, and are never the best.
        self._changed = agree(self.optuna_study, objectives, self._distributions())

    def _distributions(self) -> dict[str, BaseDistribution] | None:
        """What may be chosen; None for who only looks, or where a bug shows when it is asked."""
        try:
            return self._asked_space.distributions() or None
        except Exception:
            return None

    def _close(self, trial: FrozenTrial, position: int) -> None:
        self._closed.append(record_of(trial, position, len(self.objectives)))

    def __getstate__(self) -> dict[str, Any]:
        if self._told["storage"] is None:
            raise ConfigError(
                "A study in memory cannot be shared with other processes; give it a storage, "
                "such as a journal file, or use the engine 'inline'."
            )
        return self._told

    def __setstate__(self, told: dict[str, Any]) -> None:
        self._told = told
        self._open(**told)

    # ---------------------------------------------------------------- ask and tell

    def enqueue(self, values: Mapping[str, Any]) -> None:
        """Puts a design at the head of the queue; what it leaves open takes its default.

        Raises:
            ConfigError: The design does not fit the space.
        """
        config = self.space.complete(values)
        if self._asked_space is not self.space:
            config = Config({**self._asked_space.defaults(), **config})
        self.optuna_study.enqueue_trial(config.to_json(), user_attrs={QUEUED: True})

    def queued(self) -> int:
        """How many designs have been put into the queue so far, tried ones included."""
        return sum(QUEUED in trial.user_attrs for trial in self._frozen())

    def ask(self, limit: int | None = None) -> Trial | None:
        """Claims the next trial, or returns None when `limit` slots are taken.

        A waiting trial (enqueued, or a retry) goes first.
        """
        if limit is not None and not self._look().slot_left(limit):
            return None
        if self._own is not None and self._own.is_exhausted(self.optuna_study):
            return None
        optuna_trial = self.optuna_study.ask()
        position = self._look().of(optuna_trial.number)
        if limit is not None and position >= limit:
            # Another worker took the last slot between the look and the claim.
            optuna_trial.set_user_attr(SURPLUS, True)
            self.optuna_study.tell(optuna_trial, state=TrialState.FAIL)
            return None
        try:
            config = self._asked_space.configure(optuna_trial)
        except Exception:
            self.optuna_study.tell(optuna_trial, state=TrialState.FAIL)
            raise
        if config.to_json() != optuna_trial.params:
            optuna_trial.set_user_attr(CONFIG, config.to_json())
        return Trial(optuna_trial, config, position, derive_seed(self.seed, position))

    def slots_taken(self) -> int:
        """How many positions have been claimed, waiting ones not counted."""
        return len({trial.position for trial in self.trials() if trial.state != "waiting"})

    def tell(self, trial: Trial, result: Result) -> bool:
        """Records a result. Returns False when the trial was taken away meanwhile (late tell)."""
        number = trial.number
        facts = {
            "scores": dict(result.scores),
            "seconds": result.cost,
            "error": result.error,
            "artifacts": dict(result.artifacts),
            "predictions_path": result.predictions_path,
            "constraints": dict(result.constraints),
        }
        try:
            trial.optuna_trial.set_user_attr(RESULT, facts)
            for name, value in result.constraints.items():
                trial.optuna_trial.set_constraint(name, value)
            if result.state == "complete":
                wrong = what_is_wrong(result, [name for name, _ in self.objectives])
                if wrong is not None:
                    return self.fail(number, wrong)
                self.optuna_study.tell(number, [result.scores[n] for n, _ in self.objectives])
            else:
                self.optuna_study.tell(number, state=_OPTUNA_STATE[result.state])
        except (UpdateFinishedTrialError, ValueError) as error:
            if isinstance(error, ValueError) and "Cannot tell" not in str(error):
                raise
            return False
        for proposal in result.proposals:
            self.enqueue(proposal)
        return True

    def run(
        self,
        evaluator: Evaluator | Callable[..., object],
        budget: Budget,
        engine: Engine,
        **options: Any,
    ) -> Study:
        """Spends a budget: workers of the engine ask, evaluate and tell until it is gone.

        Options are the fields of `netwright.core.worker.Plan`, and `watch`.
        """
        from netwright.core.worker import run_study

        run_study(self, evaluator, budget, engine, **options)
        return self

    # ---------------------------------------------------------------- lost workers

    def lease(self, trial: Trial, lease: dict[str, Any]) -> None:
        """Writes a lease into its trial."""
        trial.optuna_trial.set_user_attr(LEASE, lease)

    def fail(self, number: int, reason: str, retry: bool = False) -> bool:
        """Marks a running trial failed; the first to do so wins.

        Args:
            number: The trial.
            reason: Why, in a few words.
            retry: Enqueue it once more, at the same position with the same parameters, unless
                it was a retry already.

        Returns:
            Whether this call did it.
        """
        storage = self.optuna_study._storage
        found = [trial for trial, _ in self._look().open() if trial.number == number]
        if not found or found[0].state != TrialState.RUNNING:
            return False
        frozen = found[0]
        again = retry and POSITION not in frozen.user_attrs
        facts = {**frozen.user_attrs.get(RESULT, {}), "error": reason}
        try:
            storage.set_trial_user_attr(frozen._trial_id, RESULT, {**facts, "retried": again})
            storage.set_trial_state_values(frozen._trial_id, TrialState.FAIL)
        except UpdateFinishedTrialError:
            return False
        if again:
            self._enqueue_again(frozen)
        return True

    def _enqueue_again(self, lost: FrozenTrial) -> None:
        """Queues a trial's parameters and what its sampler noted, at the same position."""
        again = optuna.trial.create_trial(
            state=TrialState.WAITING,
            system_attrs={**lost.system_attrs, "fixed_params": lost.params},
            user_attrs={POSITION: position_of(lost, self._frozen())},
        )
        self.optuna_study.add_trial(again)

    def running(self) -> list[tuple[int, dict[str, Any] | None]]:
        """Number and lease of every running trial."""
        return [
            (trial.number, trial.user_attrs.get(LEASE))
            for trial, _ in self._look().open()
            if trial.state == TrialState.RUNNING
        ]

    def reap(self, observer: Observer) -> list[int]:
        """Marks trials of lost workers failed and enqueues one retry each."""
        return [
            number
            for number, lease in self.running()
            if observer.lost(number, lease) and self.fail(number, "worker lost", retry=True)
        ]

    # ---------------------------------------------------------------- memory

    def _frozen(self) -> list[FrozenTrial]:
        storage = self.optuna_study._storage
        return storage.get_all_trials(self.optuna_study._study_id, deepcopy=False)

    def _look(self) -> Positions:
        """The trials as they are now."""
        return self._positions.update(self._frozen())

    def trials(self, *states: str) -> list[TrialRecord]:
        """Every trial (of some states), in order of position."""
        unfinished = [
            record_of(trial, position, len(self.objectives))
            for trial, position in self._look().open()
            if SURPLUS not in trial.user_attrs
        ]
        records = [
            record
            for record in (*self._closed, *unfinished)
            if not states or record.state in states
        ]
        names, told = [name for name, _ in self.objectives], self.optuna_study.user_attrs
        if any(key.startswith(REVISED) for key in told):
            again = [(record, told.get(f"{REVISED}:{record.number}")) for record in records]
            records = [record.revised(names, **new) if new else record for record, new in again]
        return sorted(records, key=lambda record: (record.position, record.number))

    def revise(
        self, number: int, scores: Mapping[str, float], constraints: Mapping[str, float]
    ) -> None:
        """Has what was measured anew of a finished trial count from now on.

        Args:
            number: The trial's.
            scores: By name, of objectives too.
            constraints: How far limits on them are broken.
        """
        found = {"scores": dict(scores), "constraints": dict(constraints)}
        self.optuna_study.set_user_attr(f"{REVISED}:{number}", found)

    def counts(self) -> dict[str, int]:
        """How many trials are complete, pruned, failed and running."""
        found = {"complete": 0, "pruned": 0, "failed": 0, "running": 0}
        for record in self.trials(*found):
            found[record.state] += 1
        return found

    def ranking(self) -> list[TrialRecord]:
        """Complete trials of this space, best first; those that break a limit last."""
        complete = [record for record in self.trials("complete") if self._inside(record)]
        return best_first(complete, self.objectives[0][1])

    def _inside(self, record: TrialRecord) -> bool:
        """Whether a trial's design is one of the space, which may have changed since it ran."""
        if not self._changed:
            return True
        try:
            return self.space.configure(FixedChooser(record.config)) == record.config
        except ConfigError:
            return False

    def leaderboard(self, weights: Mapping[int, float] | None = None) -> list[dict[str, Any]]:
        """One row a complete trial, best first, with its weight in a finished model."""
        return board(self.ranking(), weights or {})

    def best(self) -> TrialRecord:
        """The best complete trial.

        Raises:
            NoModel: No trial is complete.
        """
        ranking = self.ranking()
        if not ranking:
            raise NoModel(why_none(self.trials("failed", "pruned")))
        return ranking[0]

    def pareto_front(self) -> list[TrialRecord]:
        """Complete, feasible trials that no other beats in every objective."""
        records = self._feasible()
        if not records:
            return []
        mask = pareto_mask(self.losses(records))
        return [record for record, best in zip(records, mask, strict=True) if best]

    def knee(self) -> TrialRecord:
        """Where the front bends most: the compromise to look at first.

        Raises:
            NoModel: No trial is complete and keeps its limits.
        """
        records = self._feasible()
        if not records:
            raise NoModel("No trial is complete and keeps its limits, so there is no front.")
        return records[knee(self.losses(records))]

    def _feasible(self) -> list[TrialRecord]:
        return [r for r in self.trials("complete") if r.feasible and self._inside(r)]

    def losses(self, records: Sequence[TrialRecord]) -> list[list[float]]:
        """Their values, (trials, objectives), so that less is better everywhere."""
        return losses_of(records, [direction for _, direction in self.objectives])


def read_study(folder: RunFolder) -> Study:
    """The study of a run folder, to look at: it knows every trial but nothing of the space."""
    facts = folder.read_json(MARK)
    metric = folder.task().metric
    told = facts.get("objectives") or [(metric.name, metric.direction())]
    return Study(
        Parameters({}),
        objectives=[(name, direction) for name, direction in told],
        strategy=optuna.samplers.RandomSampler(),
        storage=facts["storage"] or folder.journal,
        name=facts["study"],
    )
