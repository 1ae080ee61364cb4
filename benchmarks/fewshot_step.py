"""Seconds of a meta-step: all tasks at once, one after another, and a plain PyTorch loop.

MAML, 16 tasks of 5 ways, 1 shot and 15 queries on 28x28 pictures, transductive. The three take
turns, and the median of the ratios within a turn decides, so that a busy machine harms all alike.
Where tasks go one after another in training, `as we train` is looping.

The bar: vectorised at least 3 times as fast as looping for the fully connected net, never slower
for conv4, and never slower than the plain loop.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from common import arguments, write
from netwright.core.machine import cores
from netwright.nn.connected import Connected
from netwright.nn.conv4 import Conv4
from netwright.nn.normalisation import normalise_tasks
from netwright.paradigms.fewshot.maml import MAML
from netwright.paradigms.fewshot.method import episode_loss

TASKS, WAYS, QUERIES, SIDE = 16, 5, 15, 28
RATE = 0.4
FASTER = 3.0
OURS = "as we train"
Step = Callable[[], object]


def net(kind: str, filters: int) -> nn.Module:
    """One of the two nets that papers take for Omniglot."""
    torch.manual_seed(0)
    if kind == "connected":
        return Connected(SIDE * SIDE, WAYS)
    return Conv4(1, (SIDE, SIDE), WAYS, filters)


def episodes(tasks: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Support, labels, query and target."""
    support, query = (
        torch.randn(tasks, WAYS, 1, SIDE, SIDE),
        torch.randn(tasks, WAYS * QUERIES, 1, SIDE, SIDE),
    )
    labels = torch.arange(WAYS)
    target = labels.repeat_interleave(QUERIES)
    return support, labels.expand(tasks, -1), query, target.expand(tasks, -1)


def ours(method: MAML, shown: tuple[Tensor, ...]) -> None:
    """One meta-step as the training loop takes it."""
    support, labels, query, target = shown
    method.zero_grad()
    episode_loss(method(support, labels, query), target).backward()


def plainly(made: nn.Module, steps: int, shown: tuple[Tensor, ...]) -> None:
    """The same by hand, task by task."""
    made.zero_grad()
    losses = []
    for support, labels, query, target in zip(*shown, strict=True):
        fast: Mapping[str, Tensor] = dict(made.named_parameters())
        for _ in range(steps):
            loss = cross_entropy(functional_call(made, dict(fast), (support,)), labels)
            slopes = torch.autograd.grad(loss, list(fast.values()), create_graph=True)
            fast = {
                name: weight - RATE * slope
                for (name, weight), slope in zip(fast.items(), slopes, strict=True)
            }
        losses.append(cross_entropy(functional_call(made, dict(fast), (query,)), target))
    torch.stack(losses).mean().backward()


def compared(kind: str, filters: int, steps: int, turns: int, tasks: int) -> dict[str, Any]:
    """Median seconds of each of the three, and how many times as fast ours is."""
    shown = episodes(tasks)
    work: dict[str, Step] = {"plain": partial(plainly, net(kind, filters).train(), steps, shown)}
    for name, vectorised in (("vectorised", True), ("looped", False), (OURS, None)):
        made = normalise_tasks(net(kind, filters), "transductive")
        method = MAML(made, RATE, steps, vectorised).train()
        work[name] = partial(ours, method, shown)
    vectorised = method.vectorised
    taken: dict[str, list[float]] = {name: [] for name in work}
    for turn in range(turns + 1):
        for name, step in work.items():
            started = time.perf_counter()
            step()
            if turn:  # the first one warms up
                taken[name].append(time.perf_counter() - started)
    middle = {name: statistics.median(times) for name, times in taken.items()}
    faster = {
        name: statistics.median(a / b for a, b in zip(taken[name], taken[OURS], strict=True))
        for name in ("looped", "plain")
    }
    rows = tasks * WAYS * (1 + QUERIES)
    return {
        "net": kind,
        "filters": filters if kind == "conv4" else None,
        "inner_steps": steps,
        "seconds": {name: round(seconds, 4) for name, seconds in middle.items()},
        "vectorised": vectorised,
        "pictures_a_second": round(rows / middle[OURS]),
        "faster_than_looped": round(faster["looped"], 2),
        "faster_than_plain": round(faster["plain"], 2),
    }


def main() -> None:
    """Both nets, one step and five."""
    smoke = arguments(__doc__).smoke
    torch.set_num_threads(1 if smoke else cores())
    turns, tasks = (1, 2) if smoke else (15, TASKS)
    kinds = [("connected", 64), ("conv4", 8 if smoke else 32)]
    rows = [compared(*kind, steps, turns, tasks) for kind in kinds for steps in (1, 5)]
    met = all(
        (not row["vectorised"] or row["faster_than_looped"] >= FASTER)
        and row["faster_than_plain"] >= 1
        for row in rows
    )
    write("fewshot_step", {"met": met, "rows": rows}, smoke)


if __name__ == "__main__":
    main()
