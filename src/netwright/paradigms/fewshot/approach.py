"""How to learn from few examples: a method, its settings, a normalisation, and episodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from netwright.core.errors import ConfigError, unknown_name
from netwright.data.tasksets import Terms
from netwright.paradigms.fewshot import get_method

if TYPE_CHECKING:
    from torch import nn

    from netwright.paradigms.fewshot.method import Method


@dataclass(frozen=True)
class Approach:
    """All that decides how a backbone learns to learn.

    Attributes:
        method: As in `METHODS`, or a person's own `package:Class`.
        norm: Where batch normalisation takes its statistics from, see `netwright.nn.normalisation`.
        terms: The episodes it learns on.
        settings: Of the method, such as `inner_lr` and `inner_steps`.
    """

    method: str = "protonet"
    norm: str = "transductive"
    terms: Terms = field(default_factory=Terms)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        told = "".join(f", {name} {value}" for name, value in self.settings.items())
        return f"{self.method}{told}; {self.terms}; {self.norm} normalisation"

    def check(self) -> None:
        """Refuses, before anything is read, names that are unknown.

        Raises:
            UnknownName: There is no such method, or no such normalisation.
        """
        from netwright.nn.normalisation import NORMS

        get_method(self.method)
        if self.norm not in NORMS:
            raise unknown_name("norm", self.norm, NORMS)

    @property
    def learning(self) -> Terms:
        """The episodes that training draws."""
        terms = self.terms
        if get_method(self.method).needs_queries:
            return terms
        return Terms(terms.ways, terms.shots + terms.queries - 1, 1)

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
