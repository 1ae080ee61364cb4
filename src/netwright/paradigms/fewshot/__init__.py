"""Few-shot learning: nets that learn a new task from a few examples.

A method is a net of nets: it takes support, labels and query of several tasks and says what the
queries are. So the one training loop trains it, with a batch of tasks where others have a batch of
rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netwright.core.registry import find, names

if TYPE_CHECKING:
    from netwright.paradigms.fewshot.method import Method

METHODS: dict[str, str] = {
    "anil": "netwright.paradigms.fewshot.anil:ANIL",
    "fomaml": "netwright.paradigms.fewshot.maml:FirstOrderMAML",
    "maml": "netwright.paradigms.fewshot.maml:MAML",
    "matching": "netwright.paradigms.fewshot.matching:MatchingNetwork",
    "meta_sgd": "netwright.paradigms.fewshot.meta_sgd:MetaSGD",
    "protonet": "netwright.paradigms.fewshot.protonet:PrototypicalNetwork",
    "reptile": "netwright.paradigms.fewshot.reptile:Reptile",
}


def get_method(name: str) -> type[Method]:
    """The method of a name, or of a person's own `package:Class`.

    Raises:
        UnknownName: There is none.
    """
    found: type[Method] = find("methods", name, METHODS)
    return found


def known_methods() -> list[str]:
    """Names of built-in and plugged-in methods."""
    return list(names("methods", METHODS))
