"""Whose code a saved model may call: ours, installed plug-ins', and what a person names.

A model folder may say that it was made by `mine:learner`. Importing that would let whoever made
the folder choose the code that runs, so it is done only for names this process was told to trust:
because a person asked for that learner here, or passed `trust=["mine:learner"]` on loading.
"""

from __future__ import annotations

from collections.abc import Iterable

from netwright.core.errors import ArtifactError

_TRUSTED: set[str] = set()


def trust(names: Iterable[str]) -> None:
    """Lets models of these learners be opened in this process."""
    _TRUSTED.update(names)


def check_trusted(name: str) -> None:
    """Lets plain names pass (they are looked up in tables), and others only when trusted.

    Raises:
        ArtifactError: The name is code that nobody here asked for.
    """
    if ":" in name and name not in _TRUSTED:
        raise ArtifactError(
            f"The model was made by the code {name!r}, which is not netwright's; if you trust it, "
            f"load the model with trust={[name]!r} (--trust {name})."
        )
