"""BANANAS (White, Neiswanger and Savani, AAAI 2021, "Bayesian Optimization with Neural
Architectures for Neural Architecture Search").

An ensemble of feed-forward nets predicts losses from path encodings, each candidate draws once from
a normal with the ensemble's mean and spread (independent Thompson sampling), and the one with the
least draw is tried. Candidates are mutations of the best designs so far and some random ones. Nets
are trained anew after every `batch` finished designs; proposals in between come from the same nets
and the same candidates.

What a hundred designs ask for: two layers of 32 instead of ten of 20, all rows at once instead of
mini-batches, batches of five instead of ten, losses without a unit (see `relative_losses`), and the
one-hot encoding beside the paths: with it the nets rank good cells better, and it is all there is
where a space has no paths. Nets that know little soon agree on one corner of the space; twenty
random designs first instead of ten, some mutations of mutations and a wider spread keep them out.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from netwright.core.config import Config
from netwright.core.encoding import Encoder
from netwright.core.errors import ConfigError
from netwright.core.space import Space
from netwright.strategies.proposer import Past, Proposer, at_least, spec

LOWER = -0.3
"""The bound that losses are relative to, below the best: 0 is the best so far, 1 the median."""
WORST = 3.0
"""Losses beyond this are all alike."""
DOUBT = 1.5
"""Candidates draw with the ensemble's spread times this: nets that saw the same rows agree."""
FURTHER = 0.3
"""The chance of one more mutation, after each."""
RANDOM = 0.2
"""The share of random candidates."""
Array = NDArray[Any]


class Ensemble:
    """Several nets as one program of arrays: every weight has a leading axis of nets.

    Args:
        inputs: Width of the encoding.
        rng: Draws the first weights (He et al., 2015), of each net its own.
        nets: How many.
        widths: Of the hidden layers.
    """

    def __init__(
        self, inputs: int, rng: Generator, nets: int = 5, widths: Sequence[int] = (32, 32)
    ) -> None:
        self.nets = nets
        self.sides = list(pairwise([inputs, *widths, 1]))
        count = nets * sum((width + 1) * following for width, following in self.sides)
        self.flat = np.zeros(count, dtype=np.float32)
        self.layers = self._layers(self.flat)
        for weight, _ in self.layers:
            scale = (2 / max(1, weight.shape[1])) ** 0.5
            weight[:] = scale * rng.standard_normal(weight.shape)

    def _layers(self, flat: Array) -> list[tuple[Array, Array]]:
        """Weights (nets, in, out) and biases (nets, 1, out) as views of one long array."""
        found, start = [], 0
        for width, following in self.sides:
            middle = start + self.nets * width * following
            end = middle + self.nets * following
            weight = flat[start:middle].reshape(self.nets, width, following)
            found.append((weight, flat[middle:end].reshape(self.nets, 1, following)))
            start = end
        return found

    def forward(self, x: Array) -> list[Array]:
        """What every layer says to x, (rows, inputs): x itself first, (nets, rows, 1) last."""
        said = [x]
        for weight, bias in self.layers[:-1]:
            said.append(np.maximum(said[-1] @ weight + bias, 0))
        weight, bias = self.layers[-1]
        return [*said, said[-1] @ weight + bias]

    def gradient(self, x: Array, y: Array) -> Array:
        """Of the paper's loss, the mean of |prediction - y| / (y - lower bound), flat.

        Summed over nets, so that each is trained as if it were alone.
        """
        said = self.forward(x)
        gradient = np.empty_like(self.flat)
        back = (np.sign(said[-1][..., 0] - y) / ((y - LOWER) * len(y)))[..., None]
        layers = zip(self.layers, self._layers(gradient), said[:-1], strict=True)
        for (weight, _), (to_weight, to_bias), below in reversed(list(layers)):
            to_weight[:] = below.swapaxes(-1, -2) @ back
            to_bias[:] = back.sum(1, keepdims=True)
            back = back @ weight.swapaxes(-1, -2) * (below > 0)  # (nets, rows, in)
        return gradient

    def fit(self, x: Array, y: Array, steps: int, learning_rate: float) -> Ensemble:
        """Adam (Kingma and Ba, 2015) on all rows; its rate falls to nothing, straight down.

        Starts from the median, so that what no row speaks of is neither good nor bad.
        """
        x, y = x.astype(np.float32), y.astype(np.float32)
        self.layers[-1][1][:] = np.median(y)
        mean, square = np.zeros_like(self.flat), np.zeros_like(self.flat)
        for step in range(1, steps + 1):
            gradient = self.gradient(x, y)
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient**2 - square)
            rate = learning_rate * (1 - (step - 1) / steps) / (1 - 0.9**step)
            self.flat -= rate * mean / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        return self

    def predict(self, x: Array) -> tuple[Array, Array]:
        """Mean and standard deviation over the nets, each (rows,)."""
        found = self.forward(x.astype(np.float32))[-1][..., 0]
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
        start: int = 20,
        batch: int = 5,
        nets: int = 5,
        steps: int = 60,
        learning_rate: float = 0.02,
        candidates: int = 300,
        parents: int = 10,
    ) -> None:
        super().__init__(space, seed)
        at_least("BANANAS", start=start, batch=batch, nets=nets, steps=steps)
        at_least("BANANAS", candidates=candidates, parents=parents)
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
        draws = rng.normal(self._mean, DOUBT * self._spread)
        for place in np.argsort(draws, kind="stable"):
            if not self.tried(self._pool[place]):
                return self._pool[place]
        return self.fresh(lambda: self.space.sample(rng))

    def encode(self, configs: Sequence[Config]) -> Array:
        """(n, width): each choice, and paths where the space knows them."""
        choices = self._encoder.one_hot(configs)
        try:
            return np.concatenate([choices, self.space.encode(configs, "path")], axis=1)
        except ConfigError:
            return choices

    def _train(self, past: Past, known: int) -> None:
        """Nets and candidates of the first `known` designs, whoever asks and whenever."""
        rng = np.random.default_rng([self.seed, known, self.batch])
        x = self.encode(past.configs[:known])
        ensemble = Ensemble(x.shape[1], rng, self.nets)
        ensemble.fit(x, relative_losses(past, known), self.steps, self.learning_rate)
        self._pool = self._candidates(past, known, rng)
        self._mean, self._spread = ensemble.predict(self.encode(self._pool))
        self._trained_on = known

    def _candidates(self, past: Past, known: int, rng: Generator) -> list[Config]:
        """Mutations of the best and random designs; each thing once, none tried."""
        best = past.order(range(known))[: self.parents]
        tried = {self.space.canonical(config) for config in past.configs[:known]}
        found: dict[Hashable, Config] = {}
        for turn in range(self.candidates):
            if rng.random() < RANDOM:
                config = self.space.sample(rng)
            else:
                config = self.space.mutate(past.configs[best[turn % len(best)]], rng)
                while rng.random() < FURTHER:
                    config = self.space.mutate(config, rng)
            found.setdefault(self.space.canonical(config), config)
        return [config for key, config in found.items() if key not in tried]


def relative_losses(past: Past, known: int) -> NDArray[np.float64]:
    """(known,): 0 for the best design, 1 for the median, at most `WORST`, which failures get."""
    losses = np.array([loss[0] for loss in past.losses[:known]], dtype=float)
    losses[np.array(past.violations[:known]) > 0] = np.inf
    finite = losses[np.isfinite(losses)]
    if not len(finite):
        return np.full(known, WORST)
    best, median = finite.min(), np.median(finite)
    unit = median - best or finite.max() - best or 1.0
    return np.minimum((losses - best) / unit, WORST)


BANANAS = spec("bananas", Bananas)
