"""How to learn from few examples: a method, its settings, a normalisation, and episodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from netwright.core.errors import ConfigError, unknown_name
from netwright.data.tasksets import TaskSet, Terms
from netwright.learners.built import PICTURE
from netwright.paradigms.fewshot import get_method

if TYPE_CHECKING:
    from torch import nn

    from netwright.paradigms.fewshot.method import Method

KINDS = ("none", "shift", "affine", "flip", "cutout", "trivial")
"""Augmentations that keep a picture of one class."""
WAYS, QUERIES = 60, 1
"""Of the episodes that methods learn on that compare; sixty ways as Snell et al. have it."""


@dataclass(frozen=True)
class Habit:
    """What suits methods of one kind.

    Attributes:
        augment: What happens to pictures they learn on.
        lr: Rate of training.
        epoch: Episodes between two looks at those held back.
    """

    augment: str
    lr: float
    epoch: int


COMPARING = Habit("affine", 2e-3, 500)
ADAPTING = Habit("shift", 4e-3, 2_000)
"""Weights that go a long way in a step or two learn less from pictures that differ as much, and
take longer to be looked at."""


@dataclass(frozen=True)
class Approach:
    """All that decides how a backbone learns to learn.

    Attributes:
        method: As in `METHODS`, or a person's own `package:Class`.
        norm: Where batch normalisation takes its statistics from, see `netwright.nn.normalisation`.
        terms: The episodes it is to be good at.
        settings: Of the method, such as `inner_lr` and `inner_steps`.
        augment: What happens to pictures it learns on, one of `KINDS`; None for what suits the
            method.
        train_ways, train_queries: Of the episodes it learns on, None for what suits the method.
    """

    method: str = "protonet"
    norm: str = "transductive"
    terms: Terms = field(default_factory=Terms)
    settings: Mapping[str, Any] = field(default_factory=dict)
    augment: str | None = None
    train_ways: int | None = None
    train_queries: int | None = None

    def __str__(self) -> str:
        told = "".join(f", {name} {value}" for name, value in self.settings.items())
        return f"{self.method}{told}; {self.terms}; {self.norm} normalisation"

    @property
    def habit(self) -> Habit:
        """What suits the method."""
        return COMPARING if get_method(self.method).compares else ADAPTING

    @property
    def augmentation(self) -> str:
        """What happens to pictures it learns on."""
        return self.augment or self.habit.augment

    def check(self) -> None:
        """Refuses what cannot be, before any data is read: makes the method with a small net.

        Raises:
            UserError: As `make`.
        """
        from torch import nn

        if self.augmentation not in KINDS:
            raise unknown_name("augmentation", self.augmentation, KINDS)
        self.make(nn.Sequential(nn.Linear(1, self.terms.ways)))
        if self.train_ways not in (None, self.terms.ways) and not get_method(self.method).compares:
            raise ConfigError(
                f"{self.method!r} learns on as many ways as it is to answer, {self.terms.ways}. "
                f"Got {self.train_ways} to learn on; leave it out, or use protonet."
            )

    def learning(self, tasks: TaskSet) -> Terms:
        """The episodes that training draws: those that were asked for, or what suits the method.

        A method that compares learns faster from more classes and fewer queries than it is judged
        on (Snell et al. 2017, 5.1); one without use for queries takes them as support. One that
        derives through its steps is asked of as many pictures as it was shown (Finn et al. 2017,
        A.1), because they cost it the most; rows of numbers cost little.

        Raises:
            DataError: Such episodes cannot be drawn.
        """
        kind, terms = get_method(self.method), self.terms
        if not kind.needs_queries:
            terms = Terms(terms.ways, terms.shots + terms.queries - 1, 1)
        elif kind.compares:
            terms = Terms(max(terms.ways, WAYS), terms.shots, min(terms.queries, QUERIES))
        elif len(tasks.shape) == PICTURE:
            terms = Terms(terms.ways, terms.shots, min(terms.queries, terms.shots))
        terms = replace(terms, ways=min(terms.ways, tasks.most_ways))
        asked = {"ways": self.train_ways, "queries": self.train_queries}
        told = {name: value for name, value in asked.items() if value}
        if told:
            terms = replace(terms, **told)
            tasks.check(terms)
        return terms

    def make(self, net: nn.Module) -> Method:
        """The method with a backbone, which is changed.

        Raises:
            UnknownName: There is no such method, or no such normalisation.
            ConfigError: The method takes other settings, or another backbone.
        """
        from netwright.nn.normalisation import normalise_tasks

        kind = get_method(self.method)
        try:
            return kind(normalise_tasks(net, self.norm), **self.settings)
        except TypeError as error:
            told = ", ".join(self.settings) or "no settings"
            raise ConfigError(f"The method {self.method!r} cannot be made with {told}.") from error

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Approach:
        """Reads what `to_json` wrote."""
        return cls(**{**data, "terms": Terms(**data["terms"])})
