"""BANANAS (White, Neiswanger and Savani, AAAI 2021, "Bayesian Optimization with Neural
Architectures for Neural Architecture Search").

An ensemble of feed-forward nets predicts losses from path encodings (one-hot where a space has no
paths), each candidate draws once from a normal with the ensemble's mean and spread (independent
Thompson sampling), and the one with the least draw is tried. Candidates are mutations of the best
designs so far and a few random ones. Nets are trained anew after every `batch` finished designs;
proposals in between come from the same nets and the same candidates.

What a hundred designs ask for: three layers of 32 instead of ten of 20, all rows at once instead
of mini-batches, batches of five instead of ten, losses without a unit (see `relative_losses`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from netwright.core.config import Config
from netwright.core.encoding import Encoder
from netwright.core.errors import ConfigError
from netwright.core.space import Space
from netwright.strategies.proposer import Past, Proposer, spec

if TYPE_CHECKING:
    import torch

LOWER = -0.3
"""The bound that losses are relative to, below the best: 0 is the best so far, 1 the median."""
WORST = 3.0
"""Losses beyond this are all alike."""
Layers = list[tuple["torch.Tensor", "torch.Tensor"]]


class Ensemble:
    """Several nets as one program: every weight has a leading axis of nets.

    Args:
        inputs: Width of the encoding.
        seed: Decides the first weights (He et al., 2015), of each net its own.
        nets: How many.
        widths: Of the hidden layers.
    """

    def __init__(
        self, inputs: int, seed: int, nets: int = 5, widths: Sequence[int] = (32, 32, 32)
    ) -> None:
        import torch

        generator = torch.Generator().manual_seed(seed)
        sides = [max(1, inputs), *widths, 1]
        self.nets = nets
        self.layers: Layers = []
        for width, following in pairwise(sides):
            drawn = torch.randn(nets, width, following, generator=generator)
            weight = (drawn * (2 / width) ** 0.5).requires_grad_()
            self.layers.append((weight, torch.zeros(nets, 1, following).requires_grad_()))

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """(nets, rows): predictions for x, (rows, inputs)."""
        import torch

        hidden = x.expand(self.nets, *x.shape)  # (nets, rows, inputs)
        for weight, bias in self.layers[:-1]:
            hidden = torch.baddbmm(bias, hidden, weight).relu()
        weight, bias = self.layers[-1]
        return torch.baddbmm(bias, hidden, weight)[..., 0]

    def loss(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """The paper's: the mean error relative to the distance from the lower bound.

        The sum over nets, so that each is trained as if it were alone.
        """
        return ((self(x) - y).abs() / (y - LOWER)).mean(1).sum()

    def fit(self, x: NDArray[Any], y: NDArray[Any], steps: int, learning_rate: float) -> None:
        """Trains every net on all rows; the rate falls to nothing along a straight line."""
        import torch

        from netwright.nn.adam import Adam

        rows, truth = torch.as_tensor(x).float(), torch.as_tensor(y).float()
        adam = Adam([part for layer in self.layers for part in layer], learning_rate)
        for step in range(steps):
            adam.step(self.loss(rows, truth), 1 - step / steps)

    def predict(self, x: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Mean and standard deviation over the nets, each (rows,)."""
        import torch

        with torch.no_grad():
            found = self(torch.as_tensor(x).float()).numpy()
        return found.mean(0), found.std(0)


class Bananas(Proposer):
    """Tries what a draw from the predictions likes best.

    Args:
        space: What may be chosen.
        seed: Everything random derives from it.
        start: Random designs first.
        batch: Finished designs between two trainings.
        nets: How many predict together.
        steps: Of training, each with all rows.
        learning_rate: Of Adam, at first.
        candidates: How many designs the acquisition chooses from.
        parents: How many of the best designs are mutated to make them.

    Raises:
        ConfigError: A setting is out of its range.
    """

    def __init__(
        self,
        space: Space,
        seed: int | None = None,
        start: int = 10,
        batch: int = 5,
        nets: int = 5,
        steps: int = 100,
        learning_rate: float = 0.01,
        candidates: int = 300,
        parents: int = 10,
    ) -> None:
        super().__init__(space, seed)
        counts = {"start": start, "batch": batch, "nets": nets, "steps": steps}
        counts |= {"candidates": candidates, "parents": parents}
        for name, value in counts.items():
            if value < 1:
                raise ConfigError(f"BANANAS needs {name} of at least 1. Got {value}.")
        if learning_rate <= 0:
            raise ConfigError(f"BANANAS needs a learning rate above 0. Got {learning_rate}.")
        self.start, self.batch, self.nets, self.steps = start, batch, nets, steps
        self.learning_rate, self.candidates, self.parents = learning_rate, candidates, parents
        self._encoder = Encoder(space.domains())
        self._trained_on = 0
        self._pool: list[Config] = []
        self._mean = self._spread = np.zeros(0)

    def propose(self, past: Past, rng: Generator) -> Config:
        """The untried candidate with the least draw."""
        known = len(past) // self.batch * self.batch
        if len(past) < self.start or not known:
            return self.fresh(lambda: self.space.sample(rng))
        if known != self._trained_on:
            self._train(past, known)
        draws = rng.normal(self._mean, self._spread)
        for place in np.argsort(draws, kind="stable"):
            if not self.tried(self._pool[place]):
                return self._pool[place]
        return self.fresh(lambda: self.space.sample(rng))

    def encode(self, configs: Sequence[Config]) -> NDArray[Any]:
        """(n, width): paths where the space knows them."""
        try:
            return self.space.encode(configs, "path")
        except ConfigError:
            return self._encoder.one_hot(configs)

    def _train(self, past: Past, known: int) -> None:
        """Nets and candidates of the first `known` designs, whoever asks and whenever."""
        rng = np.random.default_rng([self.seed, known, self.batch])
        x = self.encode(past.configs[:known])
        ensemble = Ensemble(x.shape[1], int(rng.integers(2**31)), self.nets)
        ensemble.fit(x, relative_losses(past, known), self.steps, self.learning_rate)
        self._pool = self._candidates(past, known, rng)
        self._mean, self._spread = ensemble.predict(self.encode(self._pool))
        self._trained_on = known

    def _candidates(self, past: Past, known: int, rng: Generator) -> list[Config]:
        """Mutations of the best, one design in five random; each thing once, none tried."""
        best = past.order(range(known))[: self.parents]
        found: dict[Any, Config] = {}
        for turn in range(self.candidates):
            if turn % 5 == 4:
                config = self.space.sample(rng)
            else:
                config = self.space.mutate(past.configs[best[turn % len(best)]], rng)
            found.setdefault(self.space.canonical(config), config)
        return [config for key, config in found.items() if key not in self._known]


def relative_losses(past: Past, known: int) -> NDArray[np.float64]:
    """(known,): 0 for the best design, 1 for the median, at most `WORST`, which failures get."""
    losses = np.array([loss[0] for loss in past.losses[:known]])
    losses[np.array(past.violations[:known]) > 0] = np.inf
    finite = losses[np.isfinite(losses)]
    if not len(finite):
        return np.full(known, WORST)
    best, median = finite.min(), np.median(finite)
    unit = median - best or finite.max() - best or 1.0
    return np.minimum((losses - best) / unit, WORST)


BANANAS = spec("bananas", Bananas)
