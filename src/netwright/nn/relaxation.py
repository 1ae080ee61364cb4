"""All options of every decision at once, each counting more or less: a search space made smooth.

The net of all designs has mixed operations where a design has one of several (see
`netwright.nn.mixed_operation`). A `Relaxation` says how much each of them counts and learns that
beside the weights; methods differ in it alone.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from netwright.core.errors import ConfigError, unknown_name
from netwright.nn.bilevel import Companion, Gradients, Turn, first_order, second_order
from netwright.nn.mixed_operation import MixedOperation, Options, Weighing
from netwright.nn.weight_bank import shared_weights

M = TypeVar("M", bound=nn.Module)

LEVELS = ("first", "second", "mixed", "single")
WARM_UP = 0.3
"""Share of a training in which strengths rest, where they would else be learned from weights that
are worth nothing yet: 15 of the 50 epochs of PC-DARTS."""
SPREAD = 1e-3
"""Deviation of the strengths before anything is learned."""


class Relaxation(Companion):
    """How much each option of each decision counts.

    Attributes:
        options: Of every decision, by its name.
        sums: The decisions whose results are added up, by the place where that happens.
        now: How much options count in this pass, by decision.
        learning: Whether the pass is one that this learns from, not the weights.
        progress: Share of the training that is over.
        resting: Share of the training in which it does not learn, the first part.
        history: What `strengths` said after every epoch; (epochs, options of all decisions).

    Args:
        options: Whose.
        resting: As above; None for what is usual.

    Raises:
        ConfigError: There is nothing to choose, or it would rest all the time.
    """

    resting: float = 0.0

    def __init__(self, options: Options, resting: float | None = None) -> None:
        super().__init__()
        if resting is not None:
            self.resting = resting
        if not 0 <= self.resting < 1:
            raise ConfigError(f"Choices rest for a share of 0 to below 1. Got {resting}.")
        if not options.known:
            raise ConfigError("There is nothing to choose in this space but what cannot be mixed.")
        self.options, self.sums = dict(options.known), dict(options.sums)
        self.sizes = [len(words) for words in self.options.values()]
        self.now: dict[str, Weighing] = {}
        self.learning, self.progress = False, 0.0
        self.history = torch.empty(0, sum(self.sizes))

    @abstractmethod
    def draw(self) -> None:
        """Weighs all options for a pass that begins: sets `now`."""

    @abstractmethod
    def strengths(self) -> Tensor:
        """What the options of each decision are compared by, (options of all decisions,)."""

    @torch.no_grad()
    def sample(self) -> Tensor:
        """Strengths of which one option of each decision is left, drawn by them."""
        strengths = self.strengths()
        parts = [(part, int(torch.multinomial(part, 1))) for _, part in self.each(strengths)]
        return torch.cat([one_hot(part, place) * part for part, place in parts])

    def each(self, whole: Tensor) -> Iterator[tuple[str, Tensor]]:
        """The part of every decision.

        Args:
            whole: (options of all decisions, ...).
        """
        return zip(self.options, torch.split(whole, self.sizes), strict=True)

    def told(self, strengths: Tensor) -> dict[str, dict[str, float]]:
        """Strengths by decision and option."""
        return {
            name: dict(zip(self.options[name], part.tolist(), strict=True))
            for name, part in self.each(strengths)
        }

    def learn(self, turn: Turn) -> None:
        """Adapts, once it need not rest any more."""
        self.progress = turn.gone
        if turn.gone >= self.resting:
            self.adapt(turn)

    def adapt(self, turn: Turn) -> None:
        """Takes a step of its own; there is none where nothing is learned."""
        return

    def end_epoch(self, gone: float) -> bool:
        """Remembers the strengths."""
        self.history = torch.cat([self.history, self.strengths().detach().cpu()[None]])
        return False

    def get_extra_state(self) -> Tensor:
        """The history, which grows."""
        return self.history

    def set_extra_state(self, state: Tensor) -> None:
        """Reads the history back."""
        self.history = state


class LearnedStrengths(Relaxation):
    """Strengths that are learned by their gradient.

    Attributes:
        alpha: Strengths of all options of all decisions, one after another; (options,).

    Args:
        options: Whose.
        level: `first` and `second` order of the two-level problem; `mixed`, where strengths and
            weights go down the sum of the learned loss and `held_weight` times the held one (He et
            al., "MiLeNAS", CVPR 2020); `single`, where both go down the one loss of all rows.
        held_weight: Of the held loss in `mixed`.
        exact: Whether `second` is exact, or the paper's finite difference.
        resting: As in `Relaxation`.

    Raises:
        UnknownName: There is no such level.
        ConfigError: The weight is negative, or there is nothing to choose.
    """

    rate, betas, decay = 3e-4, (0.5, 0.999), 1e-3
    """Of Adam, for the strengths (DARTS, appendix A.1)."""

    def __init__(
        self,
        options: Options,
        level: str = "first",
        held_weight: float = 1.0,
        exact: bool = False,
        resting: float | None = None,
    ) -> None:
        super().__init__(options, resting)
        if level not in LEVELS:
            raise unknown_name("level", level, LEVELS)
        if held_weight < 0:
            raise ConfigError(f"The held loss counts 0 times or more. Got {held_weight}.")
        self.level, self.held_weight, self.exact = level, held_weight, exact
        self.halves = level != "single"
        self.alpha = nn.Parameter(SPREAD * torch.randn(sum(self.sizes)))

    def make_optimiser(self) -> torch.optim.Optimizer:
        """Adam over all parameters."""
        own = list(self.parameters())
        return torch.optim.Adam(own, self.rate, self.betas, weight_decay=self.decay)

    @abstractmethod
    def weigh(self, name: str, logits: Tensor) -> Weighing:
        """How much the options of a decision count in this pass.

        Args:
            name: Of the decision.
            logits: Their strengths, (options,).
        """

    def draw(self) -> None:
        """Decision by decision."""
        self.now = {name: self.weigh(name, logits) for name, logits in self.each(self.alpha)}

    @torch.no_grad()
    def strengths(self) -> Tensor:
        """The softmax of each decision's."""
        return torch.cat([logits.softmax(dim=0) for _, logits in self.each(self.alpha)])

    def adapt(self, turn: Turn) -> None:
        """Goes a step down what the level says, and down a penalty if there is one."""
        self.learning = True
        own = list(self.parameters())
        gradients = self.slopes(turn, own)
        self.learning = False
        penalty = self.penalty(turn.gone)
        if penalty is not None:
            extra = torch.autograd.grad(penalty, own, allow_unused=True)
            gradients = [g if e is None else g + e for g, e in zip(gradients, extra, strict=True)]
        self.step(gradients)

    def slopes(self, turn: Turn, own: Sequence[Tensor]) -> Gradients:
        """The gradient of its parameters at a turn."""
        if self.level == "second":
            return second_order(turn, own, exact=self.exact)
        held = first_order(turn, own)
        if self.level != "mixed":
            return held
        learned = torch.autograd.grad(turn.learned(None), own, allow_unused=True)
        return [
            self.held_weight * h if slope is None else self.held_weight * h + slope
            for h, slope in zip(held, learned, strict=True)
        ]

    def penalty(self, gone: float) -> Tensor | None:
        """What the strengths go down besides, None for nothing.

        Args:
            gone: Share of the training that is over.
        """
        return None

    def beside(self, turn: Turn) -> Tensor | None:
        """Of the mixed level the held loss; the other levels' weights know their own alone."""
        return self.held_weight * turn.held(None) if self.level == "mixed" else None


class RelaxedNet(nn.Module):
    """A net of all designs.

    Args:
        net: With mixed operations inside.
        relaxation: Of these.
    """

    def __init__(self, net: nn.Module, relaxation: Relaxation) -> None:
        super().__init__()
        self.net, self.relaxation = net, relaxation
        for module in net.modules():
            if isinstance(module, MixedOperation):
                module.follow(relaxation)

    def forward(self, *inputs: Any) -> Any:
        """What the net says in this pass."""
        self.relaxation.draw()
        return self.net(*inputs)

    @torch.no_grad()
    def fill(self, net: M, design: object = None) -> M:
        """Gives a design's net a copy of its part of the weights; the net says all about it.

        Raises:
            ConfigError: There are none for some of it.
        """
        known = {key: weight for _, key, weight in shared_weights(self.net)}
        unscaled = _scales(net)
        for name, key, own in shared_weights(net):
            found = known.get(key)
            if found is not None and found.shape == own.shape:
                own.copy_(found)
            elif name in unscaled:
                own.fill_(unscaled[name])
            else:
                raise ConfigError(
                    "This design has a part that the supernet has no weights for; train it from "
                    "scratch."
                )
        return net


def _scales(net: nn.Module) -> dict[str, float]:
    """What the scale and shift of every batch normalisation are where nothing scales."""
    found: dict[str, float] = {}
    for name, module in net.named_modules():
        if isinstance(module, _BatchNorm) and module.affine:
            start = f"{name}." if name else ""
            found |= {f"{start}weight": 1.0, f"{start}bias": 0.0}
    return found


def one_hot(like: Tensor, place: int) -> Tensor:
    """One at a place, and zero elsewhere.

    Args:
        like: Of that shape, (options,).
        place: Where.
    """
    return torch.zeros_like(like).index_fill_(0, torch.tensor(place, device=like.device), 1.0)
