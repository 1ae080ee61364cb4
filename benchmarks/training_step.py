"""Seconds a step of `netwright.nn.training.train` against a plain PyTorch loop of the same net.

Both train the same net on the same uint8 images in memory. The plain loop is what one writes by
hand: gather, normalise, forward, loss, backward, clip, step. They take turns, epoch by epoch, and
the median decides, so that a busy machine harms both alike.
"""

from __future__ import annotations

import copy
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from common import arguments, write
from netwright.core.context import Context
from netwright.nn.inputs import Pixels
from netwright.nn.training import Batchable, Recipe, classification_loss, train
from netwright.spaces.nasbench201 import NASBench201
from netwright.spaces.nets import image_task

CELL = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|none~1|nor_conv_3x3~2|"
BATCH = 64
Job = Callable[[], object]


def net(images: Tensor, channels: int, cells: int) -> nn.Module:
    """A NAS-Bench-201 net that takes uint8."""
    space = NASBench201(channels, cells)
    made = space.build(space.from_text(CELL), image_task((3, 32, 32), 10))
    return nn.Sequential(Pixels.measured(images), made)


def plainly(made: nn.Module, rows: Batchable, device: torch.device) -> None:
    """One epoch by hand."""
    optimiser = torch.optim.AdamW(made.parameters(), lr=1e-3, weight_decay=1e-4)
    made.train()
    for chosen in torch.randperm(len(rows)).split(BATCH):
        images = rows.inputs[0][chosen].to(device)
        target = rows.target[chosen].to(device)
        optimiser.zero_grad(set_to_none=True)
        cross_entropy(made(images), target).backward()
        nn.utils.clip_grad_norm_(made.parameters(), 5.0)
        optimiser.step()


def seconds(work: Job) -> float:
    """How long something takes, the device's queue included."""
    started = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - started


def jobs_over(rows: Batchable, made: nn.Module, device: torch.device) -> dict[str, Job]:
    """One epoch by hand, by our loop, and by our loop with each thing it can do besides."""
    extras: dict[str, dict[str, Any]] = {
        "netwright": {},
        "with_averaging": {"ema": 0.999},
        "with_crop_flip_cutout": {"augment": ("crop", "flip", "cutout")},
        "with_trivial_augment": {"augment": ("trivial",)},
        "with_cutmix": {"augment": ("cutmix",)},
    }

    def ours(words: dict[str, Any]) -> None:
        recipe = Recipe(epochs=1, batch_size=BATCH, **words)
        train(copy.deepcopy(made), rows, None, classification_loss, recipe, Context())

    jobs: dict[str, Job] = {name: partial(ours, words) for name, words in extras.items()}
    return {"plain": lambda: plainly(copy.deepcopy(made), rows, device), **jobs}


def main() -> None:
    """The median over rounds, after one that warms up."""
    smoke = arguments(__doc__).smoke
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    count, rounds, channels, cells = (128, 1, 4, 1) if smoke else (1280, 7, 16, 3)
    images = torch.randint(256, (count, 3, 32, 32), dtype=torch.uint8)
    rows = Batchable([images], torch.randint(10, (count,))).near(device)
    jobs = jobs_over(rows, net(images, channels, cells).to(device), device)
    taken = [{name: seconds(job) for name, job in jobs.items()} for _ in range(rounds + 1)][1:]
    steps = count / BATCH
    middle = {n: statistics.median(1000 * turn[n] / steps for turn in taken) for n in jobs}
    result = {
        "device": str(device),
        "threads": torch.get_num_threads(),
        "milliseconds_a_step": {name: round(value, 2) for name, value in middle.items()},
        "ratio_to_plain": {n: round(value / middle["plain"], 3) for n, value in middle.items()},
    }
    write("training_step", result, smoke)


if __name__ == "__main__":
    main()
