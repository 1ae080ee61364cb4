"""What a search does differently under another way of learning; all else is the same search.

A regime says which task the data holds, what nets are built for, and who judges them. `Plain`
trains each design on rows and judges it on others.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from netwright.core.audit import Audit
from netwright.core.budget import Clock
from netwright.core.errors import ConfigError
from netwright.core.evaluator import Evaluator
from netwright.core.folder import SUPERNET
from netwright.core.registry import find
from netwright.core.task import Task
from netwright.data.prepare import pictures_alone, prepare, with_folds
from netwright.evaluators.nets import MODEL, NetEvaluator
from netwright.evaluators.shared import SharedEvaluator, supernet_of
from netwright.paradigms.nas.oneshot import get_one_shot
from netwright.recipes.pacing import USUAL_EPOCHS, epochs_within
from netwright.strategies import get_strategy
from netwright.strategies.morphism import inherits

if TYPE_CHECKING:
    from torch import nn

    from netwright.recipes.search_options import SearchOptions

CHECKPOINT_SECONDS = 60.0
"""Least time between two of a supernet."""
SUPERNET_JUDGED = 256
"""Held-back rows that a supernet is judged on: what it says by itself is of any design, and time
may be short."""
REGIMES: dict[str, str] = {
    "fewshot": "netwright.recipes.fewshot:Fewshot",
    "plain": "netwright.recipes.regime:Plain",
}


class Regime(ABC):
    """A way of learning, under which designs are searched.

    Attributes:
        goes_on: The command that trains a found design for long.
    """

    goes_on: ClassVar[str]

    @abstractmethod
    def task(self, source: Any, options: SearchOptions, notes: Audit) -> Task:
        """Reads the data.

        Raises:
            UserError: It is not data of this regime.
        """

    @abstractmethod
    def statement(self, task: Task) -> Task:
        """What nets are built for, without rows."""

    @abstractmethod
    def solves(self, task: Task) -> Task:
        """What the predictor says it is for, without rows."""

    @abstractmethod
    def evaluator(self, task: Task, data: Path, options: SearchOptions, weights: Path) -> Evaluator:
        """Judges designs.

        Args:
            task: The statement of the data, without rows.
            data: Folder of the rows.
            options: What was asked for.
            weights: Folder in which designs leave weights to their children.
        """

    def sharing(
        self,
        task: Task,
        data: Path,
        options: SearchOptions,
        supernet: SearchOptions,
        folder: Path,
    ) -> tuple[Evaluator, Evaluator]:
        """Who trains a supernet, and who judges designs by its weights.

        Args:
            task: The statement of the data, without rows.
            data: Folder of the rows.
            options: What was asked for.
            supernet: The same for the supernet.
            folder: Of the supernet: its net, and its checkpoint while it learns.

        Raises:
            ConfigError: Designs cannot share weights under this regime.
        """
        raise ConfigError(
            f"The strategy {options.one_shot!r} shares weights among designs, which is not built "
            "for this way of learning; take another strategy, such as auto."
        )

    def epochs(self, options: SearchOptions, task: Task, clock: Clock) -> int | None:
        """How long each design is trained, where nobody said it; None where nothing goes by epochs.

        Args:
            options: What was asked for.
            task: With rows.
            clock: Of the run.
        """
        return None

    def supernet(self, folder: Path) -> nn.Module:
        """The trained supernet in a folder, which must not be changed."""
        return supernet_of(folder)

    @abstractmethod
    def told(self, options: SearchOptions) -> str:
        """How each design is judged, for the audit."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict whose `name` is one of `REGIMES`."""

    @classmethod
    @abstractmethod
    def from_json(cls, data: Mapping[str, Any]) -> Regime:
        """Reads what `to_json` wrote."""


@dataclass(frozen=True)
class Plain(Regime):
    """Learns from most of the rows and is judged on the others."""

    goes_on: ClassVar[str] = "netwright retrain RUN"

    def task(self, source: Any, options: SearchOptions, notes: Audit) -> Task:
        """One column of pictures and its targets."""
        task = with_folds(prepare(source, options.targets, options.wishes(), notes), 1)
        if not task.schema.of_type("image"):
            raise ConfigError(
                "This space needs data with one column of images, and there is none. For a table, "
                "search with --space mlp."
            )
        return pictures_alone(task, notes)

    def statement(self, task: Task) -> Task:
        """The task itself."""
        return task.with_data(None)

    def solves(self, task: Task) -> Task:
        """The task itself."""
        return task.with_data(None)

    def epochs(self, options: SearchOptions, task: Task, clock: Clock) -> int:
        """As many as the time allows; children that inherit weights go on with few at a time."""
        if inherits(get_strategy(options.fit.strategy)):
            return USUAL_EPOCHS
        objectives = len(options.judged(task))
        seen = options.resolution or 1.0
        return epochs_within(options.space, options.fit, task, clock, objectives, seen)

    def evaluator(self, task: Task, data: Path, options: SearchOptions, weights: Path) -> Evaluator:
        """Trains on rows."""
        return NetEvaluator(
            task=task,
            data=data,
            space=options.space,
            recipe={**options.training(task), "resolution": options.resolution},
            weights=weights,
            supernet=weights.parent / SUPERNET / MODEL if options.deploys else None,
            watched=options.fit.pruner != "none",
            seed=options.fit.seed,
        )

    def sharing(
        self,
        task: Task,
        data: Path,
        options: SearchOptions,
        supernet: SearchOptions,
        folder: Path,
    ) -> tuple[Evaluator, Evaluator]:
        """The supernet learns from the rows that designs learn from."""
        seed = options.fit.seed
        method = get_one_shot(options.one_shot, options.settings)
        recipe = {
            **supernet.training(task),
            "checkpoint_seconds": CHECKPOINT_SECONDS,
            "resolution": options.resolution or method.resolution(task.input_shape),
        }
        trains = NetEvaluator(
            task=task,
            data=data,
            space=supernet.space,
            recipe=recipe,
            folder=folder,
            judged=SUPERNET_JUDGED,
            seed=seed,
        )
        return trains, SharedEvaluator(task, data, options.space, folder / MODEL, seed)

    def told(self, options: SearchOptions) -> str:
        """Epochs and the hold-out."""
        if options.deploys:
            return "each has its part of a supernet's weights, and is judged on a hold-out"
        seen = options.resolution
        smaller = "" if seen is None else f" on pictures of {seen:g} of their sides"
        return (
            f"each is trained for {options.epochs} epochs{smaller} and judged on a hold-out of "
            "every fifth row"
        )

    def to_json(self) -> dict[str, Any]:
        """Its name."""
        return {"name": "plain"}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Plain:
        """There is nothing to read."""
        return cls()


def read_regime(data: Mapping[str, Any]) -> Regime:
    """The regime that a run was made under."""
    kind: type[Regime] = find("regimes", data["name"], REGIMES)
    return kind.from_json(data)
