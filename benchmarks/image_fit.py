"""`netwright.fit` on scikit-learn's digits as pictures, 60 seconds, five seeds.

Half of the 1,797 pictures to learn from, half to be judged on; the halves are the same for every
seed. Two ways to cut: shuffled by class, and in the file's own order, where other people wrote the
second half. Beside it stand a linear model and an SVM on the pixels, and a fixed small
convolutional net trained by plain PyTorch for the same 60 seconds.

The bar: 98.0 % test accuracy in the mean over seeds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from statistics import mean, stdev
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from torch import nn
from torch.nn.functional import cross_entropy

import netwright
from common import parser
from netwright.data.images import as_cells
from parts import Part, Parts

BAR = 98.0
BATCH = 64
SMOKE = {"small_cnn": 0.5, "netwright": 10.0}
"""Seconds in a smoke run."""


class Halves:
    """The digits, cut in two.

    Args:
        cut: `shuffled` (each class is halved) or `in_order`.
        most: Pictures to use.
    """

    def __init__(self, cut: str, most: int) -> None:
        digits = load_digits()
        rows = np.arange(len(digits.target))[:most]
        words: dict[str, Any] = {"shuffle": False}
        if cut == "shuffled":
            words = {"random_state": 0, "stratify": digits.target[rows]}
        learn, judge = train_test_split(rows, test_size=0.5, **words)
        self.pictures, self.labels = digits.images[learn], digits.target[learn]
        self.unseen, self.truth = digits.images[judge], digits.target[judge]

    def percent(self, predicted: np.ndarray) -> float:
        """Test accuracy."""
        return round(100 * float(np.mean(predicted == self.truth)), 2)


def arguments() -> argparse.Namespace:
    """How long, how often."""
    made = parser(__doc__)
    made.add_argument("--resume", action="store_true", help="keep the parts that are done")
    made.add_argument("--seconds", type=float, default=60)
    made.add_argument("--seeds", type=int, default=5)
    made.add_argument("--cuts", default="shuffled,in_order")
    return made.parse_args()


def main() -> None:
    """Every cut."""
    told = arguments()
    parts = Parts("image_fit", {"seconds": told.seconds}, resume=told.resume, smoke=told.smoke)
    cuts = ["shuffled"] if told.smoke else told.cuts.split(",")
    rows = {cut: one_cut(parts, cut, told) for cut in cuts}
    met = all(row["netwright"]["mean"] >= BAR for row in rows.values())
    parts.conclude({"bar": BAR, "met": met, "accuracy": rows})


def one_cut(parts: Parts, cut: str, told: argparse.Namespace) -> dict[str, Any]:
    """Every seed; the models without chance once."""
    data = Halves(cut, 120 if told.smoke else 1797)
    timed = {"small_cnn": small_cnn, "netwright": ours}  # in this order, so that torch is warm
    jobs: dict[str, Callable[[], Part]] = {}
    for seed in range(1 if told.smoke else told.seeds):
        for name, fit in timed.items():
            seconds = SMOKE[name] if told.smoke else told.seconds
            jobs[f"{cut} {name} {seed}"] = partial(fit, data, seed, seconds)
    jobs |= {f"{cut} {name}": partial(plain, data, name) for name in PLAIN}
    done = {name: parts.take(name, job) for name, job in jobs.items()}
    return {name: spread(done, f"{cut} {name}") for name in (*timed, *PLAIN)}


def ours(data: Halves, seed: int, seconds: float) -> Part:
    """`netwright.fit` on pictures; a smoke run tries one small net, without other processes."""
    words: dict[str, Any] = {"budget": seconds}
    if seconds == SMOKE["netwright"]:
        words |= {"trials": 1, "engine": "inline", "config": {"architecture.width": 8}}
    frame = pd.DataFrame({"image": as_cells(data.pictures), "digit": data.labels})
    started = time.monotonic()
    predictor = netwright.fit(frame, "digit", metric="accuracy", seed=seed, **words)
    taken = round(time.monotonic() - started, 1)
    found = predictor.predict(pd.DataFrame({"image": as_cells(data.unseen)}))
    return {"accuracy": data.percent(found.to_numpy()), "seconds": taken}


def small_cnn(data: Halves, seed: int, seconds: float) -> Part:
    """Three convolutions and a linear layer, Adam, for as long as there is time."""
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
        nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 128, 3, padding=1), nn.BatchNorm2d(128), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.3), nn.Linear(512, 10),
    )  # fmt: skip
    pictures, labels = _tensor(data.pictures), torch.from_numpy(data.labels)
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3)
    deadline, epochs = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        epochs += 1
        for chosen in torch.randperm(len(labels)).split(BATCH):
            optimiser.zero_grad()
            cross_entropy(net(pictures[chosen]), labels[chosen]).backward()
            optimiser.step()
    with torch.no_grad():
        found = net.eval()(_tensor(data.unseen)).argmax(dim=1).numpy()
    return {"accuracy": data.percent(found), "epochs": epochs}


def _tensor(pictures: np.ndarray) -> torch.Tensor:
    """(n, 8, 8) from 0 to 16 as (n, 1, 8, 8) from 0 to 1."""
    return torch.from_numpy(pictures / 16).float().unsqueeze(1)


PLAIN: dict[str, Callable[[], Any]] = {
    "linear": lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)),
    "svm": lambda: SVC(gamma=0.001),
}
"""Models of the pixels that do not depend on chance; the SVM is scikit-learn's own example."""


def plain(data: Halves, name: str) -> Part:
    """A model of the pixels."""
    model = PLAIN[name]().fit(data.pictures.reshape(len(data.labels), -1), data.labels)
    return {"accuracy": data.percent(model.predict(data.unseen.reshape(len(data.truth), -1)))}


def spread(done: dict[str, Part], name: str) -> dict[str, Any]:
    """Mean and deviation over the seeds of a model."""
    each = [part["accuracy"] for key, part in done.items() if key.startswith(name)]
    deviation = round(stdev(each), 2) if len(each) > 1 else None
    return {"mean": round(mean(each), 2), "deviation": deviation, "each": each}


if __name__ == "__main__":
    main()
