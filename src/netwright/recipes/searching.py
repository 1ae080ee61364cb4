"""One search of nets in the making: what every step of it needs to know and to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from netwright.core.budget import Budget, Clock
from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.engine import Engine
from netwright.core.evaluator import Evaluator
from netwright.core.folder import RunFolder
from netwright.core.progress import Progress
from netwright.core.study import Study
from netwright.core.task import Task
from netwright.core.worker import run_study
from netwright.evaluators.costs import CostsFirst, KeepsLimits
from netwright.recipes.machine import memory_bytes, workers_of
from netwright.recipes.proxies import score_random, warmed
from netwright.recipes.search_options import SearchOptions
from netwright.spaces.lineage import Lineage
from netwright.spaces.morphism import Morphism
from netwright.spaces.nets import NetSpace
from netwright.strategies import get_strategy
from netwright.strategies.morphism import inherits
from netwright.strategies.pruners import get_pruner

SCORED = "proxies.json"
"""What proxies said of some designs, in the run's folder."""
GRACE_SHARE = 0.05
"""Of the time that workers may overrun."""


@dataclass
class Search:
    """One search in the making: what every step needs to know."""

    folder: RunFolder
    task: Task
    options: SearchOptions
    clock: Clock
    engine: Engine
    progress: Progress
    first: Sequence[Config] = ()

    @property
    def storage(self) -> str | Path:
        """Where trials are remembered."""
        return self.options.fit.storage or self.folder.journal

    @property
    def context(self) -> Context:
        """Circumstances of every trial."""
        return Context(device=self.options.fit.device, threads=self.options.fit.threads)

    @cached_property
    def statement(self) -> Task:
        """What nets are built for."""
        return self.options.regime.statement(self.task)

    @property
    def evaluator(self) -> Evaluator:
        """Judges the trials."""
        options, folder = self.options, self.folder
        weights = folder.path / "weights"
        judge = options.regime.evaluator(self.task.with_data(None), folder.data, options, weights)
        return self.counting(judge)

    def counting(self, judge: Evaluator) -> Evaluator:
        """Counts and measures a design first, and has it judged if it keeps the limits."""
        latency = self.options.measures_latency(self.task)
        return CostsFirst(judge, self.options.space, self.statement, latency)

    def space(self) -> NetSpace:
        """What may be built, under the limits that can be counted."""
        space = self.options.space.open()
        if isinstance(space, Morphism) and inherits(get_strategy(self.options.fit.strategy)):
            space = Lineage(space)
        if not self.options.limits:
            return space
        return space.limited(KeepsLimits(self.options.space, self.statement))

    def score(self) -> None:
        """Has proxies score some designs, once for a run."""
        proxies, seed = self.options.proxies, self.options.fit.seed
        if not (self.folder.path / SCORED).exists():
            found = score_random(self.space(), self.task, proxies, seed, self.clock)
            self.folder.write_json(SCORED, {"designs": found})
            told = f"{', '.join(proxies)} scored {len(found)} random designs; the best go first."
            self.folder.audit.say("proxies", told)

    def study(self) -> Study:
        """Opens the study; the same whenever it is opened."""
        fit, space = self.options.fit, self.space()
        strategy = get_strategy(fit.strategy)
        if self.options.proxies:
            strategy = warmed(strategy, self.folder.read_json(SCORED)["designs"])
        return Study(
            space,
            objectives=self.options.judged(self.task),
            strategy=strategy,
            storage=self.storage,
            name=self.folder.study_name(fit.storage),
            seed=fit.seed,
            pruner=get_pruner(fit.pruner),
        )

    def spend(
        self,
        study: Study,
        evaluator: Evaluator,
        trials: int | None,
        share: float,
        *,
        folder: Path | None = None,
        longest: float = 1.0,
        alone: bool = False,
        label: str = "worker",
    ) -> None:
        """Spends time on a study.

        Args:
            study: Which.
            evaluator: Judges its trials.
            trials: How many at most.
            share: Of the whole time, when it ends.
            folder: Under which trials write, None for nowhere.
            longest: Share of what is left that one trial may take.
            alone: Whether one worker has the threads of all.
            label: Starts the workers' names.
        """
        fit, clock = self.options.fit, self.clock
        workers = 1 if alone else workers_of(fit)
        threads = fit.threads * (workers_of(fit) if alone else 1)
        run_study(
            study,
            evaluator,
            Budget(trials=trials),
            self.engine,
            workers=min(workers, trials or 10**6),
            context=self.context.but(threads=threads),
            trial_seconds=None if clock.seconds is None else longest * clock.left(),
            deadline=self._at(share),
            hard_deadline=self._at(share + GRACE_SHARE),
            folder=folder,
            logs=self.folder.logs,
            memory_bytes=memory_bytes(fit),
            on_tick=self.progress.tick,
            label=label,
        )

    def _at(self, share: float) -> float | None:
        """The moment when a share of the whole time is gone, None without a clock."""
        clock = self.clock
        return None if clock.seconds is None else clock.deadline((1 - share) * clock.seconds)
