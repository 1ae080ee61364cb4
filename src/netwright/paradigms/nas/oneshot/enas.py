"""ENAS (Pham et al., "Efficient Neural Architecture Search via Parameter Sharing", ICML 2018).

A controller, a recurrent net, makes the decisions of a design one after another, each in view of
those before. The weights learn on designs that it draws; in turn it learns by REINFORCE which
designs do well with them on rows kept from the weights. Afterwards it draws some designs, the
weights judge them, and the best are kept.

The reward is the exponential of minus the loss, which for classes is the (geometric) mean
probability of the right one; so numbers can be predicted too.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from netwright.nn.bilevel import Turn
from netwright.nn.mixed_operation import Options, Weighing
from netwright.nn.relaxation import Relaxation, one_hot
from netwright.paradigms.nas.oneshot.relaxed import Relaxed

WIDTH = 64
"""Of the controller."""
TEMPERATURE, SQUASH = 5.0, 2.5
"""Its logits are divided by the one, and by tanh kept under the other."""
RATE, ENTROPY, DECAY = 3.5e-4, 1e-4, 0.99
"""Of its Adam; how much unsure answers are worth; of the reward's moving average."""
ASKED = 32
"""Designs that are drawn to see how often it takes each option."""


class Answers(NamedTuple):
    """What the controller said, decision by decision.

    Attributes:
        places: Of the options it took.
        log_probability: Of all of them together.
        entropy: The sum over decisions.
    """

    places: list[int]
    log_probability: Tensor
    entropy: Tensor


class Controller(nn.Module):
    """Makes decisions one after another.

    Args:
        sizes: Options of each decision.
    """

    def __init__(self, sizes: list[int]) -> None:
        super().__init__()
        self.sizes = sizes
        self.begin = nn.Parameter(torch.empty(1, WIDTH).uniform_(-0.1, 0.1))
        self.cell = nn.LSTMCell(WIDTH, WIDTH)
        self.heads = nn.ModuleList(nn.Linear(WIDTH, size, bias=False) for size in sizes)
        self.taken = nn.ModuleList(nn.Embedding(size, WIDTH) for size in sizes[:-1])

    def forward(self, places: list[int] | None = None) -> Answers:
        """Draws a design, or says how likely given answers are.

        Args:
            places: The answers; None to draw them.
        """
        state, taken = None, list[int]()
        logs, entropies = [], []
        for number, head in enumerate(self.heads):
            before = self.taken[number - 1](self._row(taken[-1])) if number else self.begin
            state = self.cell(before, state)
            logits = SQUASH * torch.tanh(head(state[0])[0] / TEMPERATURE)
            logged = logits.log_softmax(dim=0)
            place = int(torch.multinomial(logged.exp(), 1)) if places is None else places[number]
            taken.append(place)
            logs.append(logged[place])
            entropies.append(-(logged.exp() * logged).sum())
        return Answers(taken, torch.stack(logs).sum(), torch.stack(entropies).sum())

    def _row(self, place: int) -> Tensor:
        return torch.tensor([place], device=self.begin.device)


class Controlled(Relaxation):
    """The option that the controller draws is the one that runs."""

    baseline: Tensor
    resting = 0.5  # its draws are all that the weights learn from afterwards

    def __init__(self, options: Options, resting: float | None = None) -> None:
        super().__init__(options, resting)
        self.controller = Controller(self.sizes)
        self.register_buffer("baseline", torch.tensor(0.0))  # rewards are above it

    def make_optimiser(self) -> torch.optim.Optimizer:
        """Adam over the controller."""
        return torch.optim.Adam(self.controller.parameters(), RATE)

    @torch.no_grad()
    def draw(self) -> None:
        """A design for the weights."""
        self._take(self.controller().places)

    def _take(self, places: list[int]) -> None:
        device = self.controller.begin.device
        parts = zip(self.options.items(), places, strict=True)
        self.now = {
            name: Weighing(
                one_hot(torch.empty(len(words), device=device), place), [place], alone=True
            )
            for (name, words), place in parts
        }

    def adapt(self, turn: Turn) -> None:
        """Draws a design, sees how it does on the held rows, and makes it more or less likely."""
        with torch.no_grad():
            reward = (-turn.held(None)).exp()  # of the design that is drawn for this pass
            moved = DECAY * self.baseline + (1 - DECAY) * reward
            self.baseline.copy_(torch.where(self.baseline > 0, moved, reward))
        answers = self.controller([weighing.active[0] for weighing in self.now.values()])
        gain = (reward - self.baseline) * answers.log_probability + ENTROPY * answers.entropy
        self.step(list(torch.autograd.grad(-gain, list(self.parameters()))))

    @torch.no_grad()
    def strengths(self) -> Tensor:
        """How often each option is taken."""
        counts = torch.zeros(sum(self.sizes))
        starts = torch.tensor([0, *self.sizes[:-1]]).cumsum(dim=0)
        for _ in range(ASKED):
            counts[starts + torch.tensor(self.controller().places)] += 1 / ASKED
        return counts

    @torch.no_grad()
    def sample(self) -> Tensor:
        """A design of the controller; of two inputs the one is stronger that is taken more often
        so."""
        parts = zip(self.each(self.strengths()), self.controller().places, strict=True)
        return torch.cat([one_hot(part, place) * part for (_, part), place in parts])


class ENAS(Relaxed):
    """A controller; ten of its designs are judged, as in the paper."""

    asks: ClassVar[tuple[str, ...]] = ("resting",)
    drawn: ClassVar[int] = 10
    passing: ClassVar[bool] = True

    def relaxation(self, options: Options) -> Relaxation:
        """A controller and its draws."""
        return Controlled(options, **self.settings)
