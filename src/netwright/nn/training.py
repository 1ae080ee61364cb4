"""The one training loop: minibatches, early stopping, a deadline, the best weights back.

Every net of every regime trains here. What differs comes in as arguments: the loss, the way a
batch is made, and the recipe.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from netwright.core.context import Context
from netwright.core.errors import ConfigError
from netwright.nn.allocation import is_worker, keep_freed_memory
from netwright.nn.augmentation import Augmentation
from netwright.nn.averaging import Averaged
from netwright.nn.batches import Batchable, Rows
from netwright.nn.bilevel import Halves, Objective, Turn, companion_of
from netwright.nn.checkpoints import (
    Checkpoints,
    load_optimiser,
    mark_of,
    optimiser_tensors,
)
from netwright.nn.layout import pixels_last
from netwright.nn.losses import Loss, classification_loss, regression_loss, training_loss
from netwright.nn.precision import Precision
from netwright.nn.recipe import OPTIMISERS, Recipe, make_optimiser
from netwright.nn.schedules import Pace
from netwright.nn.validation import judge, validate
from netwright.nn.weights import Saved

__all__ = [
    "OPTIMISERS",
    "Batchable",
    "Loss",
    "Recipe",
    "Trained",
    "Watch",
    "classification_loss",
    "make_optimiser",
    "pick_device",
    "regression_loss",
    "train",
    "validate",
]

Watch = Callable[[Tensor, Tensor], float]
"""(outputs, target) of all validation rows -> the value to report."""


@dataclass(frozen=True)
class Trained:
    """What training came to.

    Attributes:
        epochs: The epoch whose weights were kept.
        loss: Its validation loss, infinite without validation.
        curve: (epoch, training loss, validation loss or None) of every validation; between two
            epochs the first is a fraction.
        pruned: Whether `context.report` said to stop.
    """

    epochs: int
    loss: float
    curve: tuple[tuple[float, float, float | None], ...] = ()
    pruned: bool = False


def pick_device(device: str) -> str:
    """The device a name stands for; `auto` is a GPU where there is one."""
    if device != "auto":
        return device
    return "cuda" if torch.cuda.is_available() else "cpu"


def train(
    net: nn.Module,
    rows: Rows,
    valid: Rows | None,
    loss: Loss,
    recipe: Recipe,
    context: Context,
    watch: Watch | None = None,
    valid_loss: Loss | None = None,
) -> Trained:
    """Trains in place and leaves the best weights in the net (the last ones without `valid`).

    Args:
        net: Trains on the device it lies on; what it says in training mode may be a tuple, its
            own outputs and those of auxiliary heads. A `Companion` inside it learns beside it.
        rows: To learn from.
        valid: To stop early by, and to choose the weights to keep.
        loss: Of outputs, target and weight.
        recipe: How.
        context: Seed, deadline, and the folder of checkpoints.
        watch: What to report of each epoch's validation; none is reported without it.
        valid_loss: What the weights to keep are chosen by, where it is not the loss itself.

    Raises:
        ConfigError: The recipe augments what are no images.
    """
    if is_worker():
        keep_freed_memory()
    return _Training(net, rows, valid, loss, recipe, context, watch, valid_loss).run()


class _Training:
    """One training, from where it stands to its end."""

    def __init__(
        self,
        net: nn.Module,
        rows: Rows,
        valid: Rows | None,
        loss: Loss,
        recipe: Recipe,
        context: Context,
        watch: Watch | None,
        valid_loss: Loss | None,
    ) -> None:
        device = next(net.parameters()).device
        if recipe.channels_last:
            pixels_last(net)
        self.net = net
        self.rows = rows.near(device)
        watched = valid if recipe.keep == "best" or watch is not None else None
        self.valid = None if watched is None else watched.near(device)
        self.companion = companion_of(net)
        self.halves = Halves(len(rows), self.companion, context.seed)
        self.loss, self.recipe, self.context, self.watch = loss, recipe, context, watch
        self.valid_loss = valid_loss or loss
        self.precision = Precision(recipe.precision, device)
        self.generator = torch.Generator().manual_seed(context.seed)
        self.optimiser = make_optimiser(net, recipe)
        self.averaged = None if recipe.ema is None else Averaged(net, recipe.ema)
        self.augmentation = _augmentation(recipe, rows)
        self.steps = math.ceil(len(self.halves.learned) / recipe.batch_size)
        samples = 0 if watched is None else len(watched) * watched.size
        judging = samples / (recipe.batch_size * rows.size)
        self.pace = Pace(context, self.steps * recipe.epochs, recipe.warmup, judging)
        self.epoch, self.pruned = 0, False
        self.best, self.best_epoch = math.inf, 0
        self.kept: dict[str, Tensor] | None = None
        self.curve: list[tuple[float, float, float | None]] = []
        self._losses: list[Tensor] = []

    def run(self) -> Trained:
        """Epoch by epoch, from the last checkpoint if there is one."""
        checkpoints = self._checkpoints()
        saved = None if checkpoints is None else checkpoints.read()
        if saved is not None:
            self._load(saved)
        stop = False
        while not stop and self.epoch < self.recipe.epochs:
            self.epoch += 1
            self._learn()
            expired = self.pace.over()
            stop = self._end_epoch() or expired
            if checkpoints is not None and checkpoints.due() and not stop:
                checkpoints.write(*self._state())
        if checkpoints is not None:
            checkpoints.remove()
        return self._finish()

    @cached_property
    def weights(self) -> dict[str, Tensor]:
        """Those that the optimiser moves, by their names."""
        own = set() if self.companion is None else set(self.companion.parameters())
        return {name: weight for name, weight in self.net.named_parameters() if weight not in own}

    @property
    def judged(self) -> nn.Module:
        """The net whose weights count."""
        return self.net if self.averaged is None else self.averaged.net

    # ------------------------------------------------------------------ one epoch

    def _learn(self) -> None:
        """Once over the rows, or as far as time goes."""
        rows = self.rows.of_epoch(self.epoch)
        self.net.train()
        batches = self.halves.batches(self.recipe.batch_size, self.generator)
        for step, (chosen, beside) in enumerate(batches):
            if len(chosen) < self.rows.fewest:
                continue
            done = (self.epoch - 1) * self.steps + step
            rate = self.recipe.lr * self.pace.rate(done)
            objective = self._objective(rows.take(chosen))
            held = objective if beside is None else self._objective(rows.take(beside))
            self._step(objective, held, rate, self.pace.gone(done))
            if self.pace.over():
                break
            if step + 1 < self.steps and self.pace.due(self.recipe.validate_seconds):
                self._judge(self.epoch - 1 + (step + 1) / self.steps)
                self.net.train()

    def _objective(self, rows: Batchable) -> Objective:
        """The loss of a batch, which is augmented once."""
        batch, mix = rows.to(self.precision.device), None
        inputs = batch.inputs
        if self.augmentation is not None:
            images, mix = self.augmentation(inputs[0], self.generator)
            inputs = [images]
        if self.recipe.channels_last:
            inputs = [_channels_last(part) for part in inputs]
        smoothing, auxiliary = self.recipe.label_smoothing, self.recipe.auxiliary

        def loss(weights: Mapping[str, Tensor] | None) -> Tensor:
            with self.precision.autocast():
                if weights is None:
                    outputs = self.net(*inputs)
                else:
                    outputs = functional_call(self.net, dict(weights), tuple(inputs))
            return training_loss(outputs, batch, mix, self.loss, smoothing, auxiliary)

        return loss

    def _step(self, objective: Objective, held: Objective, rate: float, gone: float) -> None:
        """The companion's step, and then that of the weights."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad(set_to_none=True)
        if self.companion is None:
            loss = objective(None)
        else:
            turn = Turn(objective, held, rate, gone, self.weights)
            self.companion.requires_grad_(True)
            self.companion.learn(turn)
            self.companion.requires_grad_(False)  # the weights' step costs it nothing
            loss = objective(None)
            beside = self.companion.beside(turn)
            loss = loss if beside is None else loss + beside
        self.precision.step(loss, self.net, self.optimiser, self.recipe.clip)
        if self.averaged is not None:
            self.averaged.update()
        self._losses.append(loss.detach())

    def _end_epoch(self) -> bool:
        """Validates; returns whether to stop."""
        value = self._judge(self.epoch)
        gone = self.pace.gone(self.epoch * self.steps)
        if self.companion is not None and self.companion.end_epoch(gone):
            return True
        if value is not None and self.context.report(self.epoch, value):
            self.pruned = True
        stale = self.epoch - self.best_epoch
        return self.pruned or (self.valid is not None and stale >= self.recipe.patience)

    def _judge(self, epoch: float) -> float | None:
        """Adds a point to the curve and keeps the weights if they are the best so far.

        Returns:
            What to report, if anything is watched.
        """
        learnt = float(torch.stack(self._losses).mean()) if self._losses else math.nan
        self._losses = []
        if self.valid is None:
            self.best_epoch = self.epoch
            self.curve.append((epoch, learnt, None))
            return learnt if self.recipe.report_loss else None
        begin = self.context.seconds_left()
        current, outputs, target = judge(
            self.judged, self.valid, self.valid_loss, self.precision, self.context
        )
        self.curve.append((epoch, learnt, current))
        if self.recipe.keep == "last":
            self.best, self.best_epoch = current, self.epoch
        elif current < self.best or self.kept is None:
            self.best, self.best_epoch = current, self.epoch
            self.kept = copy.deepcopy(self.judged.state_dict())
        value = None if self.watch is None else self.watch(outputs, target)
        self.pace.validated(begin)
        return value

    def _finish(self) -> Trained:
        self.net.load_state_dict(self.kept or self.judged.state_dict())
        self.net.eval()
        return Trained(self.best_epoch, self.best, tuple(self.curve), self.pruned)

    # ------------------------------------------------------------------ checkpoints

    def _checkpoints(self) -> Checkpoints | None:
        seconds = self.recipe.checkpoint_seconds
        if seconds is None or self.context.folder is None:
            return None
        shapes = {name: tuple(value.shape) for name, value in self.net.state_dict().items()}
        facts = [asdict(self.recipe), self.context.seed, shapes]
        mark = mark_of(facts, self.rows.mark())
        return Checkpoints(self.context.folder, mark, seconds)

    def _state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """All that decides how training goes on."""
        parts = {
            "net": self.net.state_dict(),
            "kept": self.kept or {},
            "averaged": {} if self.averaged is None else self.averaged.net.state_dict(),
            "optimiser": optimiser_tensors(self.optimiser),
            "companion": self._companion_tensors(),
            "random": {"own": self.generator.get_state(), "global": torch.get_rng_state()},
        }
        facts = {
            "epoch": self.epoch,
            "best": [self.best_epoch, self.best],
            "curve": self.curve,
            "reached": self.pace.reached,
            "averages": 0 if self.averaged is None else self.averaged.steps,
        }
        tensors = {
            f"{part}/{name}": value for part, own in parts.items() for name, value in own.items()
        }
        return tensors, facts

    def _companion_tensors(self) -> dict[str, Tensor]:
        moves = None if self.companion is None else self.companion.optimiser
        return {} if moves is None else optimiser_tensors(moves)

    def _load(self, saved: Saved) -> None:
        self.net.load_state_dict(saved.within("net"))
        self.kept = saved.within("kept") or None
        if self.averaged is not None:
            self.averaged.net.load_state_dict(saved.within("averaged"))
            self.averaged.steps = saved.facts["averages"]
        load_optimiser(self.optimiser, saved.within("optimiser"))
        if self.companion is not None and self.companion.optimiser is not None:
            load_optimiser(self.companion.optimiser, saved.within("companion"))
        random = saved.within("random")
        self.generator.set_state(random["own"])
        torch.set_rng_state(random["global"])
        self.epoch = saved.facts["epoch"]
        self.best_epoch, self.best = saved.facts["best"]
        self.curve = [tuple(point) for point in saved.facts["curve"]]
        self.pace.reached = saved.facts["reached"]


def _augmentation(recipe: Recipe, rows: Rows) -> Augmentation | None:
    if not recipe.augment:
        return None
    if isinstance(rows, Batchable) and rows.images:
        return Augmentation(recipe.augment, rows)
    shapes = [tuple(part.shape) for part in rows.take(slice(0, 2)).inputs]
    raise ConfigError(
        f"Augmentation needs one input of images (rows, channels, h, w). Got {shapes}."
    )


def _channels_last(part: Tensor) -> Tensor:
    return part.contiguous(memory_format=torch.channels_last) if part.ndim == 4 else part
