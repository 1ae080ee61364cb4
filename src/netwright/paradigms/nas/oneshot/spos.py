"""Single-path one-shot (Guo et al., "Single Path One-Shot Neural Architecture Search with Uniform
Sampling", ECCV 2020).

Every batch runs a design drawn uniformly, and changes that design's part of the shared weights.
Then evolution searches: a design is judged with its part of the weights, its batch normalisation
measured anew, and nothing is trained.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from netwright.learners.image import descent
from netwright.paradigms.nas.oneshot import OneShot
from netwright.spaces.naming import NetSpaceName


class SinglePathOneShot(OneShot):
    """Uniform sampling unless `fair` is asked for; evolution judges at most 1,000 designs, the
    paper's 20 rounds of 50."""

    asks: ClassVar[tuple[str, ...]] = ("sampling",)
    recipe: ClassVar[Mapping[str, Any]] = {
        "keep": "last",
        "label_smoothing": 0.0,
        "batch_size": 128,
        **descent(0.1, 5e-4),
    }
    share: ClassVar[float] = 0.65
    strategy: ClassVar[str] = "regularized_evolution"
    judged: ClassVar[int] = 1000
    space: ClassVar[str] = "supernet"
    """Whose only design is the supernet."""

    def supernet(self, space: NetSpaceName) -> NetSpaceName:
        """Batches run designs drawn at random."""
        told = {"space": space.name, "arguments": dict(space.arguments)}
        return NetSpaceName(self.space, {**told, **self.settings})
