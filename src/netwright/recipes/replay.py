"""One replay: a strategy searches a table of designs against a simulated clock.

A query costs what the table says, several simulated workers train at once, and whoever is free
asks next. Trials under way are running trials of the study, so strategies see them as pending.
Beneath is an Optuna study in memory and nothing else, so that a query costs well under a
millisecond beside the strategy's own time.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from heapq import heappop, heappush
from time import process_time

import optuna
from optuna.samplers import BaseSampler
from optuna.study import StudyDirection
from optuna.trial import Trial, TrialState

from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.errors import BudgetError, ConfigError
from netwright.core.result import Result
from netwright.core.space import Space
from netwright.core.strategy import StrategySpec
from netwright.evaluators.table import DesignTable, TableEvaluator
from netwright.strategies import get_strategy
from netwright.strategies.warm_start import with_cheap

ROUNDING = 1e-9
"""Share by which a sum of costs may pass the budget: sums of seconds are not exact."""


@dataclass(frozen=True)
class Rules:
    """What one replay may spend.

    Attributes:
        queries: Designs that are looked up, None for as many as the cost budget pays.
        cost_budget: Simulated seconds; what would end later does not count.
        cost_scale: The share of a full training's cost that a query pays.
        workers: Simulated trainings at once.
    """

    queries: int | None = 100
    cost_budget: float | None = None
    cost_scale: float = 1.0
    workers: int = 1

    def __post_init__(self) -> None:
        if self.queries is None and self.cost_budget is None:
            raise BudgetError("A replay needs an end: a number of queries or a cost budget.")
        for name in ("queries", "cost_budget", "cost_scale", "workers"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise BudgetError(f"The {name.replace('_', ' ')} must be positive. Got {value!r}.")

    def open_for(self, asked: int) -> bool:
        """Whether another query may begin."""
        return self.queries is None or asked < self.queries

    def over(self, clock: float) -> bool:
        """Whether the simulated time is spent."""
        return self.cost_budget is not None and clock > self.cost_budget * (1 + ROUNDING)


@dataclass(frozen=True)
class Replay:
    """What one replay did.

    Attributes:
        places: The table's row of each query that counts, in the order they ended; the nearest
            one's where the table does not hold the design.
        moved: How many queries were of a design that the table does not hold.
        seconds_per_query: Processor seconds of the strategy and Optuna, on average; waiting for a
            core that others use does not count.
    """

    places: tuple[int, ...]
    seconds_per_query: float
    moved: int = 0


def replay(table: DesignTable, strategy: str, seed: int, rules: Rules) -> Replay:
    """Lets one strategy with one seed search a table.

    Raises:
        UnknownName: No such strategy.
        ConfigError: The strategy cannot search such a table.
    """
    evaluator = TableEvaluator(table, rules.cost_scale)
    clock = 0.0
    running: list[tuple[float, int, Trial, Config, Result]] = []
    places: list[int] = []
    moved = 0
    with _quiet():
        search = _Search(table, strategy, seed)
        while True:
            while len(running) < rules.workers and rules.open_for(search.asked):
                trial, config = search.ask()
                result = evaluator.evaluate(config, Context())
                heappush(running, (clock + result.cost, trial.number, trial, config, result))
            if not running:
                break
            clock, _, trial, config, result = heappop(running)
            if rules.over(clock):
                break
            search.tell(trial, result)
            moved += table.place(config) is None
            places.append(table.nearest(config))
    return Replay(tuple(places), search.seconds / search.asked, moved)


def strategy_of(strategy: str) -> StrategySpec:
    """The strategy of a name, or of a person's own `package:Class`.

    Raises:
        UnknownName: No such strategy.
        ConfigError: It is not one that a seed can be given to.
    """
    spec = get_strategy(strategy)
    if not isinstance(spec, StrategySpec):
        raise ConfigError(f"A replay needs a strategy that takes a seed. Got {strategy!r}.")
    return spec


class _Search:
    """One strategy's study of a table, and the processor seconds it takes."""

    def __init__(self, table: DesignTable, strategy: str, seed: int) -> None:
        spec = strategy_of(strategy)
        self.strategy = strategy
        self.objectives = table.columns.objectives
        self.space = table.space.flat() if spec.flat else table.space
        self.study = optuna.create_study(
            sampler=_sampler(spec, table, self.space, seed),
            directions=[StudyDirection[d.upper()] for _, d in self.objectives],
        )
        self.asked = 0
        self.seconds = 0.0

    def ask(self) -> tuple[Trial, Config]:
        """The next design."""
        began = process_time()
        try:
            trial = self.study.ask()
            config = self.space.configure(trial)
        except ValueError as error:  # CMA-ES refuses several objectives so
            said = f"The strategy {self.strategy!r} cannot search this table: {error}"
            raise ConfigError(said) from error
        self.seconds += process_time() - began
        self.asked += 1
        return trial, config

    def tell(self, trial: Trial, result: Result) -> None:
        """What `study.tell` does, without its deep copy of the trial, half the time of a query."""
        began = process_time()
        state, values = TrialState.FAIL, None
        if result.state == "complete":
            state = TrialState.COMPLETE
            values = [result.scores[name] for name, _ in self.objectives]
            for name, value in result.constraints.items():
                trial.set_constraint(name, value)
        storage = self.study._storage
        self.study.sampler.after_trial(
            self.study, storage.get_trial(trial._trial_id), state, values
        )
        storage.set_trial_state_values(trial._trial_id, state, values)
        self.seconds += process_time() - began


def _sampler(spec: StrategySpec, table: DesignTable, space: Space, seed: int) -> BaseSampler:
    """The strategy's sampler, and cheap scores in its hands when the table has some."""
    sampler = spec.sampler(seed, space)
    if not table.columns.cheap:
        return sampler
    return with_cheap(sampler, table.space, table.cheap, seed)


@contextmanager
def _quiet() -> Iterator[None]:
    """Optuna tells of every trial, and samplers that they are experimental."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(before)
