"""The one training loop: minibatches, early stopping, a deadline, the best weights back.

Every net of every regime trains here. What differs comes in as arguments: the loss, the way a
batch is made, a hook on the gradients.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from netwright.core.context import Context

Loss = Callable[[Tensor, Tensor, Tensor | None], Tensor]
OPTIMISERS = ("adamw", "adam", "sgd")


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes:
        epochs: Most passes over the rows.
        batch_size: Rows a step.
        optimiser: `adamw`, `adam` or `sgd` (with Nesterov momentum 0.9).
        lr: Peak learning rate; it warms up for 5 % of the steps and falls along a cosine.
        weight_decay: Decoupled for adamw, an L2 penalty otherwise.
        patience: Epochs without improvement before stopping.
        clip: Largest gradient norm.
    """

    epochs: int = 50
    batch_size: int = 256
    optimiser: str = "adamw"
    lr: float = 1e-3
    weight_decay: float = 1e-4
    patience: int = 8
    clip: float = 5.0


@dataclass(frozen=True)
class Batchable:
    """Rows as tensors, all in memory.

    Attributes:
        inputs: Tensors of equal length, passed to the net one after another.
        target: (rows,) classes or numbers.
        weight: (rows,) or None.
    """

    inputs: Sequence[Tensor]
    target: Tensor
    weight: Tensor | None = None

    def __len__(self) -> int:
        return len(self.target)

    def take(self, rows: Tensor | slice) -> Batchable:
        """Some rows."""
        weight = None if self.weight is None else self.weight[rows]
        return Batchable([part[rows] for part in self.inputs], self.target[rows], weight)


@dataclass(frozen=True)
class Trained:
    """What training came to: the epoch whose weights were kept, and its validation loss."""

    epochs: int
    loss: float


def pick_device(device: str) -> str:
    """The device a name stands for; `auto` is a GPU where there is one."""
    if device != "auto":
        return device
    return "cuda" if torch.cuda.is_available() else "cpu"


def classification_loss(outputs: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
    """Mean cross-entropy of (batch, classes) logits."""
    losses = nn.functional.cross_entropy(outputs, target, reduction="none")
    return losses.mean() if weight is None else (losses * weight).sum() / weight.sum()


def regression_loss(outputs: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
    """Mean squared error of (batch, 1) outputs."""
    losses = (outputs[:, 0] - target) ** 2
    return losses.mean() if weight is None else (losses * weight).sum() / weight.sum()


def train(
    net: nn.Module,
    rows: Batchable,
    valid: Batchable | None,
    loss: Loss,
    recipe: Recipe,
    context: Context,
) -> Trained:
    """Trains in place and leaves the best weights in the net (the last ones without `valid`)."""
    generator = torch.Generator().manual_seed(context.seed)
    optimiser = make_optimiser(net, recipe)
    steps = math.ceil(len(rows) / recipe.batch_size)
    total = steps * recipe.epochs
    best, best_epoch, kept = math.inf, 0, None
    for epoch in range(1, recipe.epochs + 1):
        order = torch.randperm(len(rows), generator=generator)
        net.train()
        for step in range(steps):
            batch = order[step * recipe.batch_size : (step + 1) * recipe.batch_size]
            if len(batch) < 2:  # batch normalisation needs two
                continue
            rate = _rate((epoch - 1) * steps + step, total)
            _step(net, rows.take(batch), loss, optimiser, recipe, rate)
            if step % 16 == 15 and context.expired():
                break
        expired = context.expired()
        if valid is not None:
            current = validate(net, valid, loss)
            if current < best or kept is None:
                best, best_epoch, kept = current, epoch, copy.deepcopy(net.state_dict())
            elif epoch - best_epoch >= recipe.patience:
                break
        else:
            best_epoch = epoch
        if expired:
            break
    if kept is not None:
        net.load_state_dict(kept)
    net.eval()
    return Trained(best_epoch, best)


def make_optimiser(net: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """The optimiser a recipe names; vectors (biases, norms) are not decayed."""
    matrices = [p for p in net.parameters() if p.ndim > 1]
    vectors = [p for p in net.parameters() if p.ndim <= 1]
    groups = [
        {"params": matrices, "weight_decay": recipe.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(groups, lr=recipe.lr, momentum=0.9, nesterov=True)
    kind = torch.optim.AdamW if recipe.optimiser == "adamw" else torch.optim.Adam
    return kind(groups, lr=recipe.lr)


def validate(net: nn.Module, rows: Batchable, loss: Loss) -> float:
    """Loss over all rows, no gradients; NaN counts as infinitely bad."""
    net.eval()
    sums, count = 0.0, 0.0
    with torch.no_grad():
        for start in range(0, len(rows), 8192):
            part = rows.take(slice(start, start + 8192))
            share = float(len(part) if part.weight is None else part.weight.sum())
            sums += float(loss(net(*part.inputs), part.target, part.weight)) * share
            count += share
    value = sums / max(count, 1e-12)
    return value if math.isfinite(value) else math.inf


def _step(
    net: nn.Module,
    batch: Batchable,
    loss: Loss,
    optimiser: torch.optim.Optimizer,
    recipe: Recipe,
    rate: float,
) -> None:
    for group in optimiser.param_groups:
        group["lr"] = recipe.lr * rate
    optimiser.zero_grad(set_to_none=True)
    loss(net(*batch.inputs), batch.target, batch.weight).backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(net.parameters(), recipe.clip)
    optimiser.step()


def _rate(step: int, total: int) -> float:
    """Share of the peak learning rate: a short warm-up, then a cosine down to 1 %."""
    warm = max(1, total // 20)
    if step < warm:
        return (step + 1) / warm
    progress = (step - warm) / max(1, total - warm)
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress))
