"""REINFORCE with an LSTM controller (Zoph and Le, ICLR 2017, "Neural Architecture Search with
Reinforcement Learning").

The controller decides one question of the space after another: what goes in is the embedding of
the answer before, what comes out is a probability of each answer. Good designs make their answers
likelier: the gradient of the expected reward is that of `advantage * log p(design)` (Williams,
1992), with a moving average as baseline and a bonus for entropy. Since questions come from walking
the space, later ones may depend on earlier answers as they like.

What a few hundred designs ask for, where the paper had thousands: Adam at 0.02 instead of 0.0006,
one layer, updates of ten designs, logits limited as in ENAS (Pham et al., ICML 2018) so that no
answer dies out, rewards by rank so that they have no unit, and no design twice.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from netwright.core import moves
from netwright.core.config import Config
from netwright.core.domains import Categorical, Domain, Float, Int, Ordinal, values_of
from netwright.core.errors import ConfigError
from netwright.core.space import Space
from netwright.strategies.proposer import Past, Proposer, spec

if TYPE_CHECKING:
    import torch

BINS = 8
"""Into how many equal parts a number with more values than that is cut."""
START = 0
"""The token that stands for no answer yet."""
Tokens = tuple[int, ...]
State = tuple[NDArray[Any], NDArray[Any]]
Steps = list[tuple[str, int]]
"""One design as the controller sees it: the questions in order, each with the part chosen."""


class Controller:
    """An LSTM that answers questions; sampled with numpy, trained with torch.

    Args:
        parts: Each question's number of answers.
        seed: Decides the first weights, uniform in [-0.08, 0.08] as in the paper.
        hidden: Width of the state and of the embeddings.
        learning_rate: Of Adam.
        limit: Logits stay within this, `limit * tanh(logit / limit)`.
    """

    def __init__(
        self,
        parts: Mapping[str, int],
        seed: int,
        hidden: int = 32,
        learning_rate: float = 0.02,
        limit: float = 2.5,
    ) -> None:
        import torch

        from netwright.nn.adam import Adam

        ends = np.cumsum([START + 1, *parts.values()]).tolist()
        self.spans = dict(zip(parts, pairwise(ends), strict=True))
        self.limit = limit
        generator = torch.Generator().manual_seed(seed)
        shapes = {
            "embedding": (ends[-1], hidden),
            "input": (4 * hidden, hidden),  # gates stand as in torch: in, forget, cell, out
            "recurrent": (4 * hidden, hidden),
            "bias": (4 * hidden,),
            "answer": (ends[-1], hidden),
        }
        self.weights = {
            name: torch.empty(shape).uniform_(-0.08, 0.08, generator=generator).requires_grad_()
            for name, shape in shapes.items()
        }
        self._optimizer = Adam(list(self.weights.values()), learning_rate)
        self._copy()

    def _copy(self) -> None:
        """Weights for sampling; what each token adds to the gates is known beforehand."""
        told = {name: weight.detach().numpy().copy() for name, weight in self.weights.items()}
        self._gates = told["embedding"] @ told["input"].T + told["bias"]
        self._recurrent, self._answer = told["recurrent"], told["answer"]
        zero = np.zeros(self._recurrent.shape[1], dtype=np.float32)
        self._states: dict[Tokens, State] = {(): (zero, zero)}
        self._sums: dict[tuple[Tokens, str], list[float]] = {}

    def draw(self, tokens: Tokens, name: str, rng: Generator) -> int:
        """The part of an answer to a question, after these tokens.

        Sure policies tread the same paths again and again, so that what was met is remembered.
        """
        if (tokens, name) not in self._sums:
            likely = self.probabilities(self.state(tokens), name)
            self._sums[tokens, name] = likely.cumsum()[:-1].tolist()
        return bisect_right(self._sums[tokens, name], rng.random())

    def state(self, tokens: Tokens) -> State:
        """The state (h, c), each (hidden,), after some tokens."""
        if tokens not in self._states:
            self._states[tokens] = self._step(self.state(tokens[:-1]), tokens[-1])
        return self._states[tokens]

    def _step(self, state: State, token: int) -> State:
        h, c = state
        gates = self._gates[token] + self._recurrent @ h
        width = len(h)
        inside, forget, out = (_sigmoid(gates[k * width : (k + 1) * width]) for k in (0, 1, 3))
        c = forget * c + inside * np.tanh(gates[2 * width : 3 * width])
        return out * np.tanh(c), c

    def probabilities(self, state: State, name: str) -> NDArray[Any]:
        """(parts,): how likely each answer to a question is."""
        low, high = self.spans[name]
        logits = self.limit * np.tanh(self._answer[low:high] @ state[0] / self.limit)
        likely = np.exp(logits - logits.max())
        return likely / likely.sum()

    def log_probabilities(self, designs: Sequence[Steps]) -> tuple[torch.Tensor, torch.Tensor]:
        """log p of each design and the entropy met on its way, both (designs,), differentiable."""
        import torch

        told, width = self.weights, self.weights["recurrent"].shape[1]
        h = c = torch.zeros(len(designs), width)
        token = torch.full((len(designs),), START)
        likely = entropy = torch.zeros(len(designs))
        for turn in range(max(map(len, designs))):
            gates = told["embedding"][token] @ told["input"].T + told["bias"]
            inside, forget, cell, out = (gates + h @ told["recurrent"].T).chunk(4, dim=1)
            c = forget.sigmoid() * c + inside.sigmoid() * cell.tanh()
            h = out.sigmoid() * c.tanh()  # (designs, hidden)
            token, allowed, asked = self._turn(designs, turn)
            logits = self.limit * (h @ told["answer"].T / self.limit).tanh()
            logp = logits.masked_fill(~allowed, -1e9).log_softmax(1)  # (designs, tokens)
            likely = likely + asked * logp.gather(1, token[:, None])[:, 0]
            entropy = entropy - asked * (logp.exp() * logp).sum(1)
        return likely, entropy

    def _turn(
        self, designs: Sequence[Steps], turn: int
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Of each design: the token chosen, the tokens allowed, whether it was asked at all."""
        import torch

        token = torch.full((len(designs),), START)
        allowed = torch.zeros(len(designs), len(self.weights["embedding"]), dtype=torch.bool)
        allowed[:, START] = True
        for row, steps in enumerate(designs):
            if turn < len(steps):
                name, part = steps[turn]
                low, high = self.spans[name]
                token[row] = low + part
                allowed[row] = False
                allowed[row, low:high] = True
        return token, allowed, token != START

    def update(self, designs: Sequence[Steps], advantages: Sequence[float], bonus: float) -> None:
        """One step of Adam up the gradient of expected advantage and entropy."""
        import torch

        likely, entropy = self.log_probabilities(designs)
        gain = torch.tensor(advantages, dtype=torch.float32) @ likely + bonus * entropy.sum()
        self._optimizer.step(-gain / len(designs))
        self._copy()


class ControllerChooser:
    """Lets the controller answer; within a part of a number's range chance decides."""

    def __init__(self, controller: Controller, rng: Generator) -> None:
        self.controller = controller
        self.rng = rng
        self._tokens: Tokens = (START,)

    def _choose(self, name: str, domain: Domain) -> Any:
        if name not in self.controller.spans:  # a branch that the union of the space overlooks
            return domain.at(self.rng.random())
        low, high = self.controller.spans[name]
        part = self.controller.draw(self._tokens, name, self.rng)
        self._tokens = (*self._tokens, low + part)
        if domain.size() <= high - low:
            return values_of(domain)[part]
        return domain.at((part + self.rng.random()) / (high - low))

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Chooses a real number."""
        return float(self._choose(name, Float(low, high, log, step)))

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """Chooses a whole number."""
        return int(self._choose(name, Int(low, high, log, step)))

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Chooses one of several."""
        return self._choose(name, Categorical(tuple(choices)))


class Reinforce(Proposer):
    """Designs drawn from a policy that learns.

    Args:
        space: What may be chosen.
        seed: Everything random derives from it.
        batch: Finished designs between two updates.
        learning_rate: Of Adam.
        bonus: How much entropy is worth, in units of reward.
        decay: Of the moving average that is the baseline.
        hidden: Width of the LSTM.

    Raises:
        ConfigError: A setting is out of its range.
    """

    def __init__(
        self,
        space: Space,
        seed: int | None = None,
        batch: int = 10,
        learning_rate: float = 0.02,
        bonus: float = 0.02,
        decay: float = 0.9,
        hidden: int = 32,
    ) -> None:
        super().__init__(space, seed)
        if batch < 1 or hidden < 1 or learning_rate <= 0 or bonus < 0 or not 0 <= decay < 1:
            raise ConfigError(
                "REINFORCE needs a batch and a hidden width of at least 1, a learning rate above "
                f"0, a bonus from 0 and a decay in [0, 1). Got {batch}, {hidden}, "
                f"{learning_rate}, {bonus} and {decay}."
            )
        self.batch, self.learning_rate, self.bonus = batch, learning_rate, bonus
        self.decay, self.hidden = decay, hidden
        self.baseline: float | None = None

    @cached_property
    def controller(self) -> Controller:
        """Made when first needed, so that naming the strategy does not load torch."""
        parts = {
            name: len(domain.choices)
            if isinstance(domain, (Categorical, Ordinal))
            else int(min(BINS, domain.size()))
            for name, domain in self.space.domains().items()
        }
        return Controller(parts, self.seed, self.hidden, self.learning_rate)

    def propose(self, past: Past, rng: Generator) -> Config:
        """A design the policy likes that was not tried before."""
        return self.fresh(lambda: self.space.configure(ControllerChooser(self.controller, rng)))

    def learn(self, place: int) -> None:
        """Updates the policy once a batch is complete."""
        if (place + 1) % self.batch:
            return
        rewards = self._rewards(range(place + 1 - self.batch, place + 1))
        mean = float(np.mean(rewards))
        if self.baseline is None:
            self.baseline = mean
        advantages = [reward - self.baseline for reward in rewards]
        designs = [self.steps(config) for config in self.past.configs[-self.batch :]]
        if any(designs):
            self.controller.update(designs, advantages, self.bonus)
        self.baseline = self.decay * self.baseline + (1 - self.decay) * mean

    def _rewards(self, places: Sequence[int]) -> list[float]:
        """Minus the logarithm of the share of all designs that are as good or better.

        Whatever the objective's scale, the best of n gets log n, the median log 2 and failures
        about nothing.
        """
        past = self.past
        keys = [(v, loss[0]) for v, loss in zip(past.violations, past.losses, strict=True)]
        ordered = sorted(keys)
        return [math.log(len(keys) / bisect_right(ordered, keys[place])) for place in places]

    def steps(self, config: Config) -> Steps:
        """The questions on the way to a design that the controller knows, and the parts chosen."""
        questions = moves.asked(self.space, config)
        return [
            (name, _part(domain, questions.answers[name], self._parts(name)))
            for name, domain in questions.domains.items()
            if name in self.controller.spans
        ]

    def _parts(self, name: str) -> int:
        low, high = self.controller.spans[name]
        return high - low


def _part(domain: Domain, value: Any, parts: int) -> int:
    """Which of the equal parts of a domain a value lies in."""
    if isinstance(domain, (Categorical, Ordinal)):
        return domain.choices.index(value)
    if domain.size() <= parts:
        return min(parts - 1, round((value - domain.low) / (domain.step or 1)))
    return min(parts - 1, int(domain.unit(value) * parts))


def _sigmoid(x: NDArray[Any]) -> NDArray[Any]:
    return 1 / (1 + np.exp(-x))


REINFORCE = spec("reinforce", Reinforce)
