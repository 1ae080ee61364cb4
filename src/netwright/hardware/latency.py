"""How long a prediction takes on this machine, with torch or from an ONNX file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from netwright.core.errors import ConfigError
from netwright.core.machine import cores
from netwright.export.runtime import OnnxFile
from netwright.nn.modes import predicting


@dataclass(frozen=True)
class Latency:
    """What was measured.

    Attributes:
        median_ms: Milliseconds of a call, the median.
        spread_ms: From the first to the third quartile.
        threads: The call ran with; 0 for all cores.
        batch: Inputs a call.
        calls: How many were measured.
    """

    median_ms: float
    spread_ms: float
    threads: int
    batch: int
    calls: int


def measure_latency(
    what: nn.Module | str | Path | Callable[[], Any],
    shape: Sequence[int] | None = None,
    *,
    batch: int = 1,
    threads: int = 1,
    warm_up: int = 5,
    repeats: int = 100,
    seconds: float = 5.0,
) -> Latency:
    """Measures a net, an ONNX file, or any call.

    Args:
        what: A net, the path of an ONNX file, or something to call.
        shape: Of one input of a net, without the batch; a file knows its own.
        batch: Inputs a call.
        threads: To run with; 0 for all cores. Something to call chooses its own.
        warm_up: Calls before the first that counts.
        repeats: Most calls that count.
        seconds: No call starts after so many; five are made in any case.

    Raises:
        ConfigError: A net without a shape, or a number that makes no sense.
        DataError: The path is no ONNX file.
    """
    if batch < 1 or threads < 0 or repeats < 1:
        raise ConfigError(
            "A latency is measured with batch >= 1, threads >= 0 and repeats >= 1. Got "
            f"{batch}, {threads} and {repeats}."
        )
    with _call(what, shape, batch, threads) as call:
        taken = np.array(timed(call, warm_up, repeats, seconds))
    low, median, high = np.quantile(taken, [0.25, 0.5, 0.75]) * 1e3
    return Latency(float(median), float(high - low), threads, batch, len(taken))


def timed(call: Callable[[], Any], warm_up: int, repeats: int, seconds: float) -> list[float]:
    """Seconds of each of some calls."""
    for _ in range(warm_up):
        call()
    taken: list[float] = []
    deadline = time.perf_counter() + seconds
    while len(taken) < repeats and (len(taken) < 5 or time.perf_counter() < deadline):
        started = time.perf_counter()
        call()
        taken.append(time.perf_counter() - started)
    return taken


@contextmanager
def _call(
    what: nn.Module | str | Path | Callable[[], Any],
    shape: Sequence[int] | None,
    batch: int,
    threads: int,
) -> Iterator[Callable[[], Any]]:
    if isinstance(what, nn.Module):
        if shape is None:
            raise ConfigError("A net is measured with the shape of its input. Got none.")
        weights = next(what.parameters(), torch.empty(0))
        x = torch.zeros(batch, *shape, device=weights.device)
        with predicting(what), _torch_threads(threads):
            yield lambda: _finished(what(x))
    elif isinstance(what, (str, Path)):
        file = OnnxFile(what, threads)
        inputs = file.zeros(batch)
        yield lambda: file(inputs)
    else:
        yield what


def _finished(out: Any) -> None:
    """Waits for a device that works on its own."""
    if isinstance(out, torch.Tensor) and out.is_cuda:
        torch.cuda.synchronize()


@contextmanager
def _torch_threads(threads: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(threads or cores())
    try:
        yield
    finally:
        torch.set_num_threads(before)
