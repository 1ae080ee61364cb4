"""Sine waves from ten points: MAML against a net that was trained on all waves at once.

Both have two hidden layers of 40 units (Finn, Abbeel and Levine, ICML 2017, 5.1), see as many
episodes, and adapt by five gradient steps; the pretrained net at six rates, of which the one that
suits it best counts. What it comes to at MAML's own rate, and untouched, stands beside. Mean
squared error over 600 waves.

The bar: MAML under 0.4 where the pretrained net stays above 2.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import mean, stdev
from typing import Any

from torch import nn

from common import arguments, write
from netwright.core.config import Config
from netwright.core.context import Context
from netwright.core.task import Task
from netwright.data.sines import Sines
from netwright.data.tasksets import Terms
from netwright.paradigms.fewshot.approach import Approach
from netwright.paradigms.fewshot.learner import FewshotLearner
from netwright.paradigms.fewshot.model import FewshotModel
from netwright.spaces.naming import NetSpaceName

TERMS = Terms(ways=1, shots=10, queries=10)
STEPS, RATE = 5, 0.01
RATES = (0.0, 0.001, 0.01, 0.02, 0.05, 0.1)
"""Of which the pretrained net takes the best."""
EPISODES = 240_000
SEEDS = 3


class SineNet(nn.Module):
    """A person's own module: it takes the task."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(1, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU(), nn.Linear(40, 1)
        )

    def forward(self, x: Any) -> Any:
        """(batch, 1) -> (batch, 1)."""
        return self.layers(x)


def learned(rate: float, seed: int, episodes: int) -> FewshotModel:
    """A net trained to adapt with a rate; with rate zero it learns all waves at once."""
    approach = Approach("maml", "group", TERMS, {"inner_lr": rate, "inner_steps": STEPS})
    learner = FewshotLearner(NetSpaceName("sines:SineNet"), approach, episodes)
    context = Context(seed=seed, threads=1, validation=Sines())  # type: ignore[arg-type]
    return learner.fit(Sines(), Config({}), context)


def error(model: FewshotModel, rate: float, waves: int) -> float:
    """Mean squared error after adapting with a rate."""
    model.method.inner_lr = rate  # type: ignore[assignment]
    return model.judge(Sines(), replace(TERMS, queries=100), waves, Context(seed=1000)).score ** 2


def main() -> None:
    """Every seed, both nets."""
    smoke = arguments(__doc__).smoke
    episodes, waves = (64, 8) if smoke else (EPISODES, 600)
    rows = []
    for seed in range(1 if smoke else SEEDS):
        ours = error(learned(RATE, seed, episodes), RATE, waves)
        pretrained = learned(0.0, seed, episodes)
        by_rate = {rate: error(pretrained, rate, waves) for rate in RATES}
        told = {"same_rate": by_rate[RATE], "untouched": by_rate[0.0]}
        rows.append({"maml": ours, "pretrained": min(by_rate.values()), **told})
        print(rows[-1], flush=True)
    means = {name: mean(row[name] for row in rows) for name in rows[0]}
    spread = stdev(row["maml"] for row in rows) if len(rows) > 1 else None
    met = means["maml"] < 0.4 and means["pretrained"] > 2
    write("sines", {**means, "deviation": spread, "met": met, "seeds": rows}, smoke)


if __name__ == "__main__":
    main()
