"""Domain adaptation from a few examples: learn on the pictures of some sensors, adapt to another.

Each sensor sees handwritten digits its own way: turned, dark, blurred, inverted. A net of your own
learns to learn from those of four sensors, and then reads the digits of a fifth one after seeing
a few of each; beside it stands a logistic regression that knows nothing but those few.

python examples/other_sensor.py
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from netwright import fewshot
from netwright.core.task import Task

Pictures = NDArray[np.uint8]
SENSORS: dict[str, Callable[[Pictures], Pictures]] = {
    "plain": lambda seen: seen,
    "turned": lambda seen: np.rot90(seen, axes=(1, 2)),
    "dark": lambda seen: seen // 3,
    "inverted": lambda seen: 255 - seen,
    "mirrored": lambda seen: seen[:, :, ::-1],
}
OTHER = "inverted"
DIGITS, SHOTS = 10, 5


class OwnNet(nn.Module):
    """Any module that takes the task and ends with a linear layer."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.Flatten(),
        )  # fmt: skip
        self.head = nn.Linear(32 * 16, task.outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 1, 8, 8) -> (batch, classes)."""
        out: Tensor = self.head(self.body(x))
        return out


def seen_by(sensor: str) -> pd.DataFrame:
    """The digits as a sensor sees them; a class is a digit of this sensor."""
    digits = load_digits()
    pictures = SENSORS[sensor]((digits.images * 15.9).astype(np.uint8))
    return pd.DataFrame(
        {
            "image": [np.ascontiguousarray(one) for one in pictures],
            "class": [f"{sensor} {digit}" for digit in digits.target],
        }
    )


def flat(frame: pd.DataFrame) -> NDArray[np.float64]:
    """Pictures as rows of numbers."""
    return np.stack(list(frame["image"])).reshape(len(frame), -1) / 255


def main() -> None:
    """Trains on four sensors, adapts to the fifth, and tells how many digits are read."""
    known = pd.concat([seen_by(name) for name in SENSORS if name != OTHER], ignore_index=True)
    other = seen_by(OTHER)
    few = other.groupby("class").head(SHOTS)
    rest = other.drop(few.index)
    with tempfile.TemporaryDirectory() as folder:
        learned = fewshot.train(
            known,
            "class",
            backbone="other_sensor:OwnNet",
            ways=DIGITS,
            shots=SHOTS,
            queries=5,
            augment="none",
            episodes=600,
            engine="inline",
            out=Path(folder, "run"),
        )
        adapted = learned.adapt(few, Path(folder, "adapted"), "class")
        print(f"{len(few)} pictures of the sensor {OTHER!r} were seen")
        print(f"adapted: {adapted.evaluate(rest)['accuracy']:.1%} of {len(rest)} others are read")
    regression = LogisticRegression(max_iter=500).fit(flat(few), few["class"])
    print(f"logistic regression: {regression.score(flat(rest), rest['class']):.1%}")


if __name__ == "__main__":
    main()
