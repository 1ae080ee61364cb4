"""Milliseconds a step of `netwright.nn.training.train`, against a plain PyTorch loop.

Each way to train has a process of its own, as a person's script and a worker of `netwright` have,
and trains the same net on the same uint8 images in memory. The plain loop is what one writes by
hand: gather, normalise, forward, loss, backward, clip, step. They take turns, epoch by epoch, each
round in another order, and the median of the ratios within a round decides, so that a busy machine
harms all alike.
"""

from __future__ import annotations

import multiprocessing
import random
import statistics
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from common import arguments, write
from netwright.core.context import Context
from netwright.nn.inputs import Pixels
from netwright.nn.training import Batchable, Recipe, classification_loss, pick_device, train
from netwright.spaces.nasbench201 import NASBench201
from netwright.spaces.nets import image_task

CELL = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|none~1|nor_conv_3x3~2|"
BATCH = 64
BAR = 1.0
"""The ratio to the plain loop, of its own mathematics and of what a person gets."""
WAYS: dict[str, Mapping[str, Any] | None] = {
    "plain": None,
    "netwright": {},
    "with_averaging": {"ema": 0.999},
    "with_crop_flip_cutout": {"augment": ("crop", "flip", "cutout")},
    "with_trivial_augment": {"augment": ("trivial",)},
    "with_cutmix": {"augment": ("cutmix",)},
    "as_retrain_does": {
        "augment": ("crop", "flip"),
        "label_smoothing": 0.1,
        "precision": "auto",
        "channels_last": True,
    },
}
"""Name to what our recipe has besides the plain loop's mathematics, None for the plain loop."""


@dataclass(frozen=True)
class Size:
    """How much is trained: images an epoch, channels and cells of the net."""

    images: int = 640
    channels: int = 16
    cells: int = 3


def epoch(way: str, size: Size) -> float:
    """Seconds of one epoch of a fresh net, the making of it not counted."""
    torch.manual_seed(0)
    device = torch.device(pick_device("auto"))
    images = torch.randint(256, (size.images, 3, 32, 32), dtype=torch.uint8)
    rows = Batchable([images], torch.randint(10, (size.images,))).near(device)
    space = NASBench201(size.channels, size.cells)
    made = space.build(space.from_text(CELL), image_task((3, 32, 32), 10))
    net = nn.Sequential(Pixels.measured(images), made).to(device)
    words = WAYS[way]
    started = time.perf_counter()
    if words is None:
        plainly(net, rows, device)
    else:
        recipe = Recipe(epochs=1, batch_size=BATCH, **words)
        train(net, rows, None, classification_loss, recipe, Context())
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


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


def turns(size: Size, rounds: int) -> list[dict[str, float]]:
    """Milliseconds a step of every way, round by round, after one round that warms up."""
    taken: list[dict[str, float]] = []
    order = random.Random(0)
    with ExitStack() as stack:
        spawn = multiprocessing.get_context("spawn")
        homes = {way: stack.enter_context(ProcessPoolExecutor(1, mp_context=spawn)) for way in WAYS}
        for _ in range(rounds + 1):
            ways = order.sample(list(WAYS), len(WAYS))
            spent = {way: homes[way].submit(epoch, way, size).result() for way in ways}
            taken.append({way: 1000 * spent[way] * BATCH / size.images for way in WAYS})
    return taken[1:]


def main() -> None:
    """Medians over rounds."""
    smoke = arguments(__doc__).smoke
    size, rounds = (Size(128, 4, 1), 1) if smoke else (Size(), 7)
    taken = turns(size, rounds)
    ratios = {way: statistics.median(turn[way] / turn["plain"] for turn in taken) for way in WAYS}
    middle = {way: statistics.median(turn[way] for turn in taken) for way in WAYS}
    result = {
        "device": pick_device("auto"),
        "threads": torch.get_num_threads(),
        "milliseconds_a_step": {way: round(value, 1) for way, value in middle.items()},
        "ratio_to_plain": {way: round(value, 3) for way, value in ratios.items()},
        "bar": BAR,
        "met": {way: ratios[way] <= BAR for way in ("netwright", "as_retrain_does")},
    }
    write("training_step", result, smoke)


if __name__ == "__main__":
    main()
