"""The characters few-shot benchmarks learn and are judged on: Omniglot, in a smoke run toys."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from common import DATA

OMNIGLOT = DATA / "fewshot" / "omniglot28_train_val.npz"
CLASSES, ROWS, SIDE = 50, 20, 8


def characters(smoke: bool) -> Path:
    """Path of the pictures, class by class; a mask says which classes are for judging."""
    return toys() if smoke else OMNIGLOT


def toys() -> Path:
    """Noise that is bright where its class is; half of the classes judge."""
    rng = np.random.default_rng(0)
    shapes = rng.integers(0, 2, (CLASSES, 1, SIDE, SIDE)) * 180
    images = (shapes + rng.integers(0, 60, (CLASSES, ROWS, SIDE, SIDE))).astype(np.uint8)
    path = Path(tempfile.mkdtemp(prefix="netwright-smoke-")) / "toys.npz"
    np.savez(path, images=images, validation=np.arange(CLASSES) % 2 == 0)
    return path
